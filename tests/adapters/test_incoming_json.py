"""JSON from outside is read within limits; the error says whether a limit or the syntax was the reason."""

from __future__ import annotations

import pytest

from app.adapters import incoming_json
from app.adapters.incoming_json import UnreadableJson


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"charges": ["c1", "c2"]}', {"charges": ["c1", "c2"]}),
        (b"\xef\xbb\xbf[1]", [1]),
        ("\ufeff[1]", [1]),
        (rb'"\ud83c\udf7f"', "🍿"),
        ('"São João"'.encode(), "São João"),
        (b"[" * 64 + b"]" * 64, None),
        (b'["' + b"[{" * 500 + b'"]', ["[{" * 500]),
        (rb'["\"[[[", "\\"]', ['"[[[', "\\"]),
        (b"-999999999999999999", -999999999999999999),
        (b"12.5e3", 12500.0),
    ],
)
def test_valid_json_is_read(body: bytes | str, value: object) -> None:
    read = incoming_json.read(body)
    assert value is None or read == value


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[" * 30_000, "nested deeper than 64"),
        (b"[" * 30_000 + b"]" * 30_000, "nested deeper than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested deeper than 64"),
        (rb'"a\u0000"', "a text holds a NUL or half of a surrogate pair"),
        (rb'{"\u0000": 1}', "a text holds a NUL or half of a surrogate pair"),
        (rb'[{"a": ["\ud800"]}]', "a text holds a NUL or half of a surrogate pair"),
        (rb'"\udf7f\ud83c"', "a text holds a NUL or half of a surrogate pair"),
        (b"9" * 19, "a number is too long"),
        (b"9" * 5_000, "a number is too long"),
        (b"1e999", "a number is too large"),
        (b"NaN", "NaN and Infinity are no JSON"),
        (b"[-Infinity]", "NaN and Infinity are no JSON"),
        (b'{"a": 1, "a": 2}', "one object has a name twice"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b"", "Expecting value"),
        (b"{} {}", "Extra data"),
        (b'"' * 60_000, "Extra data"),
        (b"\\" * 60_000, "Expecting value"),
    ],
)
def test_invalid_json_is_refused_without_its_content_in_the_error(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableJson) as refused:
        incoming_json.read(body)
    assert str(refused.value) == reason
