"""The addresses of the pages to which the hosted sign-in leads back; Cognito knows no others."""

from __future__ import annotations

CALLBACK_PATH = "/account/sign-in/callback"
SIGN_OUT_PATH = "/account/signed-out"


def callback_addresses(domain: str) -> list[str]:
    """Where the browser goes with its code after a sign-in."""
    return [f"https://{domain}{CALLBACK_PATH}"]


def sign_out_addresses(domain: str) -> list[str]:
    """Where the browser goes after a sign-out."""
    return [f"https://{domain}{SIGN_OUT_PATH}"]
