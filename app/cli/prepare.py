"""`prepare`: bring the database's tables up to date, and fill an empty one with the demo."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import click


@click.command("prepare")
def command() -> None:
    """Migrate, and load the demo when there is no film yet (BILHETERIA_DEMO=0: never)."""
    sys.exit(main())


def main() -> int:
    """Prepare the database at DATABASE_URL; returns the exit status, with one line on stderr when it is not 0."""
    from alembic.util.exc import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    from app import create_app
    from app.core.config import BadSetting, Settings

    try:
        app = create_app(replace(Settings.from_env(), services=()))  # its tables, not its pages
        with app.app_context():
            migrate()
        if os.environ.get("BILHETERIA_DEMO", "1") != "0":
            load_demo_once()
    except (SQLAlchemyError, CommandError, BadSetting) as error:
        print(f"prepare: {' '.join(str(error).split())[:300]}", file=sys.stderr)
        return 1
    return 0


def migrate() -> None:
    """Apply the migrations that are missing. Needs an application context."""
    import logging

    from flask_migrate import upgrade

    logging.getLogger("alembic").setLevel(logging.WARNING)
    upgrade()


def load_demo_once() -> None:
    """Load the demo when there is no film yet; where it is loaded, carry it on to the next days."""
    from sqlalchemy import text

    from app.cli import demo
    from app.core import db

    with db.reading() as session:
        empty = session.execute(text("select not exists (select from events.films)")).scalar()
    if empty:
        print("Loading the demo cinema …", flush=True)
        demo.load()
    else:
        demo.carry_on()


if __name__ == "__main__":
    sys.exit(main())
