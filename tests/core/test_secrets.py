"""Settings from Secrets Manager: read at the start, and read again while the process runs."""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import boto3
import psycopg2
import pytest
from flask import Flask
from psycopg2.extensions import parse_dsn
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from app.adapters import secrets_manager
from app.adapters.postgres_limits import COMMANDS, open_connection
from app.core import config, db, json_logs, secrets_refresh
from app.core.config import BadSetting, Settings, environment
from app.core.secrets_refresh import Refresher
from app.tickets import signing_keys
from tests.aws_server import credentials, endpoint

DATABASE = "postgresql://ana:p%40ss@db.example:5433/bilheteria"


class Store:
    """Secrets on the stand-in server, named by the variables that they are the values of."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        self.prefix = f"test-{uuid.uuid4().hex[:12]}"
        self.client: Any = boto3.client("secretsmanager", region_name="us-east-1", endpoint_url=endpoint())

    def put(self, variable: str, value: str) -> None:
        name = f"{self.prefix}/{variable}"
        try:
            self.client.put_secret_value(SecretId=name, SecretString=value)
        except self.client.exceptions.ResourceNotFoundException:
            self.client.create_secret(Name=name, SecretString=value)
        self.patch.setenv(f"{variable}_SECRET", name)


@pytest.fixture
def store(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with credentials():
        monkeypatch.setenv("BILHETERIA_SECRETS", f"secretsmanager:?region=us-east-1&endpoint={endpoint()}")
        yield Store(monkeypatch)
    environment.stored.clear()


def test_the_start_reads_the_secrets_that_the_settings_name(store: Store) -> None:
    rds = {"username": "ana", "password": "p@ss", "host": "db.example", "port": 5433, "dbname": "bilheteria"}
    store.put("DATABASE_URL", json.dumps(rds))
    store.put("SECRET_KEY", "first")
    store.put("BILHETERIA_MAIL", "smtp://ana:secret@mail.example\n")
    read = Settings.from_env()
    assert read.database.url == DATABASE
    assert read.web.accepted_keys == ["first"]
    assert read.mail.url == "smtp://ana:secret@mail.example"
    store.put("DATABASE_URL", DATABASE)
    assert Settings.from_env().database.url == DATABASE


def test_a_secret_with_a_password_alone_completes_the_url(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("DATABASE_URL", json.dumps({"username": "ana", "password": "p@ss"}))
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example:5433/bilheteria")
    assert Settings.from_env().database.url == DATABASE
    store.put("DATABASE_URL", json.dumps({"username": "ana", "password": "p@ss", "host": "behind.the.proxy"}))
    assert Settings.from_env().database.url == DATABASE
    store.put("DATABASE_URL", json.dumps({"username": "ana", "password": "p@ss"}))
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(BadSetting, match="the secret has no host"):
        Settings.from_env()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("DATABASE_URL", '{"password": "hidden-1"}', "no username and password"),
        ("DATABASE_URL", "mysql://ana:hidden-1@db.example/x", "a database is postgresql://"),
        ("BILHETERIA_MAIL", "hidden-1", "BILHETERIA_MAIL: mail goes to"),
        ("SECRET_KEY", " ", "is empty"),
    ],
)
def test_a_wrong_secret_is_told_without_its_value(store: Store, variable: str, value: str, said: str) -> None:
    store.put(variable, value)
    with pytest.raises(BadSetting, match=said) as failed:
        Settings.from_env()
    assert "hidden-1" not in str(failed.value)


def test_a_variable_and_its_secret_are_not_both_set(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("SECRET_KEY", "first")
    monkeypatch.setenv("SECRET_KEY", "other")
    with pytest.raises(BadSetting, match="set SECRET_KEY or SECRET_KEY_SECRET, not both"):
        Settings.from_env()


def test_the_start_names_an_unknown_secret(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY_SECRET", "nowhere")
    with pytest.raises(BadSetting, match=r"nowhere: .*ResourceNotFoundException"):
        Settings.from_env()


def test_the_start_ends_when_the_store_does_not_answer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two attempts, each with a time limit."""
    monkeypatch.setattr(secrets_manager, "READ_SECONDS", 0.2)
    monkeypatch.setenv("SECRET_KEY_SECRET", "bilheteria/key")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("BILHETERIA_SECRETS", f"secretsmanager:?region=us-east-1&endpoint={address}")
        with pytest.raises(BadSetting, match=r"secrets: bilheteria/key: .*[Tt]imeout"):
            Settings.from_env()


def aged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make all secrets look an hour old."""
    now = time.time
    monkeypatch.setattr(secrets_manager, "clock", lambda: now() + 3600)


def test_a_new_secret_key_signs_when_all_processes_know_it(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("SECRET_KEY", "first")
    config.use(Settings.from_env().changed(process={"testing": True}))
    store.put("SECRET_KEY", "second")
    assert config.read_secrets_again() == {"SECRET_KEY_PREVIOUS"}
    assert config.settings().web.accepted_keys == ["second", "first"], "it is accepted, and does not sign"
    aged(monkeypatch)
    assert config.read_secrets_again() == {"SECRET_KEY", "SECRET_KEY_PREVIOUS"}
    assert config.settings().web.accepted_keys == ["first", "second"]
    assert config.read_secrets_again() == set()


def test_sessions_and_forms_of_the_previous_key_stay_valid(
    app: Flask, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged(monkeypatch)
    store.put("SECRET_KEY", settings.web.secret_key)
    config.read_secrets_again()
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/orders/find").text)
    assert token is not None
    try:
        store.put("SECRET_KEY", "second")
        assert config.read_secrets_again() == {"SECRET_KEY", "SECRET_KEY_PREVIOUS"}
        form = {"csrf_token": token[1], "code": "", "email": ""}
        answer = client.post("/orders/find", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        assert "csrf" not in answer.text.split("<form")[0].lower()
        with client.session_transaction() as session:
            assert session, "the session of the previous key was read"
        config.use(config.settings().changed(web={"previous_secret_key": ""}))
        for hook in config._when_changed:
            hook(config.settings())
        with client.session_transaction() as session:
            assert not session, "control: without the previous key it is not"
    finally:
        for hook in config._when_changed:
            hook(settings)


def test_ticket_keys_are_sealed_again_with_the_new_secret_key(database: str, settings: Settings) -> None:
    with db.transaction():
        first = signing_keys.ensure()
    changed = {"secret_key": "second", "previous_secret_key": settings.web.secret_key}
    config.use(settings.changed(web=changed))
    with db.transaction():
        found = signing_keys.newest()
        assert found is not None
        assert found.kid == first.kid
        assert (signing_keys.seal_again(), signing_keys.seal_again()) == (1, 0)
    config.use(settings.changed(web={"secret_key": "second"}))
    with db.reading():
        found = signing_keys.newest()
    assert found is not None
    assert found.public_bytes == first.public_bytes


@contextmanager
def role_with_password(url: str) -> Iterator[tuple[str, Callable[[str], None]]]:
    """A role of Postgres that has to give its password; a function sets another one."""
    role = f"rotating_{uuid.uuid4().hex[:8]}"
    connection = open_connection(url, COMMANDS)
    connection.autocommit = True
    cursor = connection.cursor()

    def set_password(password: str) -> None:
        cursor.execute(f"alter role {role} password %s", (password,))

    cursor.execute(f"create role {role} login in role {parse_dsn(url)['user']}")
    cursor.execute("show hba_file")
    (path,) = cursor.fetchone() or ("",)
    with open(path, "r+") as file:
        before = file.read()
        file.seek(0)
        file.write(f"local all {role} scram-sha-256\nhost all {role} all scram-sha-256\n{before}")
    cursor.execute("select pg_reload_conf()")
    try:
        yield role, set_password
    finally:
        cursor.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", (role,))
        cursor.execute(f"drop role {role}")
        connection.close()


@pytest.fixture
def rotating(database: str, store: Store, settings: Settings) -> Iterator[Callable[[str], None]]:
    """`core.db` signs in as a role whose password is a secret. The function changes it in Postgres alone."""
    with role_with_password(database) as (role, set_password):

        def url(password: str) -> str:
            return make_url(database).set(username=role, password=password).render_as_string(False)

        set_password("one")
        store.put("DATABASE_URL", url("one"))
        config.use(Settings.from_env().changed(secrets={"refresh_seconds": 3600}))
        db.connect(config.settings().database.url or "", pool_size=4)
        refresher = Refresher()
        refresher.start()

        def rotate(password: str, *, stored: bool = True) -> None:
            set_password(password)
            if stored:
                store.put("DATABASE_URL", url(password))

        yield rotate
        refresher.stop()
        db.connect(database, pool_size=settings.database.pool_size)


def who() -> str:
    with db.reading() as session:
        return str(session.execute(text("select current_user")).scalar_one())


def test_a_rotated_database_password_is_taken_at_the_next_sign_in(
    rotating: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    """No thread sees an error while the password changes and all connections are made again."""
    caplog.set_level(logging.DEBUG)
    for name in json_logs.VERBOSE:
        caplog.set_level(logging.WARNING, name)
    assert who().startswith("rotating_")
    failures: list[Exception] = []
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                who()
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    rotating("hidden-2")
    db.engine().dispose()
    for _ in range(20):
        who()
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert "hidden-2" not in caplog.text
    with closing(psycopg2.connect(db.url().replace("+psycopg2", ""))):
        pass  # LISTEN connects like this, and has the new password too


def test_the_log_of_the_aws_libraries_has_no_answers() -> None:
    """At the level debug botocore logs each answer whole."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        json_logs.log_as_json(logging.DEBUG)
        assert not logging.getLogger("botocore.parsers").isEnabledFor(logging.DEBUG)
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])


def test_without_the_renewal_the_sign_in_fails(rotating: Callable[..., None]) -> None:
    """The control of the test above."""
    db.sign_in.renew = None
    rotating("two")
    db.engine().dispose()
    with pytest.raises(OperationalError, match="authentication failed"):
        who()


def test_refused_sign_ins_read_the_store_rarely(
    rotating: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password in the store is wrong: callers fail at once, and do not ask the store each time."""
    monkeypatch.setattr(secrets_refresh, "PAUSE_SECONDS", 3600.0)
    readings: list[int] = []
    read_again = config.read_secrets_again

    def counted() -> set[str]:
        readings.append(1)
        return read_again()

    monkeypatch.setattr(config, "read_secrets_again", counted)
    rotating("two", stored=False)
    db.engine().dispose()
    for _ in range(5):
        with pytest.raises(OperationalError):
            who()
    assert len(readings) == 1


def test_the_secrets_are_read_in_periods(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("BILHETERIA_MAIL", "smtp://one.example")
    config.use(Settings.from_env())
    quick = config.settings().secrets.model_copy(update={"refresh_seconds": 0.05})
    config.use(config.settings().model_copy(update={"secrets": quick}))
    refresher = Refresher()
    refresher.start()
    try:
        store.put("BILHETERIA_MAIL", "smtp://two.example")
        until = time.monotonic() + 60
        while config.settings().mail.url != "smtp://two.example":
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        refresher.stop()
