"""A day without screenings links to the next day with screenings on sale."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from tests.events.test_programme import in_minutes, make_cinema, make_film, make_screening
from tests.shop.programme_pages import get_page


def test_a_far_day_links_past_a_day_whose_sales_are_over(client: FlaskClient, app: Any) -> None:
    room, film = make_cinema(cutoff=0), make_film()
    make_screening(film, room, in_minutes(-3))
    tomorrow = make_screening(film, room, in_minutes(60 * 24))
    page = get_page(client, "/?day=2031-03-03")
    said = page[page.index("No screenings on Monday.") :]
    way = re.search(r'<a class="button" href="([^"]+)">See (\w+)', said)
    assert way is not None
    assert way[2] != "today"
    assert f"/screenings/{tomorrow}" in get_page(client, way[1].replace("&amp;", "&"))
