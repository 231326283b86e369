"""The database: one engine, one Base, and the only place that commits.

Services never open or commit a transaction: they call `session()`. It is the session of the transaction that a front
end, REST, a handler or a command has opened, or of the request's reading scope. So a call to a lower service joins its
caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from psycopg2.errors import ReadOnlySqlTransaction
from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    ExceptionContext,
    MetaData,
    NullPool,
    TextClause,
    create_engine,
    event,
    text,
)
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, sessionmaker

from app.adapters import postgres_limits
from app.adapters.postgres_limits import COMMANDS, MIGRATIONS, LimitedConnection, Limits, NoAnswer, Outage
from app.adapters.postgres_sign_in import SignIn
from app.adapters.postgres_transactions import TransactionConnection
from app.core.connection_modes import READING, switch_modes_without_statements
from app.core.connection_pool import FairPool

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

SCHEMAS = ("core", "events", "products", "users", "payments", "tickets", "reservations", "orders")


class Base(DeclarativeBase):
    """Base of all tables; each service names its own Postgres schema in `__table_args__`."""

    metadata = MetaData(naming_convention=NAMING)


class NoTransaction(RuntimeError):
    """A service was called outside of a transaction and outside of a reading scope."""


class WriteWhileReading(RuntimeError):
    """A reading scope was asked to write: the caller did not open a `transaction()`.

    The session refuses writes of the ORM, and the database refuses all others.
    """


_engine: Engine | None = None
_reading_engine: Engine | None = None
_autocommit_engine: Engine | None = None
_limits: Limits = COMMANDS
_direct_url: str | None = None  # of the server, if the engines connect to a proxy
sign_in = SignIn()  # of all new connections; `core.secrets_refresh` changes it
_when_connected: list[Callable[[], None]] = []
_writing: ContextVar[Session | None] = ContextVar("writing", default=None)
_reading: ContextVar[Session | None] = ContextVar("reading", default=None)
_Session = sessionmaker(expire_on_commit=False, autoflush=True)


class _PooledConnection(TransactionConnection, LimitedConnection):
    """A connection with time limits whose transactions begin with their first statement."""


class _ReadingSession(Session):
    """A session on autocommit connections: each select stands alone and costs no BEGIN and no ROLLBACK."""


def _refuse_writes(*_: object) -> None:
    raise WriteWhileReading("open core.db.transaction() to write")


def _refuse_write_statements(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        _refuse_writes()


event.listen(_ReadingSession, "before_flush", _refuse_writes)
event.listen(_ReadingSession, "do_orm_execute", _refuse_write_statements)


def connect(url: str, *, direct_url: str | None = None, limits: Limits = COMMANDS, **options: Any) -> Engine:
    """Make the process's engines; called once at start (and again by tests). `limits` apply to every statement.

    `direct_url`: the database server without user and password, if `url` is a proxy that shares connections.
    """
    global _engine, _reading_engine, _autocommit_engine, _limits, _direct_url
    _limits, _direct_url = limits, direct_url
    sign_in.forget()
    for old in (_engine, _autocommit_engine):
        if old is not None:
            old.dispose()
    # Queue for a connection in the pool: more parallel transactions only contend for locks.
    options = {"pool_size": 8, "max_overflow": 0, "pool_pre_ping": False, "pool_use_lifo": True} | options
    outage = Outage(limits.connect)
    _engine = _make_engine(url, limits, outage, read_only=True, **options)
    autocommit = {"pool_size": 2, "isolation_level": "AUTOCOMMIT"}
    _autocommit_engine = _make_engine(url, limits, outage, **options | autocommit)
    switch_modes_without_statements(_engine)
    _reading_engine = _engine.execution_options(isolation_level=READING)
    for hook in _when_connected:
        hook()
    return _engine


def when_connected(hook: Callable[[], None]) -> None:
    """Run `hook` each time that the process connects to a database: data read from another one is void."""
    _when_connected.append(hook)


def _make_engine(
    url: str, limits: Limits, outage: Outage, *, read_only: bool = False, **options: Any
) -> Engine:
    """An engine whose connections have `limits`; a connection that does not answer in time is closed."""
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg2://", 1)
    arguments = postgres_limits.connect_args(
        url, limits, read_only=read_only, through_proxy=_direct_url is not None
    )
    if read_only:
        arguments["connection_factory"] = partial(_PooledConnection, limits=limits)
    for name, value in options.pop("connect_args", {}).items():
        arguments[name] = f"{arguments.get(name, '')} {value}" if name == "options" else value
    # A logged error contains the statement, never its values: they may be a name, a CPF or an order's token.
    options = {"hide_parameters": True, "connect_args": arguments} | options
    if options.get("poolclass") is not NullPool:
        options = {"poolclass": FairPool, "pool_timeout": limits.pool} | options
    made = create_engine(url, **options)

    def open_connection(dialect: Dialect, _record: Any, args: Any, kwargs: Any) -> Any:
        return outage.connect(
            lambda: sign_in.connect(lambda replaced: dialect.connect(*args, **{**kwargs, **replaced}))
        )

    def record_failure(context: ExceptionContext) -> None:
        if isinstance(context.original_exception, NoAnswer):
            outage.begin()
        if isinstance(context.original_exception, ReadOnlySqlTransaction):
            raise WriteWhileReading("open core.db.transaction() to write") from context.original_exception

    event.listen(made, "do_connect", open_connection)
    event.listen(made, "handle_error", record_failure)
    return made


def migration_engine() -> Engine:
    """An engine for migrations on the process's database: it may write, and its time limits are long."""
    return _make_engine(url(), MIGRATIONS, Outage(MIGRATIONS.connect), poolclass=NullPool)


def engine() -> Engine:
    if _engine is None:
        raise NoTransaction("core.db.connect() was not called")
    return _engine


def engines() -> list[Engine]:
    """The process's engines; both forms of the main one share its pool."""
    return [one for one in (_engine, _autocommit_engine) if one is not None]


def url() -> str:
    """The URL of the process's database, with the user and password that new connections use."""
    return sign_in.url(engine().url.render_as_string(hide_password=False))


def direct_url() -> str:
    """The URL of the database server itself, for what a proxy cannot carry: LISTEN, and locks of a session."""
    if _direct_url is None:
        return url()
    user = urlsplit(url()).netloc.rpartition("@")[0]
    parts = urlsplit(_direct_url)
    return parts._replace(netloc=f"{user}@{parts.netloc}" if user else parts.netloc).geturl()


def shares_connections() -> bool:
    """Whether a proxy gives each transaction another connection: nothing may be left on one, such as a prepared
    statement."""
    return _direct_url is not None


def limits() -> Limits:
    """The limits that this process's connections have."""
    return _limits


def drop_inherited_connections() -> None:
    """Drop the parent's connections without closing them on the server; called in a process that was just forked."""
    for inherited in (_engine, _autocommit_engine):
        if inherited is not None:
            inherited.dispose(close=False)


def autocommit_connection() -> Connection:
    """A connection that commits each statement at once: its writes stay when the caller's transaction rolls back.

    It comes from a small pool of its own: callers that hold a connection of the main pool must not wait there for a
    second one.
    """
    engine()
    assert _autocommit_engine is not None
    return _autocommit_engine.connect()


def session() -> Session:
    """The session of the open transaction or reading scope. Raises NoTransaction when none is open."""
    current = _writing.get() or _reading.get()
    if current is None:
        raise NoTransaction("open core.db.transaction() or core.db.reading() first")
    return current


def in_transaction() -> bool:
    return _writing.get() is not None


def after_lock(lock: str, statement: str) -> TextClause:
    """The statements `lock` and `statement` in one round trip; the result is that of `statement`.

    In read committed `statement` has its own snapshot, taken after `lock` has waited for other transactions. psycopg2
    sends two statements as one text; psycopg 3 would refuse it.
    """
    return text(f"{lock.strip()};\n{statement}" if lock.strip() else statement)


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a transaction, commit it at the end, roll it back on an exception. Inside another one it joins that one."""
    outer = _writing.get()
    if outer is not None:
        yield outer
        return
    release_connection()
    current = _Session(bind=engine())
    token = _writing.set(current)
    try:
        yield current
        current.commit()
    except BaseException:
        current.rollback()
        raise
    finally:
        _writing.reset(token)
        current.close()
    for hook in current.info.get("after_commit", []):
        hook()


def release_connection() -> None:
    """Return the reading scope's connection to the pool; the scope's next query takes one again.

    Call this before waiting for another connection: requests that each hold one connection and wait for a second one
    would wait for each other.
    """
    current = _reading.get()
    if current is not None:
        current.close()


def after_commit(hook: Callable[[], None]) -> None:
    """Run `hook` after the commit of the current transaction, never after a rollback.

    For hints, such as waking a thread: a crash between commit and hook loses the hook.
    """
    session().info.setdefault("after_commit", []).append(hook)


@contextmanager
def reading() -> Iterator[Session]:
    """A scope that only reads; it takes a connection at its first query. Inside a transaction it joins that one."""
    outer = _writing.get() or _reading.get()
    if outer is not None:
        yield outer
        return
    engine()
    current = _ReadingSession(bind=_reading_engine, expire_on_commit=False, autoflush=False)
    token = _reading.set(current)
    try:
        yield current
    finally:
        _reading.reset(token)
        current.close()
