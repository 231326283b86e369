"""`wsgi.py`, the module that gunicorn and the flask command load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "SECRET_KEY": "tests-secret-key"}


def run(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=os.environ | SETTINGS | settings, capture_output=True,
        text=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip


def test_a_server_does_not_import_modules_of_commands() -> None:
    done = run("-c", "import json, sys, wsgi; print(json.dumps(sorted(sys.modules)))")
    loaded = set(json.loads(done.stdout))
    assert {"app.shop.order", "jinja2"} <= loaded
    assert not {"alembic", "flask_migrate", "app.cli.serve", "weasyprint", "boto3"} & loaded


def test_the_flask_command_finds_the_commands_and_the_migrations() -> None:
    said = run("-m", "flask", "--app", "wsgi", "--help").stdout
    assert {"import-programme", "dead-letters", "serve"} <= set(said.split())
    assert run("-m", "flask", "--app", "wsgi", "db", "heads").stdout.strip().endswith("(head)")


@pytest.mark.parametrize(
    "words",
    [
        ["-m", "flask", "--app", "wsgi", "routes"],
        ["-m", "gunicorn", "--config", "app/web/gunicorn_conf.py"],
    ],
)
def test_an_invalid_setting_is_a_one_line_error(words: list[str]) -> None:
    done = run(*words, BILHETERIA_HOLD_MINUTES="ten")
    assert done.returncode == 1
    assert done.stderr == (
        "bilheteria: BILHETERIA_HOLD_MINUTES must be a whole number from 1 to 60, not 'ten'\n"
    )
