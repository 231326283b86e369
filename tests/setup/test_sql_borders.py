"""Services access only their own tables: no other module names them in SQL, and foreign keys point down only.

The tests search the string literals of each module of `app` and `kiosk` for names of tables (`schema.table`), and
declarations for the schema of another service. `tools` (bench, demo year) and tests may name every table.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from app.core import db
from app.migrations_target import all_metadata
from tests.setup.source_literals import ROOT, SERVICES, literals, modules

SCHEMAS = ("core", *SERVICES)
# Each service may reference the tables of these services.
ALLOWED_REFERENCES = {
    "core": 0, "events": 1, "products": 1, "payments": 1, "users": 1, "reservations": 2, "tickets": 2, "orders": 3,
}  # fmt: skip
KIOSK = [file.relative_to(ROOT) for file in sorted((ROOT / "kiosk").rglob("*.py"))]
# (module, schema) → the reason why the module names tables of another service.
EXCEPTIONS = {
    ("app/cli/serve.py", "users"): "asks over a plain connection: the supervisor makes no engine",
}


@cache
def table_names() -> re.Pattern[str]:
    names = sorted(f"{table.schema}.{table.name}" for table in all_metadata().tables.values())
    return re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, names))})(?!\w)")


def foreign_schemas(source: str, own: str) -> Iterator[tuple[int, str]]:
    """(line, schema) of each place where `source`, a module of the schema `own`, names tables of another service."""
    for line, text in literals(source, but_arguments_of=["ForeignKey"]):
        for name in table_names().findall(text):
            schema = name.partition(".")[0]
            if schema != own:
                yield line, schema
    for node in ast.walk(ast.parse(source)):
        for schema in _declared_schemas(node):
            if schema in SCHEMAS and schema != own:
                yield node.lineno, schema  # type: ignore[attr-defined]


def _declared_schemas(node: ast.AST) -> Iterator[str]:
    """The values of `schema=…` and of `{"schema": …}`."""
    if isinstance(node, ast.Call):
        values = [one.value for one in node.keywords if one.arg == "schema"]
    elif isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        values = [value for key, value in zip(keys, node.values, strict=True) if key == "schema"]
    else:
        return
    yield from (str(value.value) for value in values if isinstance(value, ast.Constant))


def test_each_module_names_only_its_own_tables() -> None:
    found = {
        (str(module), schema): line
        for module in [*modules(""), *KIOSK]
        for line, schema in foreign_schemas((ROOT / module).read_text("utf-8"), module.parts[1])
        if module.name != "migrations_target.py"  # it names modules such as app.core.outbox
    }
    assert {place: line for place, line in found.items() if place not in EXCEPTIONS} == {}
    assert set(EXCEPTIONS) <= set(found), "an exception is no longer needed"


def test_the_tables_of_a_service_are_in_its_schema() -> None:
    all_metadata()
    wrong = {
        mapper.class_.__module__: mapper.local_table.schema
        for mapper in db.Base.registry.mappers
        if mapper.class_.__module__.split(".")[1] != mapper.local_table.schema
    }
    assert wrong == {}


def test_foreign_keys_point_down_only() -> None:
    up = [
        f"{table.schema}.{table.name} -> {key.target_fullname}"
        for table in all_metadata().tables.values()
        for key in table.foreign_keys
        if key.column.table.schema != table.schema
        and ALLOWED_REFERENCES[str(key.column.table.schema)] >= ALLOWED_REFERENCES[str(table.schema)]
    ]
    assert up == []


BREACHES = [
    'text("select 1 from reservations.seat_claims")',
    'text("""\n  select o.id\n  from orders.orders o\n  join reservations.reservations r on true\n""")',
    'text(f"select {COLUMNS} from events.screenings s where s.id = :id")',
    '_CALLED_OFF = "exists (select from events.screenings s)"',
    'text("update core.outbox set dead_at = null")',
    'text("select 1 from orders.orders, tickets.tickets")',
    'Table("screenings", metadata, schema="events")',
    'class Row(Base):\n    __table_args__ = ({"schema": "payments"},)',
]


@pytest.mark.parametrize("planted", BREACHES)
def test_control_a_planted_breach_is_found(planted: str) -> None:
    assert list(foreign_schemas(planted, "orders"))


@pytest.mark.parametrize(
    "allowed",
    [
        'text("select 1 from orders.orders o join orders.order_seats s on true")',
        '"""As reservations.seat_claims has it."""',
        'x: int = 1\n"""Rows of events.screenings."""',
        "# events.screenings",
        'mapped_column(ForeignKey("events.screenings.id"))',
        'Tick("orders.reseats", 10.0, end)',
        'Table("orders", metadata, schema="orders")',
    ],
)
def test_allowed_names_are_accepted(allowed: str) -> None:
    assert list(foreign_schemas(allowed, "orders")) == []
