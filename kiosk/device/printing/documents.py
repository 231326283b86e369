"""The JSON of a print job, checked: `{"id": "…", "kind": "ticket", "blocks": [{"type": "heading", …}, …]}`.

A job is one sheet. The server decides what stands on it, so a new layout needs no new program on the machines.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("ticket", "receipt")
MAX_BLOCKS = 80
MAX_TEXT = 300  # letters
MAX_QR = 1000
MAX_FEED = 5  # lines
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class DocumentError(ValueError):
    """The job cannot be printed; the message names the place, such as `blocks[3].text`."""


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Text:
    text: str
    bold: bool = False
    center: bool = False


@dataclass(frozen=True)
class Pair:
    """A line with a text at the left and a short one, such as an amount, at the right."""

    left: str
    right: str
    bold: bool = False


@dataclass(frozen=True)
class Rule:
    pass


@dataclass(frozen=True)
class Qr:
    data: str


@dataclass(frozen=True)
class Feed:
    lines: int = 1


Block = Heading | Text | Pair | Rule | Qr | Feed


@dataclass(frozen=True)
class Job:
    """`fingerprint` tells a repeated request from another one that took the same id."""

    id: str
    kind: str
    blocks: tuple[Block, ...]
    fingerprint: str


def parse_job(value: object) -> Job:
    """Raises DocumentError."""
    job = _object(value, "the job", {"id", "kind", "blocks"})
    identifier, kind, blocks = job.get("id"), job.get("kind"), job.get("blocks")
    if not is_job_id(identifier):
        raise DocumentError("id: 8 to 64 letters, digits, - or _")
    if kind not in KINDS:
        raise DocumentError(f"kind: one of {', '.join(KINDS)}")
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= MAX_BLOCKS:
        raise DocumentError(f"blocks: a list of 1 to {MAX_BLOCKS}")
    parsed = tuple(_block(one, f"blocks[{index}]") for index, one in enumerate(blocks))
    content = json.dumps([kind, blocks], sort_keys=True, ensure_ascii=True).encode()
    return Job(str(identifier), kind, parsed, hashlib.sha256(content).hexdigest())


def is_job_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _block(value: object, place: str) -> Block:
    if not isinstance(value, dict):
        raise DocumentError(f"{place}: an object")
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in _BLOCKS:
        raise DocumentError(f"{place}.type: one of {', '.join(_BLOCKS)}")
    allowed, make = _BLOCKS[kind]
    return make(_object(value, place, {"type", *allowed}), place)


def _object(value: object, place: str, allowed: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise DocumentError(f"{place}: an object")
    unknown = sorted(str(name)[:40] for name in set(value) - allowed)
    if unknown:
        raise DocumentError(f"{place}: unknown: {', '.join(unknown)}")
    return value


def _text(block: Mapping[str, Any], name: str, place: str, most: int = MAX_TEXT) -> str:
    value = block.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise DocumentError(f"{place}.{name}: a text of 1 to {most} letters")
    return value


def _flag(block: Mapping[str, Any], name: str, place: str) -> bool:
    value = block.get(name, False)
    if not isinstance(value, bool):
        raise DocumentError(f"{place}.{name}: true or false")
    return value


def _qr(block: Mapping[str, Any], place: str) -> Qr:
    data = _text(block, "data", place, MAX_QR)
    if not data.isascii() or not data.isprintable():
        raise DocumentError(f"{place}.data: printable ASCII")
    return Qr(data)


def _feed(block: Mapping[str, Any], place: str) -> Feed:
    lines = block.get("lines", 1)
    if type(lines) is not int or not 1 <= lines <= MAX_FEED:
        raise DocumentError(f"{place}.lines: 1 to {MAX_FEED}")
    return Feed(lines)


_Make = Callable[[Mapping[str, Any], str], Block]
_BLOCKS: dict[str, tuple[set[str], _Make]] = {
    "heading": ({"text"}, lambda block, place: Heading(_text(block, "text", place))),
    "text": (
        {"text", "bold", "center"},
        lambda block, place: Text(
            _text(block, "text", place), _flag(block, "bold", place), _flag(block, "center", place)
        ),
    ),
    "pair": (
        {"left", "right", "bold"},
        lambda block, place: Pair(
            _text(block, "left", place), _text(block, "right", place, 20), _flag(block, "bold", place)
        ),
    ),
    "rule": (set(), lambda block, place: Rule()),
    "qr": ({"data"}, _qr),
    "feed": ({"lines"}, _feed),
}
