"""Run a kiosk here: server with the demo, print agent with a file printer, and the browser, paired, in a window.

Its data lie in var/kiosk (or BILHETERIA_VAR), apart from those of `make run`. Without a display the browser runs on
Xvfb; a picture of its screen is written on `--picture FILE`. `--agent-port` and PORT change the ports. It runs until
Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from app.adapters import postgres
from app.adapters.postgres import PostgresError
from app.cli.serve_checks import CannotServe, check_port
from tools.build.data_folder import locked, short
from tools.build.steps import ROOT, say
from tools.build.system import find_browser
from tools.kiosk import pairing
from tools.kiosk.screen import screen

READY_SECONDS = 120.0
SIZES = {"portrait": (1080, 1920), "landscape": (1366, 768)}


class CannotRun(Exception):
    """The reason in one line."""


@dataclass(frozen=True)
class Kiosk:
    """`stopped` is set by Ctrl-C. `programs` are those that run, by their names."""

    folder: Path
    stopped: threading.Event
    stack: ExitStack
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, module: list[str], env: Mapping[str, str]) -> None:
        self.programs[name] = self.stack.enter_context(_program(module, env, self._log(name)))

    def check(self) -> None:
        """Raises CannotRun if a program has ended."""
        for name, process in self.programs.items():
            if process.poll() is not None:
                raise CannotRun(f"the {name} has ended: see {short(self._log(name))}")

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def main() -> int:
    options = _options()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopped.set())
    folder = Path(os.environ.get("BILHETERIA_VAR") or ROOT / "var" / "kiosk").absolute()
    try:
        with locked(folder, "kiosk.lock"), ExitStack() as stack:
            _run(Kiosk(folder, stopped, stack), options)
    except psycopg2.Error as error:
        print(f"make kiosk: the database does not answer: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except (CannotRun, CannotServe, PostgresError) as error:
        print(f"make kiosk: {error}", file=sys.stderr)
        return 1
    return 0


def _run(kiosk: Kiosk, options: argparse.Namespace) -> None:
    browser = find_browser()
    if browser is None:
        raise CannotRun("there is no Chromium on this machine")
    port, folder = int(os.environ.get("PORT", "8000")), kiosk.folder
    check_port("127.0.0.1", port)
    try:
        check_port("127.0.0.1", options.agent_port)
    except CannotServe:
        raise CannotRun(
            f"port {options.agent_port} cannot be used for the print agent: choose another one, such as"
            f" ARGS='--agent-port {options.agent_port + 1}'"
        ) from None
    origin = f"http://127.0.0.1:{port}"
    database = postgres.start(folder / "postgres")
    kiosk.stack.callback(database.stop)
    env = _environment(folder, database.url, origin, port, options.agent_port)
    say("Starting the box office …")
    kiosk.start("server", ["app.cli.serve"], env)
    _wait_for(f"{origin}/readyz", kiosk)
    config = folder / "kiosk.toml"
    config.write_text(kiosk_config(folder, origin, options.agent_port, browser, SIZES[options.size]))
    kiosk.start("agent", ["kiosk.device.agent", "--config", str(config)], env)
    display = kiosk.stack.enter_context(screen(SIZES[options.size]))
    # Chromium's sandbox does not run as root; --test-type spares the warning about it.
    flags = ["--no-sandbox", "--test-type"] if os.geteuid() == 0 else []
    flags.append("--disable-features=Translate")  # the policy says so on an installed machine
    command = ["kiosk.device.browser", "--config", str(config), "--", "--ozone-platform=x11", *flags]
    kiosk.start("browser", command, env | display.env)
    say(f"The kiosk runs at {origin}/kiosk; its printer's paper is {short(folder / 'paper')}.")
    status = short(folder / "printer-status")
    say(f"For a problem of the printer write paper_low, paper_out or cover_open to {status}.")
    say(f"Its card terminal is driven at {origin}/sandbox-terminal, in another browser.")
    say("Ctrl-C ends it.")
    while not kiosk.stopped.wait(1):
        kiosk.check()
        if name := pairing.pair_waiting(database.url):
            say(f"Paired as {name}.")
        if options.picture:
            display.take_picture(options.picture)


def _environment(folder: Path, database_url: str, origin: str, port: int, agent_port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BILHETERIA_")}
    return kept | {
        "DATABASE_URL": database_url,
        "BILHETERIA_VAR": str(folder / "server"),
        "BILHETERIA_PUBLIC_URL": origin,
        "BILHETERIA_KIOSK_AGENT_PORT": str(agent_port),
        "PORT": str(port),
    }


def kiosk_config(folder: Path, origin: str, agent_port: int, browser: str, size: tuple[int, int]) -> str:
    """The configuration of a machine whose data lie in `folder`."""
    return (
        f'origin = "{origin}"\n\n'
        f'[agent]\nport = {agent_port}\nstate = "{folder}/state"\nrun = "{folder}/run"\n\n'
        f'[printer]\nkind = "file"\npath = "{folder}/paper"\nstatus_path = "{folder}/printer-status"\n\n'
        f'[browser]\nprogram = "{browser}"\nprofile = "{folder}/profile"\nwindow = "{size[0]}x{size[1]}"\n'
    )


@contextmanager
def _program(module: list[str], env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A module of ours as a program; it is ended by SIGTERM."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module], cwd=ROOT, env=dict(env), stdin=subprocess.DEVNULL,
            stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(address: str, kiosk: Kiosk) -> None:
    """Return when the address answers, or after Ctrl-C. Raises CannotRun."""
    deadline = time.monotonic() + READY_SECONDS
    while not kiosk.stopped.wait(0.2):
        kiosk.check()
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310  an address of this machine
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                log = short(kiosk.folder / "server.log")
                raise CannotRun(f"the box office did not start: see {log}") from None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make kiosk", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="portrait")
    parser.add_argument("--agent-port", type=int, default=9321, help="port of the print agent")
    parser.add_argument(
        "--picture", type=Path, help="write a picture of the screen every second (PNG; Xvfb only)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
