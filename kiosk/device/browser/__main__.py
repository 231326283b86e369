"""`python -m kiosk.device.browser [--config FILE] [-- FLAGS]`: the browser of the kiosk with its watchdog."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path

from kiosk.device import config
from kiosk.device.browser.command import command
from kiosk.device.browser.parent import end_with_parent
from kiosk.device.browser.watchdog import Watchdog


def main() -> int:
    parser = argparse.ArgumentParser(prog="kiosk-browser", description=__doc__)
    parser.add_argument("--config", type=Path, default=config.DEFAULT_FILE)
    parser.add_argument("flags", nargs="*", help="further flags of Chromium")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = config.read(arguments.config)
    except config.ConfigError as error:
        print(f"kiosk-browser: {error}", file=sys.stderr)
        return 2
    watchdog = Watchdog(command(settings, arguments.flags), Path(settings.agent.run), settings.browser)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watchdog.stop())
    end_with_parent()
    watchdog.watch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
