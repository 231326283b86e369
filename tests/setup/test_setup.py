"""The set-up reports what a machine lacks in one line."""

from __future__ import annotations

import ast
import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIRST_READ = ("setup.py", "steps.py", "system.py", "node.py", "services.py")


def python(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, env=env or None
    )


@pytest.mark.parametrize("version", [(3, 7, 3), (3, 10, 12), (3, 15, 0)])
def test_an_unsupported_python_is_a_one_line_error(version: tuple[int, int, int]) -> None:
    done = python(
        f"import sys; sys.version_info = {version}; sys.argv[1:] = [];"
        "from tools.build.setup import main; sys.exit(main())"
    )
    assert done.returncode == 1
    said = f"make: Python 3.11 to 3.14 is needed, this is {version[0]}.{version[1]}"
    assert done.stderr.strip().splitlines() == [f"{said}: make PYTHON=python3.12 …"]


@pytest.mark.parametrize("name", FIRST_READ)
def test_an_old_python_can_parse_the_set_up(name: str) -> None:
    ast.parse((ROOT / "tools" / "build" / name).read_text(), feature_version=(3, 7))


def test_missing_packages_are_named_with_the_command_to_install_them(tmp_path: Path) -> None:
    """The PATH is empty, so there is neither apt-get nor sudo."""
    done = python(
        "from tools.build import system\n"
        "from tools.build.steps import SetupError\n"
        "try: system.apt_install(['libpango-1.0-0'], 'the PDF tickets need')\n"
        "except SetupError as error: print(error)",
        PATH=str(tmp_path),
    )
    assert done.stdout.strip() == (
        "the PDF tickets need Debian packages that are not installed: "
        "sudo apt-get install -y --no-install-recommends libpango-1.0-0"
    )


def test_services_without_nginx_are_a_one_line_error_and_install_nothing(tmp_path: Path) -> None:
    """The account may not install packages. The stand-in for AWS comes after nginx."""
    done = python(
        "from tools.build import services, system\n"
        "system.find_nginx = lambda: None\n"
        "services.install_stand_in = lambda: print('installed')\n"
        "import sys; sys.argv[1:] = []; sys.exit(services.main())",
        PATH=str(tmp_path),
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "make: the services need nginx as their front server: sudo apt-get install -y --no-install-recommends nginx,"
        " or any nginx in the PATH\n"
    )


def test_two_set_ups_at_once_wait_for_each_other() -> None:
    with open(ROOT / "var" / "setup.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [sys.executable, "-m", "tools.build.setup"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert second.stdout is not None
        assert second.stdout.readline() == "Waiting for another set-up of this checkout …\n"
        assert second.poll() is None
    assert second.wait(timeout=60) == 0


def test_a_second_set_up_does_nothing() -> None:
    """This test is in the same file as the one before, because the tests of a file run one after another."""
    command = [sys.executable, "-m", "tools.build.setup"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
