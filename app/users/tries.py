"""Wrong passwords are counted, so that nobody guesses; and counted so that no guessing keeps an account's owner out.

A browser that the account has signed in from before is counted by itself alone. All others are counted for the account
from their address, for their address (one who tries a word on everybody), and for the account from everywhere. Each
try counts before the password is looked at, so that many at once count each other; the right one is taken back.
"""

from __future__ import annotations

from app.core import throttle

TRIES, SECONDS = 10, 600
OF_AN_ADDRESS = 300  # wrong ones, for all accounts: more than a foyer mistypes
OF_AN_ACCOUNT = 100  # wrong ones, from everywhere


class Try:
    """One try to sign in. `browser` is the session by which the account knows it, or None."""

    def __init__(self, email: str, address_key: str, browser: str | None) -> None:
        self._own = ("sign-in-browser", browser) if browser else ("sign-in", f"{address_key}|{email}")
        self._shared: list[tuple[str, str, int]] = []
        if not browser:
            self._shared = [
                ("sign-in-from", address_key, OF_AN_ADDRESS),
                ("sign-in-account", email, OF_AN_ACCOUNT),
            ]

    def count(self) -> None:
        """Raises TooMany."""
        name, key = self._own
        throttle.hit(name, key, limit=TRIES, seconds=SECONDS)
        for name, key, limit in self._shared:
            throttle.hit(name, key, limit=limit, seconds=SECONDS)

    def succeeded(self) -> None:
        """The password was right: this browser starts counting anew, and a crowd of such tries locks nobody out."""
        throttle.reset(*self._own)
        for name, key, _ in self._shared:
            throttle.undo(name, key)
