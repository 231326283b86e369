"""The error for too many holds names the limit and when one more hold is possible."""

from __future__ import annotations

import pytest

from app.core import config
from app.core.config import Settings
from app.events.service import Screening
from app.reservations.service import TooManyHolds
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import expire_hold, hold

pytestmark = pytest.mark.usefixtures("database")


def test_the_error_names_the_limit_of_the_visitor_first(settings: Settings) -> None:
    """If both limits are reached, the error names that of the visitor, who can release a hold."""
    config.use(settings.changed(holds={"max_per_visitor": 1, "max_per_address": 2}))
    screening = make_screening("oooooooo")
    hold(screening, "A1", visitor="ana", address_key="foyer")
    assert refused(screening, "A2", visitor="ana", address_key="home").whose == "visitor"
    hold(screening, "A3", visitor="eva", address_key="foyer")
    assert refused(screening, "A4", visitor="ana", address_key="foyer").whose == "visitor"
    assert refused(screening, "A4", visitor="rita", address_key="foyer").whose == "address"


def test_the_error_says_when_one_more_hold_is_possible(settings: Settings) -> None:
    config.use(settings.changed(holds={"max_per_visitor": 3, "max_per_address": 3}))
    screening = make_screening("oooooooo")
    for name, left in (("A1", 100), ("A3", 300), ("A5", 200)):
        expire_hold(hold(screening, name, visitor="ana", address_key="home").id, seconds=-left)
    for visitor in ("ana", "eva"):
        assert 0 < refused(screening, "A7", visitor=visitor, address_key="home").retry_after <= 100
    config.use(settings.changed(holds={"max_per_visitor": 2}))
    after_two = refused(screening, "A7", visitor="ana", address_key="home").retry_after
    assert 100 < after_two <= 200, "of three one must end for two, and another for room"


def refused(screening: Screening, name: str, *, visitor: str, address_key: str) -> TooManyHolds:
    with pytest.raises(TooManyHolds) as caught:
        hold(screening, name, visitor=visitor, address_key=address_key)
    return caught.value
