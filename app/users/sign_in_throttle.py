"""Limits of wrong passwords, which stop guessing but do not lock an account's owner out.

A browser that has signed in to the account before has a limit of its own. All others share three: for the account from
one address, for the address (one password tried on many accounts), and for the account from all addresses. An attempt
is counted before its password is checked, so that parallel attempts count; a right password takes its count back.
"""

from __future__ import annotations

from app.core import throttle

ATTEMPTS, SECONDS = 10, 600
ATTEMPTS_PER_ADDRESS = 300  # wrong ones, for all accounts: more than the people in a foyer mistype
ATTEMPTS_PER_ACCOUNT = 100  # wrong ones, from everywhere


class SignInAttempt:
    """An attempt to sign in. `browser` is the key of an earlier session of the account in this browser, or None."""

    def __init__(self, email: str, address_key: str, browser: str | None) -> None:
        self._own = ("sign-in-browser", browser) if browser else ("sign-in", f"{address_key}|{email}")
        self._shared: list[tuple[str, str, int]] = []
        if not browser:
            self._shared = [
                ("sign-in-from", address_key, ATTEMPTS_PER_ADDRESS),
                ("sign-in-account", email, ATTEMPTS_PER_ACCOUNT),
            ]

    def count(self) -> None:
        """Count the attempt. Raises TooMany."""
        name, key = self._own
        throttle.hit(name, key, limit=ATTEMPTS, seconds=SECONDS)
        for name, key, limit in self._shared:
            throttle.hit(name, key, limit=limit, seconds=SECONDS)

    def succeeded(self) -> None:
        """Reset the browser's own count and take this attempt back from the shared ones: the password was right."""
        throttle.reset(*self._own)
        for name, key, _ in self._shared:
            throttle.undo(name, key)
