"""Reads the setting that says how customers of the sandbox bank pay a Pix."""

from __future__ import annotations

import re


class BadPixMode(ValueError):
    """The setting is not a valid behaviour; the message shows the valid ones."""


def auto_after(pix: str) -> float | None:
    """Seconds after which a Pix is paid automatically; None if customers use the bank's page. Raises BadPixMode."""
    if pix == "manual":
        return None
    if found := re.fullmatch(r"auto(?::(\d{1,5}(?:\.\d{1,3})?))?", pix, re.ASCII):
        return float(found[1] or 0)
    raise BadPixMode(f"customers are manual, auto or auto:3 (after three seconds), not {pix!r}")
