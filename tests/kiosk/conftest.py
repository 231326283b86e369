from __future__ import annotations

import pytest
from flask import Flask

from app.events.service import Screening
from tests.kiosk.kiosk_visitor import Kiosk, paired_kiosk
from tests.reservations.auditoriums import make_screening


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooooooo", "vvvv")


@pytest.fixture
def kiosk(app: Flask, screening: Screening) -> Kiosk:
    """A kiosk at the screening's site, with a visit that has begun."""
    kiosk = paired_kiosk(app, screening.cinema.id)
    kiosk.begin_visit()
    return kiosk
