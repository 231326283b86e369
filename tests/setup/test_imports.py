"""The import rules hold, and each rule finds a breach that is planted in a copy of the code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from app.core import ladder

ROOT = Path(__file__).resolve().parents[2]

DOWN_ONLY = "Calls go down the ladder, never up or across"
SERVICE_ENTRY = "A service is entered through its service.py alone"
SERVICE_CALLS = "A service calls the services of the list only"
NO_FLASK = "Services, core and adapters know no Flask"
ADAPTERS = "The outside is reached through adapters alone"
MACHINE = "The machine in the foyer imports nothing of the application"
MACHINE_APART = "The application imports nothing of the machine in the foyer"

BREACHES = [
    (DOWN_ONLY, "app/events/service.py", "from app.orders import service as up"),
    (DOWN_ONLY, "app/tickets/service.py", "from app.reservations import service as across"),
    (DOWN_ONLY, "app/products/service.py", "from app.users import service as across"),
    (DOWN_ONLY, "app/core/money.py", "from app.payments import service as up"),
    (DOWN_ONLY, "app/adapters/planted.py", "from app.core import config as up"),
    (DOWN_ONLY, "app/door/planted.py", "from app.shop import planted as across"),
    (DOWN_ONLY, "app/orders/service.py", "from app.shop import planted as up"),
    (DOWN_ONLY, "kiosk/planted.py", "from app.shop import planted as across"),
    (DOWN_ONLY, "app/web/planted.py", "from kiosk import planted as up"),
    (DOWN_ONLY, "app/backoffice/planted.py", "from app.door import planted as across"),
    (DOWN_ONLY, "app/users/service.py", "from app.web import security as up"),
    (SERVICE_ENTRY, "app/shop/planted.py", "from app.orders import models as tables_in_a_front_end"),
    (SERVICE_ENTRY, "kiosk/planted.py", "from app.users import devices as past_the_service"),
    (SERVICE_ENTRY, "app/orders/service.py", "from app.payments import models as tables_of_another_service"),
    (
        SERVICE_ENTRY,
        "app/orders/service.py",
        "from app.payments import handlers as handlers_of_another_service",
    ),
    (SERVICE_CALLS, "app/reservations/holds.py", "from app.payments import service as not_in_the_list"),
    (NO_FLASK, "app/orders/service.py", "from flask import request"),
    (NO_FLASK, "app/users/models.py", "from flask_login import UserMixin"),
    (NO_FLASK, "app/orders/handlers.py", "from flask import request"),
    (NO_FLASK, "app/core/money.py", "import werkzeug"),
    (ADAPTERS, "app/tickets/service.py", "import weasyprint"),
    (ADAPTERS, "app/shop/planted.py", "import boto3"),
    (ADAPTERS, "kiosk/planted.py", "import boto3"),
    (ADAPTERS, "app/payments/handlers.py", "import requests"),
    (ADAPTERS, "app/users/handlers.py", "import smtplib"),
    (ADAPTERS, "app/orders/service.py", "from psycopg2.extras import execute_values"),
    (ADAPTERS, "app/door/planted.py", "import zxingcpp"),
    (ADAPTERS, "app/tickets/pdf_layout.py", "from fontTools.ttLib import TTFont"),
    (MACHINE, "kiosk/device/printing/jobs.py", "from app.core import money"),
    (MACHINE, "kiosk/device/agent/server.py", "import flask"),
    (MACHINE_APART, "app/shop/planted.py", "from kiosk.device import config"),
]
# Dependencies of requirements.txt that any module may import, within the other rules: they do nothing outside of the
# process. All others may be imported by adapters only.
LIBRARIES = {
    "flask", "flask-login", "htmx-flask", "flask-wtf", "flask-babel", "flask-migrate", "sqlalchemy", "gunicorn",
    "flask-smorest", "marshmallow", "packaging", "qrcode", "argon2-cffi", "cryptography", "email-validator", "idna",
    "anyascii", "brotli", "pyotp", "whitenoise", "pillow", "icalendar", "cachetools", "pydantic", "annotated-types",
}  # fmt: skip


def lint_imports(folder: Path) -> tuple[int, str]:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source tree with the modules that the breaches name, existing or not; a test undoes its own change."""
    tmp_path = tmp_path_factory.mktemp("copy")
    unwanted = shutil.ignore_patterns("__pycache__", "*.mo", "*.po")
    for name in ("app", "kiosk", "tools/checks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=unwanted)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for front_end in ("app/shop", "app/door", "kiosk"):
        (tmp_path / front_end / "planted.py").touch()
    for service in ("events", "products", "payments", "users", "tickets", "reservations", "orders"):
        for room in ("service", "models", "handlers"):
            (tmp_path / "app" / service / f"{room}.py").touch()
    return tmp_path


def test_every_rule_has_a_control() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    rules = {contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]}
    assert rules == {rule for rule, _, _ in BREACHES}


def contract(rule: str) -> dict[str, Any]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return next(one for one in settings["tool"]["importlinter"]["contracts"] if one["name"] == rule)


def test_the_list_of_calls_is_that_of_the_grants() -> None:
    """The rule's list, and that of the rights of the roles in the database (`app.core.ladder`), are the same."""
    calls = {f"app.{one} -> app.{below}" for one, found in ladder.CALLS.items() for below in found}
    assert calls == set(contract(SERVICE_CALLS)["calls"])
    assert {f"app.{one}" for one in ladder.CALLS} == set(contract(SERVICE_CALLS)["services"])


def test_calls_go_down_the_ladder_and_the_list_is_complete() -> None:
    layers = [[part.strip() for part in layer.split("|")] for layer in contract(DOWN_ONLY)["layers"]]
    level = {name.removeprefix("app."): depth for depth, layer in enumerate(layers) for name in layer}
    for service, calls in ladder.CALLS.items():
        for below in calls:
            assert level[below] > level[service]
            assert set(ladder.CALLS[below]) <= set(calls)


def test_the_rule_of_adapters_names_every_other_package() -> None:
    app = ROOT / "app"
    packages = {f"app.{one.name}" for one in app.iterdir() if (one / "__init__.py").exists()}
    assert packages - set(contract(ADAPTERS)["source_modules"]) == {"app.adapters"}


def test_each_dependency_is_a_library_or_for_adapters_only() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = {found[0].lower() for line in lines if (found := re.match(r"[A-Za-z][\w.-]*", line))}
    outside = pinned - LIBRARIES
    modules: dict[str, set[str]] = {name: set() for name in outside}
    for module, distributions in metadata.packages_distributions().items():
        for distribution in distributions:
            if distribution.lower() in outside and not module.startswith("_"):
                modules[distribution.lower()].add(module)
    forbidden = set(contract(ADAPTERS)["forbidden_modules"])
    assert {name: sorted(found) for name, found in modules.items() if not found & forbidden} == {}


def test_the_import_rules_hold() -> None:
    status, said = lint_imports(ROOT)
    assert status == 0, said


def test_the_copy_without_a_breach_passes(copy: Path) -> None:
    status, said = lint_imports(copy)
    assert status == 0, said


@pytest.mark.parametrize(("rule", "module", "line"), BREACHES, ids=[f"{m}-{b}" for _, m, b in BREACHES])
def test_control_a_planted_breach_is_found_by_its_rule(copy: Path, rule: str, module: str, line: str) -> None:
    path = copy / module
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n")
    status, said = lint_imports(copy)
    path.unlink() if before is None else path.write_text(before)
    assert status == 1, said
    assert f"{rule} BROKEN" in " ".join(said.split()), said
