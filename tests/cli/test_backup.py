"""Backup and restore: every row is restored, and nothing is overwritten."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest
from flask import Flask

from app.adapters import postgres_dump
from app.adapters.postgres_dump import DumpError
from app.cli.backup import backup
from tests.databases import Databases


def counts(url: str) -> list[tuple[str, int]]:
    tables = ("events.screenings", "events.seats", "products.products", "users.users", "core.outbox")
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    try:
        with connection.cursor() as cursor:
            found = []
            for table in tables:
                cursor.execute(f"select count(*) from {table}")
                (count,) = cursor.fetchone() or (0,)
                found.append((table, int(count)))
        return found
    finally:
        connection.close()


def test_a_restored_backup_has_every_row(
    demo: str, app: Flask, all_databases: Databases, tmp_path: Path
) -> None:
    file = tmp_path / "box-office.dump"
    said = app.test_cli_runner().invoke(backup, [str(file)])
    assert said.exit_code == 0, said.output
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["box-office.dump"]
    empty = all_databases.create("restored", "template0")
    try:
        postgres_dump.restore(empty, file)
        assert counts(empty) == counts(demo)
        assert dict(counts(empty))["events.screenings"] > 100
        with pytest.raises(DumpError, match="not empty"):
            postgres_dump.restore(empty, file)
    finally:
        all_databases.drop("restored")


def test_a_refused_backup_is_a_one_line_error(database: str, app: Flask, tmp_path: Path) -> None:
    said = app.test_cli_runner().invoke(backup, ["/dev/null/box-office.dump"])
    assert said.exit_code == 1
    assert said.output == "Error: /dev/null/box-office.dump cannot be written: Not a directory\n"
    with pytest.raises(DumpError, match="there is no file"):
        postgres_dump.restore(database, tmp_path / "none.dump")
    with pytest.raises(DumpError):
        postgres_dump.dump("postgresql://nobody@127.0.0.1:1/none", tmp_path / "x.dump")
    with pytest.raises(DumpError, match="the database does not answer: "):
        postgres_dump.restore("postgresql://nobody@127.0.0.1:1/none", Path(__file__))
    assert not list(tmp_path.iterdir())
