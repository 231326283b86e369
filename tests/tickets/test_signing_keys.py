"""Signing keys are created once, encrypted, rotated while old tickets stay valid, and retired when one has leaked."""

from __future__ import annotations

import dataclasses
import re
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
from app.tickets import key_rotation, qr, service, signing_keys
from tests.tickets.conftest import FULL, Issue, admit, of_order, retire_keys


def kids() -> list[int]:
    with db.reading() as session:
        return list(session.execute(text("select kid from tickets.signing_keys order by kid")).scalars())


def kid_of(ticket: service.Ticket) -> int:
    return qr.decode(ticket.qr_text)[0].kid


def test_the_worker_creates_the_first_key_at_its_first_start(database: str) -> None:
    signing_keys.clear_cache()
    for tick in ticks(("tickets",)):
        if tick.name.startswith("tickets"):
            assert worker.run_tick(tick)
            assert worker.run_tick(tick)
    assert kids() == [1]


def test_processes_that_start_together_create_one_key(database: str) -> None:
    signing_keys.clear_cache()
    gate = threading.Barrier(6)

    def start(_: int) -> int:
        gate.wait(30)
        with db.transaction():
            return signing_keys.ensure().kid

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(start, range(6))) == {1}
    assert kids() == [1]


def test_the_private_key_is_encrypted_in_the_database(issue: Issue) -> None:
    issue()
    with db.reading() as session:
        row = session.execute(text("select * from tickets.signing_keys")).one()
    private = signing_keys.signing_key().private.private_bytes_raw() if db.in_transaction() else None
    assert private is None
    with db.transaction():
        private = signing_keys.signing_key().private.private_bytes_raw()
    assert private not in bytes(row.sealed_private_key)


def let_hours_pass(hours: int) -> None:
    """Move the keys into the past."""
    with db.transaction() as session:
        session.execute(
            text(
                "update tickets.signing_keys set signs_from = signs_from - :ago, created_at = created_at - :ago"
            ),
            {"ago": timedelta(hours=hours)},
        )


def states() -> dict[int, str]:
    with db.reading():
        return {key.kid: key.state for key in service.key_states()}


def test_after_rotation_the_new_key_signs_and_old_tickets_are_valid(issue: Issue) -> None:
    old = issue()[0]
    with db.transaction():
        assert service.rotate_key() == 2
    let_hours_pass(24)
    new = issue([FULL], screening_id=42)[0]
    assert (kid_of(old), kid_of(new)) == (1, 2)
    assert admit(old.qr_text).verdict == "admitted"
    assert admit(new.qr_text).verdict == "admitted"


def test_a_new_key_is_given_to_the_doors_a_day_before_it_signs(issue: Issue) -> None:
    issue()
    with db.transaction():
        service.rotate_key()
    with db.reading():
        keys = service.door_state(1, datetime.now(UTC)).keys
    assert [(key.kid, key.blocked) for key in keys] == [(1, False), (2, False)]
    assert timedelta(hours=23) < keys[1].signs_from - datetime.now(UTC) <= timedelta(hours=24)
    assert states() == {1: "signing", 2: "next"}
    let_hours_pass(23)
    assert kid_of(issue([FULL], screening_id=42)[0]) == 1
    let_hours_pass(1)
    assert kid_of(issue([FULL], screening_id=43)[0]) == 2
    assert states() == {1: "old", 2: "signing"}


def test_the_lead_is_a_setting_and_one_key_waits_at_a_time(issue: Issue, settings: Settings) -> None:
    issue()
    with db.transaction():
        service.rotate_key()
    with pytest.raises(service.KeyWaits), db.transaction():
        service.rotate_key()
    let_hours_pass(24)
    config.use(settings.changed(cinema={"key_lead_hours": 0}))
    with db.transaction():
        service.rotate_key()
    assert states() == {1: "old", 2: "old", 3: "signing"}


def test_a_stolen_key_is_blocked_with_the_waiting_one_and_the_next_signs_at_once(issue: Issue) -> None:
    ticket = issue()[0]
    with db.transaction():
        service.rotate_key()
    with db.transaction():
        assert service.rotate_key(retire=True) == 3
    assert states() == {1: "blocked", 2: "blocked", 3: "signing"}
    with db.reading():
        assert [key.left for key in service.key_states()] == [0, 0, 2]
    assert admit(ticket.qr_text).verdict == "replaced"
    service.re_sign_tickets()
    with db.reading():
        assert [key.left for key in service.key_states()] == [0, 0, 0]
    assert kid_of(issue([FULL], screening_id=42)[0]) == 3


def test_a_key_of_the_version_before_signs_from_its_creation(issue: Issue) -> None:
    issue()
    with db.transaction() as session:
        session.execute(text("update tickets.signing_keys set signs_from = null"))
    signing_keys.clear_cache()
    assert kid_of(issue([FULL], screening_id=42)[0]) == 1
    assert states() == {1: "signing"}


def test_a_process_with_an_older_cached_key_reads_the_new_one(issue: Issue) -> None:
    issue()
    remembered = signing_keys._SIGNING.peek("newest")
    assert remembered is not None
    with db.transaction():
        service.rotate_key()
    let_hours_pass(24)
    signing_keys._SIGNING.put("newest", remembered)
    assert kid_of(issue([FULL], screening_id=42)[0]) == 2


def test_a_qr_of_a_retired_key_is_refused_and_new_qr_and_code_are_admitted(issue: Issue) -> None:
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


def test_batches_begin_with_the_next_screening(issue: Issue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_rotation, "ORDERS_PER_BATCH", 2)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    later = [issue([FULL], screening_id=42, starts_at=tomorrow)[0]]
    soon = [issue([replace(FULL, seat_id=seat)])[0] for seat in (1, 2, 3)]
    with db.transaction():
        service.rotate_key(retire=True)
    assert service.re_sign_tickets(most=1) == 2
    first = [kid_of(of_order(one.order_id)[0]) for one in soon]
    assert sorted(first) == [1, 2, 2], "one batch, of the screening that begins first"
    key_rotation.continue_re_signing()
    assert {kid_of(of_order(one.order_id)[0]) for one in soon + later} == {2}
    assert {of_order(one.order_id)[0].revision for one in soon + later} == {2}, "each once"
    assert announced() == sorted(str(one.order_id) for one in soon + later)
    assert service.re_sign_tickets() == 0


def test_a_key_that_leaks_while_tickets_are_re_signed(issue: Issue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_rotation, "ORDERS_PER_BATCH", 1)
    sold = [issue([replace(FULL, seat_id=seat)])[0] for seat in (1, 2)]
    with db.transaction():
        service.rotate_key(retire=True)
    assert service.re_sign_tickets(most=1) == 1
    assert retire_keys() == (3, 2)
    assert {kid_of(of_order(one.order_id)[0]) for one in sold} == {3}


def test_re_signing_refuses_to_run_in_a_transaction(database: str) -> None:
    with pytest.raises(RuntimeError), db.transaction():
        service.re_sign_tickets()


def announced() -> list[str]:
    with db.reading() as session:
        messages = text(
            "select payload ->> 'order_id' from core.outbox where kind = 'TicketsResigned' order by 1"
        )
        return list(session.execute(messages).scalars())


def test_a_qr_signed_with_a_retired_key_is_refused(issue: Issue) -> None:
    ticket = issue()[0]
    with db.transaction():
        stolen = signing_keys.signing_key()
    retire_keys()
    payload = dataclasses.replace(qr.decode(of_order(ticket.order_id)[0].qr_text)[0], kid=stolen.kid)
    assert admit(qr.sign(payload, stolen.private)).verdict == "replaced"


def test_with_another_secret_key_old_tickets_are_valid_and_a_new_key_signs(
    issue: Issue, settings: Settings
) -> None:
    old = issue()[0]
    signing_keys.clear_cache()
    config.use(settings.changed(web={"secret_key": "another"}))
    try:
        new = issue([FULL], screening_id=42)[0]
        assert (kid_of(old), kid_of(new)) == (1, 2)
        assert admit(old.qr_text).verdict == "admitted"
    finally:
        config.use(settings)
        signing_keys.clear_cache()


def test_the_command_rotates_the_key(app: Flask) -> None:
    from app.cli.keys import command

    signing_keys.clear_cache()
    runner = app.test_cli_runner()
    assert "key 1 from now on" in runner.invoke(command).output
    assert re.search(r"key 2 from 20\d\d-\d\d-\d\d \d\d:\d\d UTC on", runner.invoke(command).output)
    refused = runner.invoke(command)
    assert refused.exit_code == 1
    assert "waits already" in refused.output
    answer = runner.invoke(command, ["--retire"])
    assert answer.exit_code == 0
    assert "key 3 from now on" in answer.output
    assert "0 sold tickets" in answer.output


@pytest.mark.parametrize("kind", ["OrderPaid", "TicketsResigned"])
def test_the_worker_has_a_handler(kind: str) -> None:
    assert ("tickets", kind) in {(consumer, message.__name__) for consumer, message in routes(("tickets",))}
