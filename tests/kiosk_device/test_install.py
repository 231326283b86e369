"""The installer, into a folder that stands for the machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.device import config
from kiosk.device.setup import places, units

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / "kiosk/device/install"
FIRST = ("--origin", "https://ingressos.example", "--printer", "usb:04b8:0e15", "--rotation", "90")


def install(root: Path, *options: str) -> tuple[int, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # the Python that the tests run with
    done = subprocess.run(
        [INSTALL, "--root", root, *options], cwd=ROOT, env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_machine_is_installed_checked_repaired_and_removed(tmp_path: Path) -> None:
    status, said = install(tmp_path, *FIRST)
    assert status == 0, said
    assert "would run: apt-get install -y --no-install-recommends chromium cage" in said
    assert "--no-install-recommends speech-dispatcher speech-dispatcher-espeak-ng" in said
    assert (tmp_path / "opt/bilheteria-kiosk/speech/speechd.conf").is_file()
    assert f"would run: systemctl enable {places.AGENT_UNIT} {places.SESSION_UNIT}" in said
    policy = json.loads((tmp_path / "etc/chromium/policies/managed/bilheteria-kiosk.json").read_text())
    assert policy["URLAllowlist"][0] == "https://.ingressos.example"
    session = tmp_path / "opt/bilheteria-kiosk/session"
    assert "--transform 90" in session.read_text()
    assert os.access(session, os.X_OK)
    assert (tmp_path / "etc/xkb/rules/bilheteria").is_file()
    assert install(tmp_path, "--check") == (0, "all is as it should be\n")

    again = install(tmp_path)
    assert again[0] == 0
    assert "nothing had to be changed" in again[1]
    assert "systemctl restart" not in again[1]

    (tmp_path / "etc/chromium/policies/managed/bilheteria-kiosk.json").write_text("{}")
    session.chmod(0o644)
    stale = tmp_path / "opt/bilheteria-kiosk/lib/kiosk/device/browser/of_the_version_before.py"
    stale.touch()
    status, said = install(tmp_path, "--check")
    assert status == 1
    assert said.splitlines() == [
        "missing or changed: /etc/chromium/policies/managed/bilheteria-kiosk.json",
        "missing or changed: /opt/bilheteria-kiosk/session",
    ]
    file = tmp_path / "etc/bilheteria-kiosk/kiosk.toml"
    file.write_text(file.read_text().replace("rotation = 90", "rotation = 270"))
    status, said = install(tmp_path)
    assert status == 0
    assert "systemctl restart" in said
    assert "--transform 270" in session.read_text()
    assert not stale.exists()
    assert install(tmp_path, "--check")[0] == 0

    assert "default-target-before || systemctl get-default >" in said
    (tmp_path / "etc/bilheteria-kiosk/default-target-before").write_text("multi-user.target\n")
    status, said = install(tmp_path, "--remove")
    assert status == 0
    assert "would run: systemctl set-default multi-user.target" in said
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--origin https://… is needed"),
        (("--check",), "--origin https://… is needed"),
        (("--origin", "http://ingressos.example"), "origin: an address that begins with https://"),
        (("--origin", "https://ingressos.example", "--printer", "usb:04b8"), "this is no TOML"),
        (("--origin", "https://ingressos.example", "--printer", "laser"), "printer.kind"),
        (("--origin", "https://ingressos.example", "--keyboard", "br; rm"), "display.keyboard"),
    ],
)
def test_what_cannot_be_installed_writes_nothing(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    status, output = install(tmp_path, *options)
    assert status == 2
    assert said in output
    assert list(tmp_path.iterdir()) == []


def test_an_installation_that_was_cut_short_is_completed(tmp_path: Path) -> None:
    in_the_way = tmp_path / "opt/bilheteria-kiosk/session.new"
    in_the_way.mkdir(parents=True)
    status, said = install(tmp_path, *FIRST)
    assert status == 2
    assert "install: [Errno 21] Is a directory" in said
    assert "systemctl restart" not in said
    in_the_way.rmdir()
    status, said = install(tmp_path)
    assert status == 0
    assert "would run: systemctl restart" in said

    # All files are there, but the units were not started: the packages could not be loaded, for example.
    (tmp_path / "opt/bilheteria-kiosk/installed").unlink()
    assert install(tmp_path, "--check") == (1, "missing or changed: /opt/bilheteria-kiosk/installed\n")
    status, said = install(tmp_path)
    assert status == 0
    assert "would run: systemctl restart" in said
    assert said.splitlines()[-1] == "installed"
    assert install(tmp_path, "--check")[0] == 0


def test_what_is_left_of_an_installation_is_removed(tmp_path: Path) -> None:
    install(tmp_path, *FIRST)
    (tmp_path / "etc/systemd/system" / places.SESSION_UNIT).unlink()
    status, said = install(tmp_path, "--remove")
    assert status == 0
    assert f"would run: systemctl disable --now {places.AGENT_UNIT}\n" in said
    status, said = install(tmp_path, "--remove")
    assert status == 0
    assert "disable" not in said


@pytest.mark.parametrize("kept", ["", "--root=/x multi-user.target", "a; rm.target"])
def test_a_removal_sets_no_default_target_that_it_does_not_know(tmp_path: Path, kept: str) -> None:
    install(tmp_path, *FIRST)
    (tmp_path / "etc/bilheteria-kiosk/default-target-before").write_text(kept)
    status, said = install(tmp_path, "--remove")
    assert status == 0
    assert "set-default" not in said


@pytest.mark.parametrize(
    "option", [("--origin", "https://elsewhere.example"), ("--rotation", "0"), ("--keyboard", "us")]
)
def test_a_configuration_that_is_there_is_not_overwritten(tmp_path: Path, option: tuple[str, str]) -> None:
    install(tmp_path, *FIRST)
    status, said = install(tmp_path, *option)
    assert status == 2
    assert "change it, then run this again" in said


def test_the_shell_programs_are_clean(tmp_path: Path) -> None:
    checker = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert checker is not None
    session = tmp_path / "session"
    for display in ("", '[display]\noutput = "HDMI-A-1"\nrotation = 90'):
        session.write_text(units.session_program(config.parse(f'origin = "https://a.example"\n{display}')))
        done = subprocess.run([checker, INSTALL, session], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
