"""The watchdog: when it starts the browser again, and that nothing of the old one stays."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kiosk.device.agent import heartbeat
from kiosk.device.browser.watchdog import PAUSES, Seen, Watchdog, reason_to_restart
from kiosk.device.config import BrowserConfig

LIMITS = BrowserConfig(start_seconds=60, silence_seconds=30)


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (Seen(now=100, started=50, heard=99, ended=True), "it has ended"),
        (Seen(now=100, started=50, heard=99, ended=False), None),
        (Seen(now=100, started=50, heard=70, ended=False), None),
        (Seen(now=100, started=50, heard=69, ended=False), "its page is silent"),
        (Seen(now=110, started=50, heard=None, ended=False), None),
        (Seen(now=111, started=50, heard=None, ended=False), "its page sent no heartbeat"),
        (Seen(now=100, started=50, heard=49, ended=False), None),  # that was the browser before
        (Seen(now=111, started=50, heard=49, ended=False), "its page sent no heartbeat"),
    ],
)
def test_when_the_browser_starts_again(seen: Seen, reason: str | None) -> None:
    assert reason_to_restart(seen, LIMITS) == reason


def browser(folder: Path, body: str) -> list[str]:
    """A program that plays a browser which does not hear SIGTERM; it notes the id of a child at each start."""
    program = folder / "browser.py"
    program.write_text(
        "import pathlib, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"with open({str(folder / 'starts')!r}, 'a') as file: file.write(f'{{child.pid}}\\n')\n"
        f"heartbeat = pathlib.Path({str(folder / heartbeat.NAME)!r})\n" + body
    )
    return [sys.executable, str(program)]


def run(folder: Path, command: list[str], limits: BrowserConfig) -> list[float]:
    """Watch until the second start is noted; return the pauses that it made."""
    pauses: list[float] = []

    def rest(seconds: float) -> None:
        pauses.append(seconds)
        if len(starts(folder)) > 1:
            watchdog.stop()
        time.sleep(0.02)

    watchdog = Watchdog(command, folder, limits, rest)
    watchdog.watch()
    return pauses


def starts(folder: Path) -> list[int]:
    noted = folder / "starts"
    return [int(line) for line in noted.read_text().split()] if noted.exists() else []


def wait_until_gone(pid: int) -> None:
    """Until the process has ended; it may still wait for the one that adopted it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.01)
    raise AssertionError(f"{pid} still runs")


def test_a_browser_that_ends_is_started_again(tmp_path: Path) -> None:
    run(tmp_path, browser(tmp_path, "sys.exit(1)\n"), LIMITS)
    assert len(starts(tmp_path)) == 2
    for pid in starts(tmp_path):
        wait_until_gone(pid)


def test_a_browser_whose_page_falls_silent_is_killed_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.device.browser.watchdog.END_SECONDS", 0.1)
    hung = browser(tmp_path, "heartbeat.write_text(str(time.monotonic()))\ntime.sleep(600)\n")
    pauses = run(tmp_path, hung, BrowserConfig(start_seconds=60, silence_seconds=0))
    assert len(starts(tmp_path)) == 2
    assert PAUSES[0] in pauses  # it had sent a heartbeat: the next start is soon
    for pid in starts(tmp_path):
        wait_until_gone(pid)


def test_the_watchdog_and_its_browser_end_with_the_program_that_started_them(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n" + shlex.join(browser(tmp_path, "time.sleep(600)\n")) + "\n")
    program.chmod(0o755)
    settings = tmp_path / "kiosk.toml"
    settings.write_text(
        f'origin = "https://a.example"\n[agent]\nrun = "{tmp_path}"\n[browser]\nprogram = "{program}"\n'
    )
    watch = [sys.executable, "-m", "kiosk.device.browser", "--config", str(settings)]
    compositor = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess; print(subprocess.Popen({watch!r}).pid, flush=True); input()"],
        cwd=Path(__file__).resolve().parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert compositor.stdout is not None
    watchdog = int(compositor.stdout.readline())
    while not starts(tmp_path):
        time.sleep(0.02)
    compositor.kill()
    compositor.communicate()
    wait_until_gone(watchdog)
    wait_until_gone(starts(tmp_path)[0])


def test_a_browser_that_does_not_come_to_life_is_started_less_and_less_often(tmp_path: Path) -> None:
    pauses: list[float] = []

    def rest(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 6:
            watchdog.stop()

    watchdog = Watchdog(["/bin/false"], tmp_path, BrowserConfig(start_seconds=-1), rest)
    watchdog.watch()
    assert pauses == [*PAUSES[1:], PAUSES[-1], PAUSES[-1]]


def test_the_heartbeat_is_shared_between_processes(tmp_path: Path) -> None:
    assert heartbeat.silence(tmp_path / "run") is None
    child = os.fork()
    if child == 0:
        heartbeat.record(tmp_path / "run")
        os._exit(0)
    os.waitpid(child, 0)
    silence = heartbeat.silence(tmp_path / "run")
    assert silence is not None
    assert 0 <= silence < 60
