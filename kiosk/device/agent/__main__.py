"""`python -m kiosk.device.agent [--config FILE]`: start the print agent; it prints `agent ready PORT`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from kiosk.device import config
from kiosk.device.agent.pairing import Pairing
from kiosk.device.agent.server import AgentServer
from kiosk.device.printing import printers
from kiosk.device.printing.jobs import Jobs
from kiosk.device.printing.journal import Journal


def main() -> int:
    parser = argparse.ArgumentParser(prog="kiosk-agent", description="The print agent of a kiosk.")
    parser.add_argument("--config", type=Path, default=config.DEFAULT_FILE)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = config.read(arguments.config)
    except config.ConfigError as error:
        print(f"kiosk-agent: {error}", file=sys.stderr)
        return 2
    state = Path(settings.agent.state)
    jobs = Jobs(printers.make(settings.printer), settings.printer, Journal(state / "jobs.sqlite"))
    with AgentServer(settings, jobs, Pairing(state / "pairing.json")) as server:
        print(f"agent ready {server.port}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
