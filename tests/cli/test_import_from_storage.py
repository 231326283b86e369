"""`import-programme --from`: the files lie in a storage, as they do on AWS."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.cli import register
from tests.events.programme_files import DEFAULT_FILES, PLAN


@pytest.fixture
def uploaded(tmp_path: Path) -> Path:
    """A storage with a programme; the plan of the auditorium lies beside its files."""
    for name, content in (DEFAULT_FILES | {"sala.txt": PLAN}).items():
        (tmp_path / name).write_text(content)
    return tmp_path


def imported(app: Flask, *arguments: str) -> tuple[int, str]:
    """Status and output of the command."""
    register(app)
    result = app.test_cli_runner().invoke(args=["import-programme", *arguments])
    return result.exit_code, result.output


def test_a_programme_in_a_storage_is_imported(app: Flask, uploaded: Path) -> None:
    status, said = imported(app, "--from", f"folder:{uploaded}", *DEFAULT_FILES)
    assert "screenings: 2 added, 0 changed, 0 unchanged" in said
    assert status == 0


def test_problems_name_the_files_as_they_are_called_there(app: Flask, uploaded: Path) -> None:
    (uploaded / "films.csv").write_text(DEFAULT_FILES["films.csv"].replace("1931", "soon"))
    status, said = imported(app, "--from", f"folder:{uploaded}", *DEFAULT_FILES)
    assert status == 1
    assert "\nfilms.csv:2: " in f"\n{said}"


@pytest.mark.parametrize(
    ("address", "file", "words"),
    [
        ("ftp://host/programme", "films.csv", "a storage is folder:"),
        ("folder:{folder}/empty", "films.csv", "has no files"),
        ("folder:{folder}", "Sala 1.txt", "small letters, digits and the signs"),
    ],
)
def test_what_cannot_be_copied_is_one_sentence(
    app: Flask, tmp_path: Path, address: str, file: str, words: str
) -> None:
    (tmp_path / file).write_text("x")
    status, said = imported(app, "--from", address.format(folder=tmp_path), "films.csv")
    assert status in (1, 2)
    assert words in said
