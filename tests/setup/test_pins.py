"""Dependencies are pinned to exact versions, and no file names the registry they came from."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def requirements(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "-"))]
    return {re.split(r"[\[=<>~ ]", line)[0]: line for line in wanted}


# The packages of the machine in the foyer, the indirect ones too: it is installed apart.
MACHINE = "kiosk/device/requirements.txt"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "constraints.txt", MACHINE])
def test_every_python_package_is_pinned(name: str) -> None:
    assert [line for line in requirements(name).values() if "==" not in line] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_and_constraints_agree(name: str) -> None:
    constraints = requirements("constraints.txt")
    for package, line in requirements(name).items():
        assert constraints[package].split("==")[1] == line.split("==")[1]


def test_the_machine_has_the_versions_that_the_tests_ran_with() -> None:
    constraints = requirements("constraints.txt")
    for package, line in requirements(MACHINE).items():
        assert (
            package == "setuptools" or constraints[package] == line
        )  # python-escpos names it and does not use it


def test_installed_packages_have_the_pinned_versions() -> None:
    for package, line in requirements("requirements.txt").items():
        assert version(package) == line.split("==")[1]


@pytest.mark.parametrize(
    "lock", ["package-lock.json", "tools/bench/package-lock.json", "tools/checks/lint/package-lock.json"]
)
def test_the_lock_files_name_no_registry(lock: str) -> None:
    packages = json.loads((ROOT / lock).read_text())["packages"]
    assert not [name for name, about in packages.items() if "resolved" in about]
    assert not [name for name, about in packages.items() if name and "integrity" not in about]
