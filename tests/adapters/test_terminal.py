"""The sandbox terminals as an adapter of the port: repeated calls, one transaction at a time, silence, reversals."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.terminal import (
    Busy,
    Refused,
    ReversalRequest,
    StartRequest,
    UnknownTransaction,
    Unreachable,
)
from app.adapters.terminal.sandbox import SandboxTerminals

KIOSK = uuid.UUID("aaaaaaaa-0000-0000-0000-000000000001")
OTHER = uuid.UUID("aaaaaaaa-0000-0000-0000-000000000002")


@pytest.fixture
def terminals(database: str) -> Iterator[SandboxTerminals]:
    terminals = SandboxTerminals(database)
    yield terminals
    terminals.dispose()


def request(terminal: uuid.UUID = KIOSK, amount: int = 5000, seconds: float = 300) -> StartRequest:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    return StartRequest(uuid.uuid4().hex, terminal, amount, "Cine Lanterna ABC234", until)


def approve(terminals: SandboxTerminals, asked: StartRequest) -> None:
    assert terminals.act(asked.terminal, asked.id, "insert")
    assert terminals.act(asked.terminal, asked.id, "approve")


def test_starting_twice_starts_one_transaction(terminals: SandboxTerminals) -> None:
    asked = request()
    assert terminals.start(asked) == terminals.start(asked)
    approve(terminals, asked)
    again = terminals.start(asked)
    assert again.status == "approved"
    assert again.approval is not None
    assert (again.approval.receipt_id, again.approval.amount) == (asked.id, 5000)


def test_a_terminal_is_at_one_transaction_at_a_time(terminals: SandboxTerminals) -> None:
    asked, next_one = request(), request()
    terminals.start(asked)
    with pytest.raises(Busy):
        terminals.start(next_one)
    assert terminals.start(request(OTHER)).status == "waiting", "another terminal is free"
    terminals.cancel(KIOSK, asked.id)
    assert terminals.start(next_one).status == "waiting"


@pytest.mark.parametrize(
    ("acts", "status"),
    [
        (["insert"], "waiting"),
        (["insert", "approve"], "approved"),
        (["insert", "decline"], "declined"),
        (["insert", "remove"], "removed"),
        (["time-out"], "timed_out"),
        (["cancel"], "cancelled"),
    ],
)
def test_what_happens_at_the_terminal_is_told(
    terminals: SandboxTerminals, acts: list[str], status: str
) -> None:
    asked = request()
    terminals.start(asked)
    for act in acts:
        assert terminals.act(KIOSK, asked.id, act)
    told = terminals.status(KIOSK, asked.id)
    assert told.status == status
    assert (told.approval is not None) == (status == "approved")


def test_a_card_is_approved_only_while_it_is_in(terminals: SandboxTerminals) -> None:
    asked = request()
    terminals.start(asked)
    assert not terminals.act(KIOSK, asked.id, "approve"), "no card is in"
    terminals.act(KIOSK, asked.id, "insert")
    terminals.act(KIOSK, asked.id, "remove")
    assert not terminals.act(KIOSK, asked.id, "approve")


def test_a_transaction_ends_by_itself_at_its_deadline(terminals: SandboxTerminals) -> None:
    asked = request(seconds=-1)
    assert terminals.start(asked).status == "waiting"
    assert not terminals.act(KIOSK, asked.id, "insert")
    assert terminals.status(KIOSK, asked.id).status == "timed_out"
    assert terminals.start(request()).status == "waiting", "the terminal is free again"


def test_a_cancelled_transaction_is_not_started_by_a_delayed_call(terminals: SandboxTerminals) -> None:
    asked = request()
    with pytest.raises(UnknownTransaction):
        terminals.status(KIOSK, asked.id)
    assert terminals.cancel(KIOSK, asked.id).status == "cancelled"
    assert terminals.start(asked).status == "cancelled"
    assert not terminals.act(KIOSK, asked.id, "insert")


def test_an_approved_transaction_is_not_cancelled(terminals: SandboxTerminals) -> None:
    asked = request()
    terminals.start(asked)
    approve(terminals, asked)
    assert terminals.cancel(KIOSK, asked.id).approval is not None


def test_of_approval_and_cancellation_one_wins(terminals: SandboxTerminals) -> None:
    """The answer to the cancellation tells which one: never cancelled with an approval after it."""
    with ThreadPoolExecutor(2) as pool:
        for _ in range(12):
            asked = request()
            terminals.start(asked)
            terminals.act(KIOSK, asked.id, "insert")
            approving = pool.submit(terminals.act, KIOSK, asked.id, "approve")
            cancelling = pool.submit(terminals.cancel, KIOSK, asked.id)
            expected = "approved" if approving.result() else "cancelled"
            assert cancelling.result().status == expected
            assert terminals.status(KIOSK, asked.id).status == expected


def test_a_silent_terminal_goes_on_by_itself(terminals: SandboxTerminals) -> None:
    """An approval whose answer was lost is told as soon as the terminal answers again."""
    asked = request()
    terminals.start(asked)
    terminals.be_silent(KIOSK, 60)
    approve(terminals, asked)
    for call in (
        lambda: terminals.start(asked),
        lambda: terminals.status(KIOSK, asked.id),
        lambda: terminals.cancel(KIOSK, asked.id),
        lambda: terminals.reverse(ReversalRequest("r", KIOSK, asked.id, 5000)),
    ):
        with pytest.raises(Unreachable):
            call()
    assert terminals.start(request(OTHER)).status == "waiting", "the other terminal answers"
    terminals.be_silent(KIOSK, 0)
    assert terminals.status(KIOSK, asked.id).approval is not None


def test_reversals_happen_once_per_id_and_never_exceed_the_transaction(terminals: SandboxTerminals) -> None:
    asked = request(amount=5000)
    terminals.start(asked)
    with pytest.raises(Refused):
        terminals.reverse(ReversalRequest("a" * 32, KIOSK, asked.id, 5000))
    approve(terminals, asked)
    part = ReversalRequest("b" * 32, KIOSK, asked.id, 3000)
    assert [terminals.reverse(part), terminals.reverse(part)] == ["done", "done"]
    assert terminals.reverse(ReversalRequest("c" * 32, KIOSK, asked.id, 2001)) == "refused"
    assert terminals.view(KIOSK).reversed == 3000
    terminals.refuse_reversals(KIOSK, True)
    rest = ReversalRequest("d" * 32, KIOSK, asked.id, 2000)
    assert terminals.reverse(rest) == "refused"
    terminals.refuse_reversals(KIOSK, False)
    assert terminals.reverse(rest) == "refused", "a refused reversal stays refused under its id"


def test_the_page_sees_the_newest_transaction(terminals: SandboxTerminals) -> None:
    assert terminals.view(KIOSK).id is None
    terminals.cancel(KIOSK, uuid.uuid4().hex)
    assert terminals.view(KIOSK).id is None, "one that was never started is not shown"
    asked = request(amount=7600)
    terminals.start(asked)
    view = terminals.view(KIOSK)
    assert (view.id, view.amount, view.state, view.is_active) == (asked.id, 7600, "waiting", True)
    assert 0 < view.seconds_left <= 90
