"""Short codes and tokens: codes have no look-alike characters and are read in many spellings."""

import uuid

import pytest

from app.core import codes


def test_codes_have_no_look_alikes_and_differ() -> None:
    made = {codes.random_code() for _ in range(2000)}
    assert len(made) == 2000
    assert not set("".join(made)) & set("01OILUV")


def test_a_code_is_read_however_it_is_typed() -> None:
    assert codes.grouped("K7QF2M9XRT") == "K7QF-2M9-XRT"
    assert codes.normalise_code(" k7qf-2m9-xrt ") == "K7QF2M9XRT"


@pytest.mark.parametrize(
    "typed",
    ["\ufeffK7QF\u20112M9\u2013XRT\u200b", "\uff2b7QF2M9\u00a0XRT.", "\u041a7QF2\u041c9\u0425R\u0422"],
)
def test_a_code_is_read_however_it_was_copied(typed: str) -> None:
    assert codes.normalise_code(typed) == "K7QF2M9XRT"


@pytest.mark.parametrize(
    "typed",
    [
        "luz 4720",
        "LUZ4720",
        "\u200bLUZ\u22124720\u200f",
        "Pedido: LUZ-4720.",
        "LUZ-4720-1",
        "LUZ-472O",
        "\uff2c\uff35\uff3a-\uff14\uff17\uff12\uff10",
    ],
)
def test_the_code_of_an_order_is_found_in_what_was_typed(typed: str) -> None:
    assert codes.order_code(typed) == "LUZ-4720"


@pytest.mark.parametrize("typed", ["", "LUZ", "4720", "K7QF-2M9-XRT", "\x00", "%", "a" * 9000])
def test_text_without_an_order_code_gives_none(typed: str) -> None:
    assert codes.order_code(typed) == codes.normalise_code(typed)


def test_tokens_are_long_and_fit_an_address() -> None:
    token = codes.random_token()
    assert len(token) >= 32
    assert token.replace("-", "").replace("_", "").isalnum()


def test_row_ids_are_in_order_of_time_and_cannot_be_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Later ids are greater, which keeps them close in an index; each has 74 random bits."""
    made = []
    for moment in (1_800_000_000_000, 1_800_000_000_001, 1_800_000_005_000):
        monkeypatch.setattr("app.core.codes.time.time_ns", lambda moment=moment: moment * 1_000_000)
        made.append([codes.ordered_id() for _ in range(50)])
        assert {one.int >> 80 for one in made[-1]} == {moment}
        assert len(set(made[-1])) == 50
        assert {(one.version, one.variant) for one in made[-1]} == {(7, uuid.RFC_4122)}
    assert max(made[0]) < min(made[1]) < max(made[1]) < min(made[2])
