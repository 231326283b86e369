"""The database's roles: one for each process that `make services` starts, with the grants of `core.ladder`.

The roles belong to the database server, not to the database: the command `database-roles create` makes them, with
passwords that no migration knows. Where they do not exist, as on one machine, every process connects as the owner of
the tables. Each run of the migrations grants the roles what they need, tables of later migrations included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, make_url, text

from app.adapters.postgres_limits import WORKER, page_limits
from app.adapters.postgres_passwords import hashed
from app.adapters.psp import sandbox_statements as sandbox_bank
from app.adapters.terminal import sandbox_statements as sandbox_terminal
from app.core import ladder
from app.core.config import PAGES, SERVICES
from app.core.db import SCHEMAS
from app.core.ladder import API_PARTS, RELAY, api_part

PARTS = (*SERVICES, PAGES, *API_PARTS, RELAY)
# Parts of the version before, whose roles no process of this version uses: they work until a roll-out has ended.
RETIRED = ("api",)
_PREFIX = "bilheteria_"
# The sandboxes stand for systems of others, but their tables are in the same database, made at their first use.
_SANDBOXES = {"sandbox_bank": sandbox_bank.TABLES, "sandbox_terminal": sandbox_terminal.TABLES}
_WRITE = "select, insert, update, delete"
# The web servers of the API whose resources change nothing.
_READERS = (api_part("events"), api_part("products"))
_ACTING = tuple(part for part in API_PARTS if part not in _READERS)
# Table of `core` → the parts that write it. All parts may read the version of the tables.
CORE_WRITERS: Mapping[str, tuple[str, ...]] = {
    "outbox": (*SERVICES, PAGES, *_ACTING, RELAY),
    "processed": SERVICES,
    "throttle": (*SERVICES, PAGES, *API_PARTS),
    "idempotency_keys": (*SERVICES, *_ACTING),
    "erasures": SERVICES,
    "schema_version": (),
}
# A row lock of any strength needs the right to change a column. Foreign keys refuse changes of this one.
_LOCKED_BY_READERS = {"events": ("screenings", "id")}
# By which a process of the API knows its caller: a device, a partner, or a person, whose first token makes an account
# or takes over one whose e-mail nobody has verified. It reads no hash of a password, and gives no role.
_CALLERS = (
    "select on {schema}.devices",
    "select on {schema}.partners",
    "select (id, email, name, role, locale, verified_at) on {schema}.users",
    "insert (email, name, password_hash, locale, verified_at) on {schema}.users",
    "update (password_hash, verified_at) on {schema}.users",
    "usage on sequence {schema}.users_id_seq",
    "select, insert on {schema}.external_subjects",
    "select (user_id), delete on {schema}.sessions",
    "select (user_id, purpose), delete on {schema}.email_tokens",
)
# Two grants of one table at a time would fail.
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('bilheteria.roles'))")
# The server may have other databases, in which the same roles are made at this moment.
_CREATE_ROLE = """
    do $$ begin create role {role} login; exception when duplicate_object or unique_violation then null; end $$
"""


def role_name(part: str) -> str:
    """The role of a process of `part`: a service (its worker), `ladder.api_part` of one (REST), "pages", or "relay"."""
    if part not in (*PARTS, *RETIRED):
        raise ValueError(f"{part!r} is none of {', '.join(PARTS)}")
    return f"{_PREFIX}{part}"


def role_url(url: str, part: str, password: str | None = None) -> str:
    """The database URL of the role of `part`, made from the owner's `url`: the same database, another user.

    `part` as in `role_name`. Without a password the server must trust the user, as the embedded one does on its socket.
    """
    changed = make_url(url)._replace(username=role_name(part), password=password)
    return changed.render_as_string(hide_password=False)


def existing_parts(connection: Connection) -> list[str]:
    """The parts whose roles exist on the server."""
    names = connection.execute(text("select rolname from pg_roles where rolname like 'bilheteria\\_%'"))
    found = set(names.scalars())
    return [part for part in PARTS if role_name(part) in found]


def create(connection: Connection, passwords: Mapping[str, str]) -> int:
    """Make the roles that do not exist, and set `passwords` (role name → password); returns how many are new.

    Roles may sign in, and have no password until one is given. The server gets its hash, so that no log shows it.
    """
    connection.execute(_ONE_AT_A_TIME)
    missing = [part for part in PARTS if part not in existing_parts(connection)]
    for part in missing:
        connection.execute(text(_CREATE_ROLE.format(role=role_name(part))))
    for name, password in passwords.items():
        secret = hashed(password, name, connection.connection.driver_connection)
        connection.exec_driver_sql(f"alter role {name} password '{secret}'")
    return len(missing)


def retire(connection: Connection) -> list[str]:
    """Take all rights and the sign-in from the roles of the version before; returns their names.

    A role stays on the server, since other databases may name it.
    """
    connection.execute(_ONE_AT_A_TIME)
    known = _schemas(connection)
    found = text("select rolname from pg_roles where rolname = any(:names) and rolcanlogin order by rolname")
    names = connection.execute(found, {"names": [role_name(part) for part in RETIRED]}).scalars().all()
    for role in names:
        for statement in (*_revokes(role, known), f"alter role {role} nologin"):
            connection.execute(text(statement))
    return list(names)


def set_limits(connection: Connection, page_seconds: float) -> None:
    """Give each role that exists the time limits of its processes in this database.

    A process sets them itself when it connects (`adapters.postgres_limits`), but not through a proxy. `page_seconds`:
    the limit of a statement of a page.
    """
    database = connection.execute(text("select quote_ident(current_database())")).scalar_one()
    for part in existing_parts(connection):
        limits = page_limits(page_seconds) if part in ladder.FRONT_ENDS else WORKER
        values = {
            "statement_timeout": limits.statement,
            "lock_timeout": limits.lock,
            "idle_in_transaction_session_timeout": limits.idle,
        }
        for name, seconds in values.items():
            change = f"set {name} = {round(seconds * 1000)}"
            connection.exec_driver_sql(f"alter role {role_name(part)} in database {database} {change}")


def grant(connection: Connection, *, exact: bool = False, sandbox: bool = True) -> list[str]:
    """Grant each role that exists what it needs, in the caller's transaction; returns the parts of these roles.

    Migrations only add rights: in a roll-out the previous version runs under the same roles. `exact` also takes away
    all others. `sandbox`: make the sandboxes' tables first, because the roles may not make tables.
    """
    parts = existing_parts(connection)
    if not parts:
        return []
    connection.execute(_ONE_AT_A_TIME)
    if sandbox:
        for statement in (one for tables in _SANDBOXES.values() for one in tables):
            connection.execute(text(statement))
    known = _schemas(connection)
    for part in parts:
        revoked = _revokes(role_name(part), known) if exact else ()
        for statement in (*revoked, *_grants(part, known)):
            connection.execute(text(statement))
    return parts


def _schemas(connection: Connection) -> set[str]:
    return set(connection.execute(text("select nspname from pg_namespace")).scalars())


def _revokes(role: str, known: set[str]) -> Iterator[str]:
    for schema in known.intersection((*SCHEMAS, *_SANDBOXES)):
        yield f"revoke all on all tables in schema {schema} from {role}"
        yield f"revoke all on all sequences in schema {schema} from {role}"
        yield f"revoke all on schema {schema} from {role}"


def _grants(part: str, known: set[str]) -> Iterator[str]:
    role = role_name(part)
    yield f"grant usage on schema core to {role}"
    yield f"grant select on core.schema_version to {role}"
    for table, writers in CORE_WRITERS.items():
        if part in writers:
            yield f"grant {_WRITE} on core.{table} to {role}"
    accesses = ladder.accesses(part)
    for schema, access in accesses.items():
        yield from _grants_in(schema, access, role)
    if accesses.get("payments") == "write":
        for schema in known.intersection(_SANDBOXES):
            yield from _grants_in(schema, "write", role)


def _grants_in(schema: str, access: ladder.Access, role: str) -> Iterator[str]:
    yield f"grant usage on schema {schema} to {role}"
    if access == "callers":
        for right in _CALLERS:
            yield f"grant {right.format(schema=schema)} to {role}"
    elif access == "read":
        yield f"grant select on all tables in schema {schema} to {role}"
        if schema in _LOCKED_BY_READERS:
            table, column = _LOCKED_BY_READERS[schema]
            yield f"grant update ({column}) on {schema}.{table} to {role}"
    else:
        yield f"grant {_WRITE} on all tables in schema {schema} to {role}"
        yield f"grant usage, select on all sequences in schema {schema} to {role}"
