"""Run a kiosk here: server with the demo, print agent with a file printer, and the browser, paired, in a window.

Its data lie in var/kiosk, apart from those of `make run`. Without a display the browser runs on Xvfb; a picture of its
screen is written on `--picture FILE`. `--agent-port` and PORT change the ports. It runs until Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.adapters import postgres
from tools.build.steps import ROOT, say
from tools.build.system import find_browser
from tools.kiosk import pairing
from tools.kiosk.screen import screen

FOLDER = ROOT / "var" / "kiosk"
READY_SECONDS = 120.0
SIZES = {"portrait": (1080, 1920), "landscape": (1366, 768)}


class CannotRun(Exception):
    """The reason in one line."""


def main() -> int:
    options = _options()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with ExitStack() as running:
            _run(running, options)
    except CannotRun as error:
        print(f"make kiosk: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _run(running: ExitStack, options: argparse.Namespace) -> None:
    browser = find_browser()
    if browser is None:
        raise CannotRun("there is no Chromium on this machine")
    port = int(os.environ.get("PORT", "8000"))
    origin = f"http://127.0.0.1:{port}"
    database = postgres.start(FOLDER / "postgres")
    running.callback(database.stop)
    env = _environment(database.url, origin, port, options.agent_port)
    say("Starting the box office …")
    running.enter_context(_program(["app.cli.serve"], env, "server.log"))
    _wait_for(f"{origin}/readyz")
    config = FOLDER / "kiosk.toml"
    config.write_text(kiosk_config(FOLDER, origin, options.agent_port, browser, SIZES[options.size]))
    running.enter_context(_program(["kiosk.device.agent", "--config", str(config)], env, "agent.log"))
    display = running.enter_context(screen(SIZES[options.size]))
    # Chromium's sandbox does not run as root; --test-type spares the warning about it.
    flags = ["--no-sandbox", "--test-type"] if os.geteuid() == 0 else []
    flags.append("--disable-features=Translate")  # the policy says so on an installed machine
    command = ["kiosk.device.browser", "--config", str(config), "--", "--ozone-platform=x11", *flags]
    running.enter_context(_program(command, env | display.env, "browser.log"))
    say(f"The kiosk runs at {origin}/kiosk; its printer's paper is {_short(FOLDER / 'paper')}.")
    status = _short(FOLDER / "printer-status")
    say(f"For a problem of the printer write paper_low, paper_out or cover_open to {status}.")
    say(f"Its card terminal is driven at {origin}/sandbox-terminal, in another browser.")
    say("Ctrl-C ends it.")
    while True:
        if name := pairing.pair_waiting(database.url):
            say(f"Paired as {name}.")
        if options.picture:
            display.take_picture(options.picture)
        time.sleep(1)


def _environment(database_url: str, origin: str, port: int, agent_port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BILHETERIA_")}
    return kept | {
        "DATABASE_URL": database_url,
        "BILHETERIA_VAR": str(FOLDER / "server"),
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
def _program(module: list[str], env: Mapping[str, str], log: str) -> Iterator[None]:
    """A module of ours as a program; it is ended by SIGTERM. What it says is in var/kiosk."""
    with (FOLDER / log).open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module], cwd=ROOT, env=dict(env), stdin=subprocess.DEVNULL,
            stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310  an address of this machine
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise CannotRun(
                    f"the box office did not start: see {_short(FOLDER / 'server.log')}"
                ) from None
        time.sleep(0.2)


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


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
