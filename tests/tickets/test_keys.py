"""Keys: made once, sealed, rotated without shutting anybody out, retired when one has leaked."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import config, db, worker
from app.core.config import Settings
from app.dispatch import routes, ticks
from app.tickets import keys, qr, rotation, service
from tests.tickets.conftest import FULL, Issue, admit, of_order, retire_keys


def kids() -> list[int]:
    with db.reading() as session:
        return list(session.execute(text("select kid from tickets.signing_keys order by kid")).scalars())


def kid_of(ticket: service.Ticket) -> int:
    return qr.read(ticket.qr_text)[0].kid


def test_the_worker_makes_the_first_key_at_its_first_start(database: str) -> None:
    keys.forget()
    for tick in ticks(("tickets",)):
        if tick.name.startswith("tickets"):
            assert worker.run_tick(tick)
            assert worker.run_tick(tick)
    assert kids() == [1]


def test_many_processes_that_start_together_make_one_key(database: str) -> None:
    keys.forget()
    gate = threading.Barrier(6)

    def start(_: int) -> int:
        gate.wait(30)
        with db.transaction():
            return keys.ensure().kid

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(start, range(6))) == {1}
    assert kids() == [1]


def test_the_private_half_is_not_readable_in_the_database(issue: Issue) -> None:
    issue()
    with db.reading() as session:
        row = session.execute(text("select * from tickets.signing_keys")).one()
    private = keys.signing_key().private.private_bytes_raw() if db.in_transaction() else None
    assert private is None
    with db.transaction():
        private = keys.signing_key().private.private_bytes_raw()
    assert private not in bytes(row.sealed_private_key)


def test_a_rotated_key_signs_what_comes_and_opens_what_was(issue: Issue) -> None:
    old = issue()[0]
    with db.transaction():
        assert service.rotate_key() == 2
    new = issue([FULL], screening_id=42)[0]
    assert (kid_of(old), kid_of(new)) == (1, 2)
    assert admit(old.qr_text).verdict == "admitted"
    assert admit(new.qr_text).verdict == "admitted"


def test_a_process_that_remembers_an_older_key_notices(issue: Issue) -> None:
    issue()
    remembered = keys._SIGNING.peek("newest")
    assert remembered is not None
    with db.transaction():
        service.rotate_key()
    keys._SIGNING.put("newest", remembered)
    assert kid_of(issue([FULL], screening_id=42)[0]) == 2


def test_a_retired_key_opens_no_door_but_the_new_qr_and_the_code_do(issue: Issue) -> None:
    first, second = issue()
    over = issue([FULL], screening_id=42, starts_at=first.facts.starts_at.replace(year=2020))[0]
    assert retire_keys() == (2, 2)
    assert admit(first.qr_text).verdict == "replaced"
    renewed = of_order(first.order_id)[0]
    assert renewed.code == first.code
    assert (kid_of(renewed), renewed.revision) == (2, 2)
    assert admit(renewed.qr_text).verdict == "admitted"
    assert admit(second.code).verdict == "admitted"
    assert of_order(over.order_id) == [over]


def test_in_batches_that_begin_with_what_is_shown_first(
    issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "ORDERS_A_BATCH", 2)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    later = [issue([FULL], screening_id=42, starts_at=tomorrow)[0]]
    soon = [issue([replace(FULL, seat_id=seat)])[0] for seat in (1, 2, 3)]
    with db.transaction():
        service.rotate_key(retire=True)
    assert service.sign_anew(most=1) == 2
    first = [kid_of(of_order(one.order_id)[0]) for one in soon]
    assert sorted(first) == [1, 2, 2], "one batch, of the screening that begins first"
    rotation.go_on()
    assert {kid_of(of_order(one.order_id)[0]) for one in soon + later} == {2}
    assert {of_order(one.order_id)[0].revision for one in soon + later} == {2}, "each once"
    assert announced() == sorted(str(one.order_id) for one in soon + later)
    assert service.sign_anew() == 0


def test_a_key_that_leaks_while_tickets_are_signed_anew(
    issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "ORDERS_A_BATCH", 1)
    sold = [issue([replace(FULL, seat_id=seat)])[0] for seat in (1, 2)]
    with db.transaction():
        service.rotate_key(retire=True)
    assert service.sign_anew(most=1) == 1
    assert retire_keys() == (3, 2)
    assert {kid_of(of_order(one.order_id)[0]) for one in sold} == {3}


def test_signing_anew_is_no_part_of_a_transaction(database: str) -> None:
    with pytest.raises(RuntimeError), db.transaction():
        service.sign_anew()


def announced() -> list[str]:
    with db.reading() as session:
        told = text(
            "select payload ->> 'order_id' from core.outbox where kind = 'TicketsResigned' order by 1"
        )
        return list(session.execute(told).scalars())


def test_what_a_retired_key_signs_afterwards_is_refused(issue: Issue) -> None:
    ticket = issue()[0]
    with db.transaction():
        stolen = keys.signing_key()
    retire_keys()
    payload = dataclasses.replace(qr.read(of_order(ticket.order_id)[0].qr_text)[0], kid=stolen.kid)
    assert admit(qr.sign(payload, stolen.private)).verdict == "replaced"


def test_another_secret_key_reads_old_tickets_and_signs_with_a_key_of_its_own(
    issue: Issue, settings: Settings
) -> None:
    old = issue()[0]
    keys.forget()
    config.use(settings.changed(web={"secret_key": "another"}))
    try:
        new = issue([FULL], screening_id=42)[0]
        assert (kid_of(old), kid_of(new)) == (1, 2)
        assert admit(old.qr_text).verdict == "admitted"
    finally:
        config.use(settings)
        keys.forget()


def test_the_command_rotates(app: Flask) -> None:
    from app.cli.keys import command

    keys.forget()
    runner = app.test_cli_runner()
    assert "key 1 from now on" in runner.invoke(command).output
    answer = runner.invoke(command, ["--retire"])
    assert answer.exit_code == 0
    assert "key 2 from now on" in answer.output
    assert "0 sold tickets" in answer.output


@pytest.mark.parametrize("kind", ["OrderPaid", "TicketsResigned"])
def test_the_worker_knows_what_to_do(kind: str) -> None:
    assert ("tickets", kind) in {(consumer, message.__name__) for consumer, message in routes(("tickets",))}
