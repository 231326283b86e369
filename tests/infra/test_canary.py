"""The canary's purchase works against our pages, and fails where a customer could not buy."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.serving import make_server

from app.core import db
from infra.canary.python import purchase

CLAIMS = "select count(*) from reservations.seat_claims"


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The pages, served by a thread of this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


def claims() -> int:
    with db.reading() as session:
        return int(session.execute(text(CLAIMS)).scalar_one())


def test_the_canary_holds_two_seats_and_gives_them_back(demo: str, address: str) -> None:
    before = claims()
    assert purchase.buy(address) > 0
    assert claims() == before
    with db.reading() as session:
        found = session.execute(text("select state from orders.orders")).scalars().all()
    assert len(found) == 1
    assert found[0] != "draft"


def test_the_canary_fails_where_nothing_is_on_sale(database: str, address: str) -> None:
    with pytest.raises(purchase.Failed, match="no screening is on sale"):
        purchase.buy(address)


def test_the_canary_names_the_step_and_no_token(
    demo: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purchase, "SEATS", 99)
    with pytest.raises(purchase.Failed, match=r"^hold: 4\d\d$"):
        purchase.buy(address)
    with pytest.raises(purchase.Failed, match=r"^programme: "):
        purchase.buy("http://127.0.0.1:1")
