"""Only state machines change states, and only `states.py` of a service contains their names as literals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.orders import states as orders
from app.payments import states as payments
from app.products import states as products
from app.reservations import states as reservations
from app.tickets import states as tickets
from app.users import states as users

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("orders", "reservations", "payments", "tickets", "products", "users")
MACHINES = (
    orders.ORDER,
    payments.CHARGE,
    payments.REFUND,
    reservations.RESERVATION,
    reservations.REQUEST,
    tickets.TICKET,
    products.PICKUP_CALL,
    users.WEBHOOK,
    users.DELIVERY,
)
_TABLES = "|".join(re.escape(machine.table) for machine in MACHINES)
# The assignments of an update, or of an insert's `do update`, up to the clause that follows.
_ASSIGNMENTS = re.compile(
    rf"(?:update\s+(?:{_TABLES})\b(?:\s+(?:as\s+)?\w+)?|do\s+update)\s+set\b(.*?)(?:\b(?:where|from|returning)\b|$)",
    re.IGNORECASE | re.DOTALL,
)
_SETS_STATE = re.compile(r"(?:^|,)\s*(?:\(\s*)?state\b", re.IGNORECASE)
_NAMES_STATE = re.compile(r"\bstate\s*(?:=|<>|!=|(?:not\s+)?in\b)\s*\(?\s*'", re.IGNORECASE)


def breaches(source: str) -> list[str]:
    """The places where a module changes or names a state without the state machine."""
    tree = ast.parse(source)
    found = [finding for words in _strings(tree) for finding in _in_sql(words)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_update_with_state(node):
            found.append(f"line {node.lineno}: update(…).values(state=…)")
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found += [f"line {node.lineno}: {ast.unparse(one)} = …" for one in targets if _is_row_state(one)]
    return found


def _strings(tree: ast.AST) -> Iterator[str]:
    """Every string of the module; each expression in an f-string counts as one word."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def _in_sql(words: str) -> Iterator[str]:
    for match in _ASSIGNMENTS.finditer(words):
        if _SETS_STATE.search(match[1]):
            yield f"an update sets a state: {match[0].strip()[:60]}"
    for match in _NAMES_STATE.finditer(words):
        yield f"a condition names a state: {words[match.start() : match.end() + 20]}"


def _is_update_with_state(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "values":
        return False
    named = any(word.arg == "state" for word in call.keywords)
    given = any(
        isinstance(key, ast.Constant) and key.value == "state"
        for one in call.args
        if isinstance(one, ast.Dict)
        for key in one.keys
    )
    updates = any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "update"
        for node in ast.walk(call.func.value)
    )
    return updates and (named or given)


def _is_row_state(target: ast.expr) -> bool:
    """Whether an assignment sets the state of a row; errors may assign `self.state`."""
    if not isinstance(target, ast.Attribute) or target.attr != "state":
        return False
    return not (isinstance(target.value, ast.Name) and target.value.id == "self")


def modules() -> list[Path]:
    found = [path for service in SERVICES for path in sorted((ROOT / "app" / service).glob("**/*.py"))]
    assert len(found) > 40
    return found


@pytest.mark.parametrize("module", modules(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_module_changes_a_state_without_its_machine(module: Path) -> None:
    assert breaches(module.read_text()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "A = text(\"update orders.orders set state = 'paid' where id = :id\")",
        "A = text('update orders.orders o set total = 1, state = :state where o.id = :id returning 1')",
        'A = text(f"""\n  with a as (\n  update tickets.tickets as t\n  set state = {B}\n  from x)\n select 1""")',
        "A = 'update reservations.requests set ended_at = now(),' ' state = :after where token = :token'",
        "A = 'insert into payments.charges values (1) on conflict (id) do update set state = excluded.state'",
        "A = 'update payments.charges set (state, failure) = (:state, null) where id = 1'",
        "A = \"select 1 from orders.orders where state = 'draft'\"",
        "A = f\"select 1 from {B} o where o.state not in ('draft', 'paid')\"",
        "A = update(ChargeRow).where(ChargeRow.id == 1).values(state=X, failure=None)",
        "A = update(ChargeRow).where(ChargeRow.id == 1).values({'state': X}).returning(ChargeRow.id)",
        "row.state = PAID",
    ],
)
def test_control_a_planted_breach_is_found(planted: str) -> None:
    assert breaches(planted) != []


@pytest.mark.parametrize(
    "allowed",
    [
        "A = text('update orders.orders set extensions = extensions + 1 where id = :id and state = :state')",
        "A = move(ORDER, 'settle', columns='paid_at = clock_timestamp()')",
        "A = text(f'select 1 from orders.orders where {one_of(\"state\", (DRAFT,))}')",
        "A = update(RefundRow).where(RefundRow.state == REFUND_PENDING).values(next_check_at=None)",
        "A = insert(RefundRow).values(state=REFUND_PENDING)",
        "self.state = state",
    ],
)
def test_other_code_is_accepted(allowed: str) -> None:
    assert breaches(allowed) == []


def test_every_machine_has_its_own_table() -> None:
    assert len({machine.table for machine in MACHINES}) == len(MACHINES)
