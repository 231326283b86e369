"""A JSON reader with limits, for input from other systems: every value that it returns can be stored.

Python's own reader accepts more than JSON (NaN, duplicate names, texts that Postgres cannot store) and fails on input
that is nested too deeply for its stack. This reader refuses all of that; its errors never contain the input.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

DEEPEST = 64
LONGEST_NUMBER = 18  # digits: what fits into 64 bits
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


class UnreadableJson(ValueError):
    """The input is not acceptable JSON. The message never contains the input; `line` is the line of a syntax error."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read(body: bytes | str) -> Any:
    """The value of a whole JSON text in UTF-8. Raises UnreadableJson."""
    text = _decoded(body) if isinstance(body, bytes) else body.removeprefix("\ufeff")
    if _depth(text) > DEEPEST:
        raise UnreadableJson(f"nested deeper than {DEEPEST}")
    try:
        value = json.loads(
            text,
            parse_int=_whole_number,
            parse_float=_finite_number,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise UnreadableJson(error.msg, error.lineno) from None
    _check_texts(value)
    return value


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableJson("not UTF-8") from None


def _depth(text: str) -> int:
    deepest = depth = 0
    for bracket in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _whole_number(digits: str) -> int:
    if len(digits.removeprefix("-")) > LONGEST_NUMBER:
        raise UnreadableJson("a number is too long")
    return int(digits)


def _finite_number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise UnreadableJson("a number is too large")
    return number


def _no_constant(_: str) -> NoReturn:
    raise UnreadableJson("NaN and Infinity are no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise UnreadableJson("one object has a name twice")
    return made


def _check_texts(value: Any) -> None:
    if isinstance(value, str):
        if _NOT_STORABLE.search(value):
            raise UnreadableJson("a text holds a NUL or half of a surrogate pair")
    elif isinstance(value, list):
        for one in value:
            _check_texts(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            _check_texts(name)
            _check_texts(one)
