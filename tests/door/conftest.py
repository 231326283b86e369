from __future__ import annotations

import pytest
from flask import Flask

from app.events.service import Screening
from tests.door.house import Staff, make_hall


@pytest.fixture
def hall(app: Flask) -> Screening:
    return make_hall()


@pytest.fixture
def staff(app: Flask, hall: Screening) -> Staff:
    staff = Staff(app)
    staff.stand_at(hall)
    return staff
