"""Every command of `flask --app wsgi` works, and prints its errors in one line without a traceback."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import text

from app.adapters import postgres
from app.cli import register
from app.core import config, db, outbox, worker
from app.core.config import Settings
from app.core.errors import Poison
from app.core.handling import Attempt
from app.core.messages import ScreeningCancelled, SeatsFreed
from app.tickets import signing_keys
from tests.databases import Databases

ROOT = Path(__file__).resolve().parents[2]
TESTED_ELSEWHERE = {
    "db": "test_migrations.py",
    "serve": "test_serve.py",
    "worker": "test_serve.py",
    "prepare": "test_migrations.py",
    "users": "cli/test_personal_data.py",
    "relay": "cli/test_relay.py",
    "queues": "cli/test_relay.py",
    "database-roles": "core/test_database_roles.py",
}
ACCOUNT = ("make-account", "rosa@example.org", "--name", "Rosa", "--password", "uma frase comprida")
PROGRAMME = {
    "cinemas": [{"slug": "matriz", "name": "Matriz", "timezone": "America/Recife"}],
    "rooms": [{"cinema": "matriz", "label": "1", "name": "Sala", "stock": "blue", "plan": "sala.txt"}],
    "films": [
        {"slug": "limite", "title": "Limite", "year": 1931, "duration_minutes": 120, "age_rating": "14"}
    ],
    "screenings": [
        {
            "ref": "d1-1",
            "film": "limite",
            "cinema": "matriz",
            "room": "1",
            "starts": "2090-12-01T18:00",
            "version": "original",
            "price_list": "all",
        }
    ],
    "prices": [{"price_list": "all", "zone": "standard", "price": 30}],
}


@pytest.fixture
def cli(app: Flask) -> FlaskCliRunner:
    """A runner for the commands in this process."""
    register(app)
    signing_keys.clear_cache()
    return app.test_cli_runner()


@pytest.fixture
def programme(tmp_path: Path) -> Path:
    (tmp_path / "sala.txt").write_text("A ssssss\n")
    path = tmp_path / "programme.json"
    path.write_text(json.dumps(PROGRAMME))
    return path


def flask(url: str, *words: str, **settings: str) -> str:
    """Run `flask --app wsgi …` in a new process; returns the output of both streams."""
    env = os.environ | {"DATABASE_URL": url, "SECRET_KEY": "tests-secret-key"} | settings
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words], cwd=ROOT, env=env, capture_output=True,
        text=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def one(statement: str) -> object:
    with db.reading() as session:
        return session.execute(text(statement)).scalar_one()


def test_as_an_operator_types_them(database: str, cli: FlaskCliRunner, programme: Path) -> None:
    """A programme twice, its screening called off, a key, an account, and what the worker gave up on."""
    assert "screenings: 1 added" in flask(database, "import-programme", str(programme))
    again = cli.invoke(args=["import-programme", str(programme)]).output
    assert "screenings: 0 added, 0 changed, 1 unchanged" in again
    cancel = ("cancel-screening", str(one("select id from events.screenings")), "--reason")
    assert "Called off: Limite, Matriz, Sala, 2090-12-01 18:00 (America/Recife)" in flask(
        database, *cancel, "x"
    )
    again = cli.invoke(args=[*cancel, "y"]).output
    assert (
        "It was called off already, and nothing is changed: Limite, Matriz, Sala, 2090-12-01 18:00" in again
    )
    assert "'x'" in again
    assert one("select status from events.screenings") == "cancelled"
    assert one("select count(*) from core.outbox where kind = 'ScreeningCancelled'")
    signing_keys.clear_cache()
    assert "key 1 from now on" in flask(database, "rotate-ticket-key")
    assert "key 2 from now on" in flask(database, "rotate-ticket-key", "--retire")
    assert "rosa@example.org is door" in flask(database, *ACCOUNT)
    set_role = cli.invoke(args=["set-role", "rosa@example.org", "manager"])
    assert "rosa@example.org is manager" in set_role.output
    assert "0 dead letters" in flask(database, "dead-letters")


def test_the_demo_twice(database: str, cli: FlaskCliRunner) -> None:
    assert not re.search(r"\b0 screenings", flask(database, "demo"))
    before = one("select count(*) from reservations.seat_claims")
    assert before
    assert "0 screenings and 0 sold seats added" in cli.invoke(args=["demo"]).output
    assert one("select count(*) from reservations.seat_claims") == before


def test_dead_letters_are_listed_and_put_back(cli: FlaskCliRunner) -> None:
    """Put one of three back by its id, then the others; the worker handles them all."""
    with db.transaction():
        ids = [str(outbox.publish(SeatsFreed(screening_id=number))) for number in (1, 2)]
        ids.append(str(outbox.publish(ScreeningCancelled(screening_id=3, reason="no light"))))

    def refuse(message: object, attempt: Attempt) -> None:
        raise Poison("no such screening")

    seen: list[str] = []
    everything = [
        ("reservations", SeatsFreed),
        ("orders", ScreeningCancelled),
        ("reservations", ScreeningCancelled),
    ]
    worker.drain(dict.fromkeys(everything, refuse))
    listed = cli.invoke(args=["dead-letters"]).output
    assert "4 dead letters" in listed
    assert len(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", listed)) == 4
    assert all(message_id in listed for message_id in ids)
    assert listed.count("no such screening") == 4
    assert listed.count("ScreeningCancelled") == 2

    assert cli.invoke(args=["dead-letters", "list"]).output == listed
    shown = cli.invoke(args=["dead-letters", "show", ids[2]]).output
    assert shown.count('"reason": "no light"') == 2, "each consumer has a dead letter"
    assert shown.count(ids[2]) == 2

    assert "1 put back" in cli.invoke(args=["dead-letters", "put-back", ids[1]]).output
    done = dict.fromkeys(everything, lambda message, attempt: seen.append(attempt.message_id))
    assert worker.drain(done) == 1
    assert seen == [ids[1]]
    assert "3 dead letters" in cli.invoke(args=["dead-letters"]).output
    assert "3 put back" in cli.invoke(args=["dead-letters", "put-back"]).output
    assert worker.drain(done) == 3
    assert sorted(seen) == sorted([*ids, ids[2]])
    assert "0 dead letters" in cli.invoke(args=["dead-letters"]).output


REFUSED = [
    ("dead-letters put-back nonsense", "'nonsense' is not a valid UUID"),
    ("dead-letters put-back 00000000-0000-0000-0000-000000000000", "there is no such dead letter"),
    ("dead-letters show", "Missing argument 'MESSAGE_ID'"),
    ("dead-letters show 00000000-0000-0000-0000-000000000000", "there is no such dead letter"),
    ("import-programme", "Missing argument 'FILES...'"),
    ("import-programme /nowhere.csv", "1 problem; nothing was written."),
    ("import-programme README.md", "1 problem; nothing was written."),
    ("cancel-screening", "Missing argument 'SCREENING_ID'"),
    ("cancel-screening one --reason x", "'one' is not a valid integer"),
    ("cancel-screening 1", "Missing option '--reason'"),
    ("cancel-screening 0 --reason x", "there is no screening 0"),
    ("cancel-screening 99999999999999999999 --reason x", "there is no screening 99999999999999999999"),
    ("make-account", "Missing argument 'EMAIL'"),
    ("make-account rosa@example.org --password 12345678", "Missing option '--name'"),
    ("make-account rosa --name Rosa --password 12345678", "that is not an e-mail address"),
    ("make-account rosa@example.org --name Rosa --password 123", "the password is shorter than 8 letters"),
    ("make-account rosa@example.org --name Rosa --password 12345678 --role king", "'king' is not one of"),
    ("make-account rosa@example.org --name Rosa", "Aborted!"),
    ("set-role", "Missing argument 'EMAIL'"),
    ("set-role rosa@example.org", "manager"),  # the last one of the valid roles in the message
    ("set-role rosa@example.org king", "'king' is not one of"),
    ("set-role nobody@example.org door", "no account has the e-mail nobody@example.org"),
    ("reset-second-factor nobody@example.org", "no account with a second factor has the e-mail"),
    ("users export", "Missing argument 'EMAIL'"),
    ("users export ana@", "that is not an e-mail address"),
    ("users erase ana@ --yes", "that is not an e-mail address"),
    ("partners add movies --scope x", "Missing option '--name'"),
    ("partners add movies --name Movies --scope x", "there is no such scope; docs/api.md lists them"),
    ("partners add movies --name Movies --cinema x", "there is no cinema x"),
    ("partners add movies --name Movies --limit 0", "the limit is from 1 to 100000 requests a minute"),
    ("partners add é --name Movies", "a client id has 1 to 128 letters of ASCII, without blanks"),
    ("partners show nobody", "no partner has the client id nobody"),
    ("partners block nobody", "no partner has the client id nobody"),
    ("webhooks add nobody https://hooks.example.org/", "there is no such partner"),
    ("webhooks show 00000000-0000-0000-0000-000000000000", "there is no such webhook"),
    ("webhooks pause x", "'x' is not a valid UUID"),
    ("webhooks replay 00000000-0000-0000-0000-000000000000", "give --delivery, or --since and --until"),
    ("make-door-device matriz --account a@example.org", "Missing option '--gate'"),
    ("make-door-device nowhere --gate 1 --account a@example.org", "there is no cinema nowhere"),
    ("rotate-ticket-key now", "unexpected extra argument"),
    ("demo now", "unexpected extra argument"),
    ("refunds retry nonsense", "'nonsense' is not a valid UUID"),
    ("refunds retry 00000000-0000-0000-0000-000000000000", "there is no such refund"),
    ("backup", "Missing argument 'FILE'"),
    ("backup /dev/null/x.dump", "/dev/null/x.dump cannot be written: Not a directory"),
    ("restore /nowhere.dump", "there is no file /nowhere.dump"),
    ("storage create", "set BILHETERIA_STORAGE=s3://…; a folder needs no bucket"),
    ("restore README.md", "the database is not empty; a backup is read into a new one"),
]


@pytest.mark.parametrize(("line", "said"), REFUSED, ids=[line for line, _ in REFUSED])
def test_an_error_is_one_clear_line(cli: FlaskCliRunner, line: str, said: str) -> None:
    answer = cli.invoke(args=line.split(), input="")
    assert_refused(answer, said)


def assert_refused(answer: Result, said: str) -> None:
    assert answer.exit_code in (1, 2), answer.output
    assert isinstance(answer.exception, SystemExit), "the command printed a traceback"
    assert said in answer.output.strip().splitlines()[-1]


def test_every_command_has_a_test(app: Flask) -> None:
    register(app)
    names = {name for name, command in app.cli.commands.items() if isinstance(command, click.Command)}
    tried = {line.split()[0] for line, _ in REFUSED} | set(TESTED_ELSEWHERE)
    assert names == tried


def without_database_url(settings: Settings, var: Path) -> None:
    config.use(settings.changed(database={"url": None}, storage={"var": var}))


def test_without_a_database_url_the_embedded_postgres_is_used(
    cli: FlaskCliRunner, settings: Settings, database: str, tmp_path: Path
) -> None:
    server = postgres.start(tmp_path / "var" / "postgres", {"fsync": "off"})
    try:
        without_database_url(settings, tmp_path / "var")
        assert_refused(cli.invoke(args=["dead-letters"]), "has no tables yet: run `flask --app wsgi prepare`")
        own = {"DATABASE_URL": "", "BILHETERIA_VAR": str(tmp_path / "var"), "BILHETERIA_DEMO": "0"}
        flask("", "prepare", **own)
        assert "rosa@example.org is door" in flask("", *ACCOUNT, **own)
        answer = cli.invoke(args=["set-role", "rosa@example.org", "manager"])
        assert (answer.exit_code, answer.output) == (0, "rosa@example.org is manager\n")
    finally:
        db.connect(database, pool_size=settings.database.pool_size)
        server.stop()


def test_commands_fail_in_one_line_without_a_database(
    cli: FlaskCliRunner, settings: Settings, tmp_path: Path
) -> None:
    without_database_url(settings, tmp_path)
    assert_refused(cli.invoke(args=["dead-letters"]), "start the box office (make run)")


def test_commands_fail_in_one_line_with_a_database_that_does_not_answer(
    cli: FlaskCliRunner, settings: Settings, database: str, all_databases: Databases
) -> None:
    db.connect(all_databases.url("not_there"))
    try:
        assert_refused(cli.invoke(args=["set-role", "a@b.example", "door"]), "the database does not answer")
    finally:
        db.connect(database, pool_size=settings.database.pool_size)
