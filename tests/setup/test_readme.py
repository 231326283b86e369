"""Documentation: the commands in README, CONTRIBUTING, SECURITY and docs exist, and so do links and settings.

The other tests of this folder run `make run`, `make test` and each flask command; these tests check that every command
of the documentation is one of them with valid options.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
from botocore import xform_name
from botocore.session import Session
from flask import Flask

from app.cli import register
from app.core.config import Settings, environment

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
NAMES = [str(path.relative_to(ROOT)) for path in TEXTS]
SHELL = ("", "sh", "bash", "shell", "console")
FENCED = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^|\n\n)((?:    \S[^\n]*\n)+)")
INLINE = re.compile(r"`((?:make|flask|\.venv/bin/\w+) [^`]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
SETTING = re.compile(r"`([A-Z][A-Z_]{3,})(?:=[^`]*)?`")
# Options of the program `aws` itself.
AWS_OPTIONS = {"query", "output", "region", "max-results"}
# Programs that a person runs before any of ours.
FOREIGN_PROGRAMS = (
    "git",
    "cd",
    "brew",
    "sudo",
    "apt-get",
    "docker",
    "curl",
    "journalctl",
    "systemctl",
    "npx",
)


def commands(text: str) -> list[str]:
    """The commands of a text: in fenced and indented blocks, and within sentences."""
    blocks = [body for language, body in FENCED.findall(text) if language in SHELL]
    blocks += [block for block in INDENTED.findall(FENCED.sub("", text)) if is_commands(block)]
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    said = [" ".join(found.split()) for found in INLINE.findall(text)]
    return [line for line in [*lines, *said] if line and not line.startswith("#")]


def is_commands(block: str) -> bool:
    return block.split()[0] in ("make", "flask", "docker") or block.split()[0].startswith(".venv/bin/")


def words_of(line: str) -> list[str]:
    """The words of a command, without a comment and settings. Raises AssertionError for unknown settings."""
    words = shlex.split(line, comments=True)
    while words and re.match(r"^[A-Z_]+=", words[0]):
        setting = words.pop(0).partition("=")[0]
        assert setting in known_settings(), f"{line}: no code reads {setting}"
    return words


def known_settings() -> set[str]:
    """The names in capitals in our sources, the Makefile and the option of the journeys."""
    sources = [*(ROOT / "app").rglob("*.py"), *(ROOT / "tools").rglob("*.py"), ROOT / "Makefile"]
    sources += [ROOT / "compose.yaml", ROOT / "Dockerfile", ROOT / "tests/late_assets.py"]
    sources += (ROOT / ".github/workflows").glob("*.yml")
    found: set[str] = set()
    for path in sources:
        found |= set(re.findall(r"\b[A-Z][A-Z_]{3,}\b", path.read_text()))
    return found | environment.names(Settings)


def check(line: str, app: Flask) -> None:
    """Raise AssertionError if `line` is no valid command."""
    words = words_of(line)
    assert words, line
    program = words[0].rpartition("/")[2]
    if program == "make":
        check_make(words[1:])
    elif program == "flask":
        check_flask(words[1:], app)
    elif program == "aws":
        check_aws(words[1:])
    elif program in ("python", "python3") and words[1] == "-m":
        assert find_spec(words[2]), f"{line}: there is no module {words[2]}"
    elif words[0].startswith(".venv/bin/"):
        assert (ROOT / words[0]).exists(), f"{line}: no such program"
    else:
        assert program in FOREIGN_PROGRAMS, f"{line}: no test runs this"


def check_make(words: list[str]) -> None:
    """Check that the target and every module in its recipe exist."""
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(["make", "-n", *words], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for module in re.findall(r" -m ([\w.]+)", done.stdout):
        assert find_spec(module), f"make {' '.join(words)}: there is no module {module}"


def check_flask(words: list[str], app: Flask) -> None:
    """Check that the command exists and accepts these options and arguments."""
    while words and words[0].startswith("-"):
        assert words[:2] == ["--app", "wsgi"], words
        words = words[2:]
    register(app)
    assert words, "flask alone"
    assert words[0] in app.cli.commands, f"flask {words[0]}: no such command"
    command, rest = app.cli.commands[words[0]], words[1:]
    try:
        if isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            assert rest[0] in command.commands, f"flask {' '.join(words)}: no such command"
            command, rest = command.commands[rest[0]], rest[1:]
        for option in command.params:  # options that the command asks for
            if isinstance(option, click.Option) and option.prompt and not {*option.opts} & {*rest}:
                rest = [*rest, option.opts[0], "typed when asked"]
        command.make_context(words[0], rest)
    except click.MissingParameter:
        assert len(words) == 1, (
            f"flask {' '.join(words)}: something is missing"
        )  # only the name of the command: `flask set-role`
    except click.UsageError as error:
        if not re.search(r"[A-Z]{2,}|…", " ".join(words)):  # there is a placeholder such as ID, EMAIL, FILE
            raise AssertionError(f"flask {' '.join(words)}: {error.message}") from None


def check_aws(words: list[str]) -> None:
    """Check that the operation exists in Amazon's own description of the service, and that it has these options."""
    service, operation = words[0], words[1]
    if words[:2] == ["s3", "cp"]:  # a command of the program itself, which copies files
        return
    assert service in aws_services().get_available_services(), f"aws {service}: no such service"
    client = aws_services().create_client(service, region_name="sa-east-1")
    if operation == "wait":
        assert words[2].replace("-", "_") in client.waiter_names, (
            f"aws {service} wait {words[2]}: no such state"
        )
        return
    names = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}
    assert operation in names, f"aws {service} {operation}: no such operation"
    shape = client.meta.service_model.operation_model(names[operation]).input_shape
    known = {xform_name(name, "-") for name in shape.members} if shape else set()
    wrong = {
        word
        for word in words[2:]
        if word.startswith("--") and not {word[2:], word[5:]} & (known | AWS_OPTIONS)
    }
    assert not wrong, f"aws {service} {operation}: no option {wrong}"


@cache
def aws_services() -> Session:
    session = Session()
    session.set_credentials("none", "none")
    return session


@pytest.mark.parametrize("name", NAMES)
def test_every_documented_command_is_valid(name: str, app: Flask) -> None:
    for line in commands((ROOT / name).read_text()):
        check(line, app)


def test_the_readme_says_how_to_run_and_test() -> None:
    typed = commands((ROOT / "README.md").read_text())
    assert {"make run", "make test"} <= {" ".join(shlex.split(line, comments=True)) for line in typed}


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_file(name: str) -> None:
    path = ROOT / name
    for target in LINK.findall(path.read_text()):
        if not re.match(r"^(https?:|mailto:|#)", target):
            assert (path.parent / unquote(target.partition("#")[0])).exists(), f"{name} links to {target}"


@pytest.mark.parametrize("name", NAMES)
def test_every_documented_setting_is_read(name: str) -> None:
    named = {
        one for one in SETTING.findall((ROOT / name).read_text()) if "_" in one or one in ("PORT", "SERVICES")
    }
    assert named <= known_settings(), named - known_settings()


@pytest.mark.parametrize(
    "line",
    [
        "make popcorn",
        "NO_SUCH_SETTING=1 make run",
        "flask --app wsgi import-programm films.csv",
        "flask --app wsgi cancel-screening 12 --because rain",
        "flask --app wsgi dead-letters put-away",
        ".venv/bin/python -m app.cli.surf",
        "popcorn --large",
        "aws rds reboot-instance --force-failover",
        "aws rds reboot-db-instance --with-failover",
        "aws rds wait db-instance-happy",
    ],
)
def test_control_wrong_commands_are_found(line: str, app: Flask) -> None:
    with pytest.raises(AssertionError):
        check(line, app)


def test_the_readme_lists_every_folder() -> None:
    drawn = set(re.findall(r"^\| `([\w/]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    parts = [line.split("/") for line in listed.splitlines()]
    rooms = {f"app/{words[1]}" for words in parts if words[0] == "app" and len(words) > 2}
    folders = {words[0] for words in parts if len(words) > 1 and not words[0].startswith(".")} - {"app"}
    assert drawn - {"PORT", "BILHETERIA_VAR", "DATABASE_URL"} == rooms | folders
