"""The setting for the behaviour of the sandbox bank's customers."""

from __future__ import annotations

import re


class BadManner(ValueError):
    """The setting is not a valid behaviour; the message shows the valid ones."""


def auto_after(pix: str) -> float | None:
    """After how many seconds customers pay by themselves; None: they use the bank's page. Raises BadManner."""
    if pix == "manual":
        return None
    if found := re.fullmatch(r"auto(?::(\d{1,5}(?:\.\d{1,3})?))?", pix, re.ASCII):
        return float(found[1] or 0)
    raise BadManner(f"customers are manual, auto or auto:3 (after three seconds), not {pix!r}")
