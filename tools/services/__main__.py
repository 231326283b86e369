"""Run the seven services, the pages, the relay and the workers as processes of their own, behind nginx, until Ctrl-C.

The data lie in var/services, apart from those of `make run`; DATABASE_URL, PORT and BILHETERIA_VAR are honoured.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from app.adapters.postgres import PostgresError
from app.cli.serve_checks import CannotServe
from app.core.config import BadSetting, Settings
from tools.build.data_folder import locked, short
from tools.build.services import COMMAND
from tools.build.steps import ROOT, say
from tools.services.measure import start_one_by_one
from tools.services.running import ServiceSet


class _Stop(KeyboardInterrupt):
    """SIGINT or SIGTERM was received."""


def main() -> int:
    """Serve. Returns the exit status: 0 after Ctrl-C; 1, with one line on stderr, if it cannot start."""
    parser = argparse.ArgumentParser(prog="make services", description=__doc__)
    parser.add_argument(
        "--measure", action="store_true", help="print start-up time and memory of each, and end"
    )
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _raise_stop)
    try:
        var = Path(os.environ.get("BILHETERIA_VAR") or ROOT / "var" / "services").absolute()
        os.environ["BILHETERIA_VAR"] = str(var)
        settings = Settings.from_env()
        if not COMMAND.exists():
            raise CannotServe("the stand-in for AWS is not installed: start it by `make services`")
        with locked(var, "services.lock"):
            _run(settings, var, measure=options.measure)
    except (CannotServe, BadSetting, PostgresError) as error:
        print(f"make services: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"make services: {error.filename or error}: {error.strerror}", file=sys.stderr)
        return 1
    except _Stop:
        pass
    return 0


def _run(settings: Settings, var: Path, *, measure: bool) -> None:
    running = ServiceSet(settings, var)
    try:
        site = running.open(start_one_by_one if measure else None)
        if measure:
            return
        say(f"Open {site.url}")
        for line in running.sign_ins:
            say(line)
        say(f"Each process answers /healthz and /readyz; their ports are in {short(var / 'processes.json')}.")
        say(f"The log of all is {short(running.log.path)}. Ctrl-C ends it.")
        running.watch()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        say("Ending …")
        running.close()


def _raise_stop(*_: object) -> None:
    raise _Stop


if __name__ == "__main__":
    sys.exit(main())
