"""BR Codes: the examples of the Banco Central, and every encoded code is decoded to the same fields."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.payments.brcode import NO_TXID, BadBRCode, BRCode, crc16, decode, dynamic, encode

# The examples of the Banco Central's manual (static and dynamic).
STATIC = (
    "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR"
    "5913Fulano de Tal6008BRASILIA62070503***63041D3D"
)
DYNAMIC = (
    "00020101021226700014br.gov.bcb.pix2548pix.example.com/8b3da2f39a4140d1a91abd93113bd441"
    "5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***630464E4"
)

ascii_texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
txids = st.text(string.ascii_letters + string.digits, min_size=1, max_size=25)
amounts = st.one_of(st.none(), st.integers(0, 999_999_999_999))


def test_crc_check_value() -> None:
    assert crc16(b"123456789") == 0x29B1


def test_the_manuals_static_example() -> None:
    code = BRCode("Fulano de Tal", "BRASILIA", key="123e4567-e12b-12d1-a456-426655440000")
    assert encode(code) == STATIC
    assert decode(STATIC) == code


def test_the_manuals_dynamic_example() -> None:
    code = BRCode(
        "Fulano de Tal",
        "BRASILIA",
        location="pix.example.com/8b3da2f39a4140d1a91abd93113bd441",
        single_use=True,
    )
    assert encode(code) == DYNAMIC
    assert decode(DYNAMIC) == code


def test_gui_in_capitals_is_read() -> None:
    body = STATIC.replace("br.gov.bcb.pix", "BR.GOV.BCB.PIX")[:-4]
    assert decode(f"{body}{crc16(body.encode()):04X}").key == "123e4567-e12b-12d1-a456-426655440000"


@given(st.text(string.ascii_letters + string.digits, min_size=20, max_size=25))
def test_a_crc_keeps_its_leading_zeros(txid: str) -> None:
    """The text ends with four digits, also for a small CRC; the test below finds small ones."""
    text = encode(BRCode("Cine", "Santos", key="k", txid=txid))
    assert text[-8:-4] == "6304"
    assert int(text[-4:], 16) == crc16(text[:-4].encode())


def test_codes_with_leading_zeros_are_made_and_read() -> None:
    zeros = {0: 0, 1: 0, 2: 0}
    for number in range(6000):
        code = BRCode("Cine Lanterna", "SAO PAULO", key="chave", txid=f"T{number}")
        text = encode(code)
        zeros[min(2, len(text[-4:]) - len(text[-4:].lstrip("0")))] += 1
        assert decode(text) == code
    assert zeros[1] > 100
    assert zeros[2] > 5


@given(
    key=ascii_texts.filter(lambda key: len(key) <= 50),
    name=ascii_texts,
    city=ascii_texts,
    amount=amounts,
    txid=st.one_of(st.none(), txids),
    single_use=st.sampled_from([None, True, False]),
)
def test_an_encoded_brcode_is_decoded_again(
    key: str, name: str, city: str, amount: int | None, txid: str | None, single_use: bool | None
) -> None:
    code = BRCode(name[:25], city[:15], key=key, amount=amount, txid=txid, single_use=single_use)
    assert decode(encode(code)) == code


@given(
    location=ascii_texts.filter(lambda text: len(text) <= 75), amount=st.integers(1, 10**9), name=st.text()
)
def test_dynamic_codes_of_any_cinema(location: str, amount: int, name: str) -> None:
    assume(not location.startswith("https://"))
    text = dynamic(f"https://{location}", amount=amount, merchant_name=f"C{name}", merchant_city="São Luís")
    code = decode(text)
    assert (code.location, code.amount, code.single_use, code.txid) == (location, amount, True, None)
    assert code.merchant_city == "Sao Luis"
    assert text.isascii()
    assert f"0503{NO_TXID}" in text


@given(st.data())
def test_a_changed_character_is_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(DYNAMIC) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126).filter(lambda ch: ch != DYNAMIC[at]))
    with pytest.raises(BadBRCode):
        decode(DYNAMIC[:at] + other + DYNAMIC[at + 1 :])


@given(st.text(max_size=600))
def test_any_text_is_refused_and_never_breaks(text: str) -> None:
    for candidate in (text, "000201" + text, _sealed("000201" + text)):
        try:
            decode(candidate)
        except BadBRCode:
            continue


def _sealed(text: str) -> str:
    body = f"{text}6304"
    return f"{body}{crc16(body.encode('utf-8', 'replace')):04X}"


def test_unknown_fields_are_tolerated() -> None:
    text = _sealed(STATIC[:-8] + "80260014br.gov.bcb.pix2504a.bc")
    assert decode(text).other == {"80": "0014br.gov.bcb.pix2504a.bc"}


def test_a_field_that_stands_twice_is_refused() -> None:
    """Otherwise two apps could read two different amounts."""
    fields = "5405" + "10.00"
    with pytest.raises(BadBRCode, match="broken field 54"):
        decode(_sealed(STATIC[:-8] + fields + fields))


def test_amounts_are_centavos() -> None:
    code = BRCode("Cine", "Santos", key="k", amount=10100)
    assert "5406101.00" in encode(code)
    assert decode(encode(code)).amount == 10100


@pytest.mark.parametrize(
    "code",
    [
        BRCode("Cine", "Santos"),
        BRCode("Cine", "Santos", key="k", location="l"),
        BRCode("", "Santos", key="k"),
        BRCode("映画館", "Santos", key="k"),
        BRCode("Cine", "Santos", key="k" * 78),
        BRCode("Cine", "Santos", location="l" * 78),
        BRCode("Cine", "Santos", key="k", txid="has blank"),
        BRCode("Cine", "Santos", key="k", txid="x" * 26),
        BRCode("Cine", "Santos", key="k", amount=-1),
        BRCode("Cine", "Santos", key="k", amount=10**12),
    ],
)
def test_values_outside_the_pix_manual_are_refused(code: BRCode) -> None:
    with pytest.raises(BadBRCode):
        encode(code)
