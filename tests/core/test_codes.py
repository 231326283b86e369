"""Codes that people read out have no look-alikes, and come back however they are typed."""

from app.core import codes


def test_codes_have_no_look_alikes_and_differ() -> None:
    made = {codes.random_code() for _ in range(2000)}
    assert len(made) == 2000
    assert not set("".join(made)) & set("01OILUV")


def test_a_code_is_read_however_it_is_typed() -> None:
    assert codes.grouped("K7QF2M9XRT") == "K7QF-2M9-XRT"
    assert codes.normalise_code(" k7qf-2m9-xrt ") == "K7QF2M9XRT"


def test_tokens_are_long_and_fit_an_address() -> None:
    token = codes.random_token()
    assert len(token) >= 32
    assert token.replace("-", "").replace("_", "").isalnum()
