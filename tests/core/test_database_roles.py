"""The roles of the database: each one reaches the tables that it needs, and is refused all others."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from flask import Flask
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import text

from app.adapters.postgres_limits import page_limits, plain
from app.adapters.secrets_manager import SecretsManager
from app.cli import register
from app.core import database_roles, ladder
from app.core.config import SERVICES, Settings
from app.core.database_roles import PARTS, role_name, role_url
from app.core.ladder import api_part
from app.migrations_target import all_metadata
from tests.core.database_roles import as_owner, make_roles
from tests.databases import Databases

Rights = dict[str, set[str]]  # table → what a role may do there
# Of user-service, what every process of the API reaches.
CALLERS = {
    "users.devices": {"read"},
    "users.email_tokens": {"read", "write"},
    "users.external_subjects": {"read"},
    "users.partners": {"read"},
    "users.sessions": {"read", "write"},
    "users.users": {"read"},
}


@pytest.fixture(scope="module")
def owner(all_databases: Databases, worker_name: str) -> Iterator[str]:
    """The owner's URL of a database with roles."""
    url = all_databases.create(f"roles_{worker_name}", all_databases.migrated())
    make_roles(url)
    yield url
    all_databases.drop(f"roles_{worker_name}")


@pytest.fixture(scope="module")
def all_rights(owner: str) -> dict[str, Rights]:
    return {part: rights(part, owner) for part in PARTS}


def tables() -> list[str]:
    return sorted(f"{table.schema}.{table.name}" for table in all_metadata().tables.values())


def is_allowed(cursor: psycopg2.extensions.cursor, statement: str) -> bool:
    """Whether the role may run the statement, which changes nothing."""
    try:
        cursor.execute(statement)
    except InsufficientPrivilege:
        return False
    return True


def rights(part: str, owner: str) -> Rights:
    """What the role may do, found by trying it in each table."""
    with closing(psycopg2.connect(plain(role_url(owner, part)))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            return {table: _rights_in(table, cursor) for table in tables()}


def _rights_in(table: str, cursor: psycopg2.extensions.cursor) -> set[str]:
    tries = {
        "read": f"select 1 from {table} where false",
        "write": f"delete from {table} where false",
        "empty": f"truncate {table}",
    }
    return {name for name, one in tries.items() if is_allowed(cursor, one)}


def test_a_role_reaches_what_its_calls_need_and_nothing_else(all_rights: dict[str, Rights]) -> None:
    for part, found in all_rights.items():
        accesses = ladder.accesses(part)
        for table, own in found.items():
            schema = table.partition(".")[0]
            if schema == "core":
                assert own in (set(), {"read", "write"}), (part, table)
            elif accesses.get(schema) == "callers":
                assert own == CALLERS.get(table, set()), (part, table)
            else:
                expected = {None: set(), "read": {"read"}, "write": {"read", "write"}}[accesses.get(schema)]
                assert own == expected, (part, table)


def test_a_service_is_refused_the_tables_of_orders_and_of_its_siblings(all_rights: dict[str, Rights]) -> None:
    """The same without the list, which a mistake could widen."""
    below = {"reservations": {"events"}, "tickets": {"events"}}
    for service in SERVICES:
        reached = {table.partition(".")[0] for table, found in all_rights[service].items() if found}
        if service == "orders":
            assert reached == {"core", *SERVICES} - {"users"}
        else:
            assert reached == {"core", service} | below.get(service, set())


def test_a_web_server_of_the_api_is_refused_what_its_resources_do_not_call(
    all_rights: dict[str, Rights],
) -> None:
    """The same without the list. Only orders and payments reach all tables of a purchase."""
    services = {one: {table for table in all_rights[one] if table.startswith(f"{one}.")} for one in SERVICES}
    written = {
        service: {
            one
            for one, tables_of_one in services.items()
            if all("write" in all_rights[api_part(service)][table] for table in tables_of_one)
        }
        for service in SERVICES
    }
    purchase = {"orders", "payments", "products", "reservations", "tickets"}
    assert written == {
        "events": set(),
        "products": set(),
        "tickets": {"tickets"},
        "reservations": {"reservations"},
        "orders": purchase,
        "payments": purchase,
        "users": {"users"},
    }
    read = {
        service: {
            one for one in SERVICES if all(all_rights[api_part(service)][table] for table in services[one])
        }
        for service in SERVICES
    }
    assert read["events"] == {"events"}
    assert read["products"] == {"events", "products"}
    assert read["reservations"] == {"events", "reservations"}
    assert read["users"] == {"events", "users"}
    assert read["tickets"] == read["orders"] == read["payments"] == {"events", *purchase}


def test_a_process_of_the_api_reads_no_password_and_makes_nobody_a_manager(owner: str) -> None:
    for service in SERVICES:
        if service == "users":
            continue
        with closing(psycopg2.connect(plain(role_url(owner, api_part(service))))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                assert is_allowed(cursor, "select id, role from users.users")
                for statement in (
                    "select password_hash from users.users",
                    "update users.users set role = 'manager'",
                    "insert into users.users (email, name, password_hash, role) values ('a@b', 'A', '', 'manager')",
                    "update users.devices set revoked_at = null",
                    "select key from users.sessions",
                ):
                    assert not is_allowed(cursor, statement), (service, statement)


def test_the_role_of_the_version_before_works_until_the_roll_out_has_ended(
    app: Flask, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a name of its own: roles belong to the server, and other tests run the command too."""
    make_roles(database)
    monkeypatch.setattr(database_roles, "RETIRED", ("leaving",))
    with as_owner(database) as connection:
        connection.execute(text("drop role if exists bilheteria_leaving"))
        connection.execute(text("create role bilheteria_leaving login"))
        connection.execute(text("grant usage on schema orders to bilheteria_leaving"))
        connection.execute(text("grant select on orders.orders to bilheteria_leaving"))
    leaving = plain(role_url(database, "leaving"))
    assert run(app, "{}", "--keep-rights") == "16 roles, 0 of them new, 0 with a new password\n"
    with closing(psycopg2.connect(leaving)) as connection:
        assert is_allowed(connection.cursor(), "select 1 from orders.orders")
    assert run(app, "{}").splitlines()[1:] == [
        "no process uses bilheteria_leaving any more: it has no rights and cannot sign in"
    ]
    with pytest.raises(psycopg2.OperationalError, match="not permitted to log in"):
        psycopg2.connect(leaving)
    with as_owner(database) as connection:
        connection.execute(text("drop role bilheteria_leaving"))  # nothing depends on it


def test_the_relay_reaches_the_outbox_alone(all_rights: dict[str, Rights]) -> None:
    assert {table for table, found in all_rights["relay"].items() if found} == {"core.outbox"}


def test_no_role_makes_tables_or_changes_their_version(owner: str) -> None:
    for part in PARTS:
        with closing(psycopg2.connect(plain(role_url(owner, part)))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                assert is_allowed(cursor, "select version_num from core.schema_version")
                assert not is_allowed(cursor, "update core.schema_version set version_num = '0'")
                assert not is_allowed(cursor, "create schema planted")
                for schema in ("core", *ladder.accesses(part)):
                    assert not is_allowed(cursor, f"create table {schema}.planted (id integer)")


def test_each_table_of_core_has_its_writers() -> None:
    known = {f"core.{table}" for table in database_roles.CORE_WRITERS} - {"core.schema_version"}
    assert {table for table in tables() if table.startswith("core.")} == known


def test_an_upgrade_adds_rights_and_the_command_takes_away_the_others(owner: str) -> None:
    with as_owner(owner) as connection:
        connection.execute(text("create table tickets.planted (id integer generated always as identity)"))
        connection.execute(text("grant usage on schema orders to bilheteria_tickets"))
        connection.execute(text("grant select on orders.orders to bilheteria_tickets"))
        database_roles.grant(connection)
    assert "read" in rights("tickets", owner)["orders.orders"]
    with closing(psycopg2.connect(plain(role_url(owner, "tickets")))) as of_tickets:
        of_tickets.cursor().execute("insert into tickets.planted default values")
    with as_owner(owner) as connection:
        database_roles.grant(connection, exact=True)
        connection.execute(text("drop table tickets.planted"))
    assert rights("tickets", owner)["orders.orders"] == set()


def test_the_address_of_a_role_is_that_of_the_owner_with_another_user() -> None:
    url = "postgresql://owner:secret@db.example:5433/cinema?sslmode=require"
    assert role_url(url, "orders", "p@ss/word") == (
        "postgresql://bilheteria_orders:p%40ss%2Fword@db.example:5433/cinema?sslmode=require"
    )
    with pytest.raises(ValueError, match="none of"):
        role_url(url, "kiosk")


def run(app: Flask, given: str, *options: str) -> str:
    register(app)
    command = ["database-roles", "create", "--passwords", "-", *options]
    answer = app.test_cli_runner().invoke(args=command, input=io.BytesIO(given.encode()))
    assert isinstance(answer.exception, SystemExit | None), answer.exception
    return answer.output


def test_the_command_sets_passwords_that_the_server_stores_hashed(app: Flask, database: str) -> None:
    make_roles(database)
    said = run(app, json.dumps({"bilheteria_payments": "um segredo longo"}))
    assert said == "16 roles, 0 of them new, 1 with a new password\n"
    with as_owner(database) as connection:
        stored = connection.execute(
            text("select rolpassword from pg_authid where rolname = :name"), {"name": role_name("payments")}
        ).scalar_one()
    assert stored.startswith("SCRAM-SHA-256$")


def test_the_command_reads_passwords_from_the_store_of_secrets(
    app: Flask, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_roles(database)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    monkeypatch.setattr(
        SecretsManager, "read_current", lambda _, name: json.dumps({"password": f"of {name}"})
    )
    answer = app.test_cli_runner().invoke(args=["database-roles", "create", "--secrets", "box/database"])
    assert answer.output == "16 roles, 0 of them new, 16 with a new password\n"
    monkeypatch.setattr(SecretsManager, "read_current", lambda _, name: "no-json")
    answer = app.test_cli_runner().invoke(args=["database-roles", "create", "--secrets", "box/database"])
    assert answer.output == "Error: a secret box/database/… is no JSON with a password\n"


def test_a_role_has_the_time_limits_of_its_processes(app: Flask, database: str, settings: Settings) -> None:
    """Through a proxy a process cannot set them itself."""
    make_roles(database)
    run(app, "{}")
    with as_owner(database) as connection:
        rows = connection.execute(
            text(
                "select r.rolname, s.setconfig from pg_db_role_setting s join pg_roles r on r.oid = s.setrole"
                " join pg_database d on d.oid = s.setdatabase where d.datname = current_database()"
            )
        )
        stored = {name: set(values) for name, values in rows}
    pages = page_limits(settings.database.statement_seconds)
    limits = {
        f"statement_timeout={pages.statement * 1000:.0f}",
        f"lock_timeout={pages.lock * 1000:.0f}",
        f"idle_in_transaction_session_timeout={pages.idle * 1000:.0f}",
    }
    assert stored[role_name("pages")] == stored[role_name("events_api")] == limits
    assert "statement_timeout=10000" in stored[role_name("orders")]
    assert set(stored) == {role_name(part) for part in PARTS}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("um segredo longo", "the passwords are no JSON"),
        ('["um segredo longo"]', "the passwords must be a JSON object"),
        ('{"bilheteria_orders": ""}', "the passwords must be a JSON object"),
        ('{"postgres": "um segredo longo"}', "no role is called postgres"),
    ],
)
def test_wrong_passwords_are_a_one_line_error_that_does_not_repeat_them(
    app: Flask, given: str, error: str
) -> None:
    said = run(app, given)
    assert said.startswith(f"Error: {error}")
    assert "um segredo longo" not in said
