"""The door: the page on which staff scan tickets. HTML only; no tables of its own."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("door", __name__)
