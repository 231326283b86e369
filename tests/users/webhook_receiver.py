"""A partner's server for the tests of webhooks, and a partner that has a webhook there."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.core import db, partner_events, worker
from app.core.partner_events import EVENTS, ORDER_PAID
from app.dispatch import routes
from app.users import service as users
from app.users.service import Webhook, WebhookAttempt, WebhookDelivery
from app.users.webhooks import sending
from tests.adapters.scripted_server import Recorded, ScriptedServer

DOCUMENT = Path(__file__).parents[2] / "docs" / "webhooks.md"
SCOPE = "bilheteria/webhooks"


def documented_verify() -> Callable[[str, Mapping[str, str], bytes], str]:
    """The function `verify` that docs/webhooks.md gives to partners."""
    example = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert example is not None
    found: dict[str, Any] = {}
    exec(example[1], found)  # noqa: S102 (our own page)
    verify: Callable[[str, Mapping[str, str], bytes], str] = found["verify"]
    return verify


class Receiver:
    """A partner with one webhook, and the server of its address. `verify` is the one of the documentation."""

    verify = staticmethod(documented_verify())

    def __init__(self, server: ScriptedServer, name: str = "movies") -> None:
        self.server = server
        with db.transaction():
            self.partner = users.register_partner(name, name.title(), [SCOPE])
            made, self.secret = users.add_webhook(self.partner.id, f"{server.url}/in", EVENTS)
        self.id = made.id

    @property
    def webhook(self) -> Webhook:
        with db.reading():
            return users.webhook(self.id)

    @property
    def requests(self) -> list[Recorded]:
        return self.server.requests

    def events(self) -> list[tuple[str, str]]:
        """(type, id) of the requests that came; each has a good signature."""
        return [(json.loads(one.body)["type"], self.id_of(one)) for one in self.requests]

    def id_of(self, request: Recorded) -> str:
        return self.verify(self.secret, request.headers, request.body)  # type: ignore[arg-type]

    def activate(self) -> None:
        """Send the ping, and forget that it came."""
        work()
        assert self.webhook.state == "active"
        self.requests.clear()

    def answer(self, *statuses: int) -> None:
        """Answer the next requests with these statuses; then each with 200."""
        self.server.answers = [(status, {}, b"said no") for status in statuses]

    def happen(self, number: int = 1, event: str = ORDER_PAID) -> None:
        with db.transaction():
            partner_events.publish(
                event, self.partner.id, uuid.uuid4(), datetime.now(UTC), {"order": {"code": f"LTZ-{number}"}}
            )

    def deliveries(self) -> list[WebhookDelivery]:
        """The deliveries without the pings, the oldest first."""
        with db.reading():
            found = users.webhook_deliveries(self.id, most=100)
        return [one for one in reversed(found) if one.event != "webhook.ping"]

    def attempts(self, delivery: WebhookDelivery) -> list[WebhookAttempt]:
        with db.reading():
            return users.webhook_delivery(self.id, delivery.event_id)[1]


@contextmanager
def receiving(name: str = "movies") -> Iterator[Receiver]:
    """A partner whose webhook is not verified yet."""
    with ScriptedServer.running() as server:
        yield Receiver(server, name)


def work() -> int:
    """Send all that is due now; returns how many messages were handled."""
    handled = worker.drain(routes(("users",)))
    sending.want_due_webhooks()
    return handled + worker.drain(routes(("users",)))


def pass_time(**time: float) -> None:
    """Move all times of webhooks into the past, as if `hours=1` or so had passed."""
    moved = f"interval '{timedelta(**time).total_seconds()} seconds'"
    with db.transaction() as session:
        for table, columns in (
            ("webhooks", ("failing_since", "resting_until", "leased_until", "wanted_at", "former_until")),
            ("webhook_deliveries", ("due_at", "give_up_at", "recorded_at", "happened_at")),
        ):
            changes = ", ".join(f"{column} = {column} - {moved}" for column in columns)
            session.execute(text(f"update users.{table} set {changes}"))
