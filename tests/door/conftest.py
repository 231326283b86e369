from __future__ import annotations

import pytest
from flask import Flask

from app.events.service import Screening
from tests.door.door_fixtures import Staff, make_door_screening


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_door_screening()


@pytest.fixture
def staff(app: Flask, screening: Screening) -> Staff:
    staff = Staff(app)
    staff.stand_at(screening)
    return staff
