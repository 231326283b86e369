"""How the customers of the sandbox bank behave, as a setting says it."""

from __future__ import annotations

import re


class BadManner(ValueError):
    """The setting does not say what customers do; the message says what does."""


def auto_after(pix: str) -> float | None:
    """After how many seconds customers pay by themselves; None: they use the bank's page. Raises BadManner."""
    if pix == "manual":
        return None
    if found := re.fullmatch(r"auto(?::(\d{1,5}(?:\.\d{1,3})?))?", pix, re.ASCII):
        return float(found[1] or 0)
    raise BadManner(f"customers are manual, auto or auto:3 (after three seconds), not {pix!r}")
