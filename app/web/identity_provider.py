"""The end of a session at the identity provider, where one signs people in."""

from __future__ import annotations

from app.users import service as users


def sign_out_address(back: str) -> str | None:
    """The address that ends the provider's own session, and then leads to `back`. None without one."""
    found = users.hosted_provider()
    return found.sign_out_address(back) if found is not None else None
