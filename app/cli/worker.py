"""`worker`: handles the messages and runs the clockwork of the services that this process serves."""

from __future__ import annotations

import signal
import sys

import click

from app.core.config import BadSetting, Settings


@click.command("worker")
def command() -> None:
    """Drain the outbox and run the ticks until SIGTERM."""
    sys.exit(main())


def main() -> int:
    """Work until SIGINT or SIGTERM: the message at hand is finished. Returns the exit status."""
    from app import dispatch
    from app.core import config, db, telemetry
    from app.core.worker import Worker

    try:
        settings = config.use(Settings.from_env())
    except BadSetting as error:
        print(f"worker: {error}", file=sys.stderr)
        return 1
    if not settings.database_url:
        print("worker: set DATABASE_URL (make run starts a database and a worker together)", file=sys.stderr)
        return 1
    telemetry.log_as_json(telemetry.LEVELS[settings.log_level])
    db.connect(settings.database_url, pool_size=settings.db_pool_size)
    worker = Worker(dispatch.routes(settings.services), dispatch.ticks(settings.services))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
