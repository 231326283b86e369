"""BR Code, the text behind every Pix QR code ("copia e cola"): EMV MPM as the Banco Central's manual narrows it.

Each field is a two-digit id, a two-digit length and the value; the last one is a CRC over all before it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

GUI = "br.gov.bcb.pix"
LONGEST = 512  # pixCopiaECola.maxLength of the API Pix
LONGEST_TEMPLATE = 99
LONGEST_NAME = 25
LONGEST_CITY = 15
NO_TXID = "***"

_AMOUNT = re.compile(r"\d{1,10}\.\d{2}")
_TXID = re.compile(r"[A-Za-z0-9]{1,25}")


class BadBRCode(ValueError):
    """The text is no BR Code: cut, changed, or with fields that the manual does not allow."""


@dataclass(frozen=True, slots=True)
class BRCode:
    """The fields of a BR Code. Static codes have `key`, dynamic ones `location` (without https://).

    `amount` in centavos. `single_use`: None when the code does not have the field. `other`: fields unknown here.
    """

    merchant_name: str
    merchant_city: str
    key: str | None = None
    text: str | None = None
    location: str | None = None
    amount: int | None = None
    txid: str | None = None
    postcode: str | None = None
    single_use: bool | None = None
    other: dict[str, str] = field(default_factory=dict)


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, nothing reflected or inverted."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def encode(code: BRCode) -> str:
    """The text of a code. Accents are stripped; name and city are cut to their maximum lengths. Raises BadBRCode."""
    if (code.key is None) == (code.location is None):
        raise BadBRCode("a code has a key (static) or a location (dynamic)")
    parts = [_field("00", "01")]
    if code.single_use is not None:
        parts.append(_field("01", "12" if code.single_use else "11"))
    parts += [_field("26", _account(code)), _field("52", "0000"), _field("53", "986")]
    if code.amount is not None:
        parts.append(_field("54", _amount_text(code.amount)))
    parts += [
        _field("58", "BR"),
        _field("59", _required(plain(code.merchant_name)[:LONGEST_NAME].strip(), "name")),
        _field("60", _required(plain(code.merchant_city)[:LONGEST_CITY].strip(), "city")),
    ]
    if code.postcode:
        parts.append(_field("61", plain(code.postcode)))
    parts.append(_field("62", _field("05", _txid_text(code))))
    body = "".join(parts) + "6304"
    whole = f"{body}{crc16(body.encode()):04X}"
    if len(whole) > LONGEST:
        raise BadBRCode(f"longer than {LONGEST} characters")
    return whole


def dynamic(location: str, *, amount: int, merchant_name: str, merchant_city: str) -> str:
    """The single-use code of a charge at a provider; `location` with or without https://."""
    return encode(
        BRCode(
            merchant_name=merchant_name,
            merchant_city=merchant_city,
            location=location.removeprefix("https://"),
            amount=amount,
            single_use=True,
        )
    )


def decode(text: str) -> BRCode:
    """Parse a code and check its CRC; fields that the manual does not define are kept in `other`. Raises BadBRCode."""
    if len(text) > LONGEST or not text.startswith("000201"):
        raise BadBRCode("no BR Code")
    if text[-8:-4] != "6304" or text[-4:] != f"{crc16(text[:-4].encode()):04X}":
        raise BadBRCode("wrong CRC")
    fields = _fields(text)
    account = _fields(fields.pop("26", ""))
    if account.get("00", "").lower() != GUI or ("01" in account) == ("25" in account):
        raise BadBRCode("not of Pix")
    if (fields.pop("53", ""), fields.pop("58", "")) != ("986", "BR"):
        raise BadBRCode("not in reais")
    amount = fields.pop("54", None)
    if amount is not None and not _AMOUNT.fullmatch(amount):
        raise BadBRCode("amount")
    txid = _fields(fields.pop("62", "")).get("05")
    use = fields.pop("01", None)
    name, city, postcode = fields.pop("59", ""), fields.pop("60", ""), fields.pop("61", None)
    for known in ("00", "52", "63"):
        fields.pop(known, None)
    return BRCode(
        merchant_name=name,
        merchant_city=city,
        key=account.get("01"),
        text=account.get("02"),
        location=account.get("25"),
        amount=int(amount.replace(".", "")) if amount else None,
        txid=None if txid == NO_TXID else txid,
        postcode=postcode,
        single_use=None if use is None else use == "12",
        other=fields,
    )


def plain(text: str) -> str:
    """The text without accents and without characters beyond printable ASCII, as banks' apps expect it."""
    stripped = unicodedata.normalize("NFKD", text)
    return "".join(ch for ch in stripped if " " <= ch <= "~")


def _account(code: BRCode) -> str:
    account = _field("00", GUI)
    if code.location is not None:
        account += _field("25", _required(code.location.removeprefix("https://"), "location"))
    else:
        account += _field("01", _required(code.key or "", "key"))
        if code.text:
            account += _field("02", plain(code.text))
    if len(account) > LONGEST_TEMPLATE:
        raise BadBRCode(f"key or location too long: the template holds {LONGEST_TEMPLATE} characters")
    return account


def _txid_text(code: BRCode) -> str:
    if code.txid is None or code.location is not None:
        return NO_TXID
    if not _TXID.fullmatch(code.txid):
        raise BadBRCode("txid")
    return code.txid


def _amount_text(centavos: int) -> str:
    text = f"{centavos // 100}.{centavos % 100:02d}"
    if centavos < 0 or not _AMOUNT.fullmatch(text):
        raise BadBRCode("amount")
    return text


def _required(value: str, name: str) -> str:
    if not value or not value.isascii() or not value.isprintable():
        raise BadBRCode(name)
    return value


def _field(number: str, value: str) -> str:
    if len(value) > 99:
        raise BadBRCode(f"field {number} is longer than 99")
    return f"{number}{len(value):02d}{value}"


def _fields(text: str) -> dict[str, str]:
    """Split a text into its fields. Raises BadBRCode for a field that is cut off or occurs twice."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        number, length = text[at : at + 2], text[at + 2 : at + 4]
        # isdecimal alone accepts digits of other scripts
        if not (len(length) == 2 and (number + length).isascii() and (number + length).isdecimal()):
            raise BadBRCode("broken field")
        value = text[at + 4 : at + 4 + int(length)]
        if len(value) != int(length) or number in found:
            raise BadBRCode(f"broken field {number}")
        found[number] = value
        at += 4 + int(length)
    return found
