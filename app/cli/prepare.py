"""`prepare`: bring the database's tables up to date, and fill an empty one with the demo."""

from __future__ import annotations

import sys

import click


@click.command("prepare")
def command() -> None:
    """Migrate, and load the demo when there is no film yet (BILHETERIA_DEMO=0: never)."""
    sys.exit(main())


def main() -> int:
    """Prepare the database at DATABASE_URL; returns the exit status, with one line on stderr when it is not 0."""
    from alembic.util.exc import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    from app import create_app, migrations_target
    from app.adapters.postgres_limits import COMMANDS
    from app.cli.database import NoDatabase, database_url
    from app.core.config import BadSetting, Settings

    try:
        settings = Settings.from_env()
        url = database_url(settings)
        # Its tables, not its pages.
        app = create_app(settings.changed(process={"services": ()}, database={"url": url}), limits=COMMANDS)
        migrations_target.init_app(app)
        with app.app_context():
            migrate()
        if settings.cinema.demo:
            load_demo_once()
        else:
            close_demo_accounts()
    except (SQLAlchemyError, CommandError, BadSetting, NoDatabase, UnfitDatabase) as error:
        print(f"prepare: {' '.join(str(error).split())[:300]}", file=sys.stderr)
        return 1
    return 0


class UnfitDatabase(RuntimeError):
    """The code cannot work on this database; the message is one line that says what to do."""


def migrate() -> None:
    """Apply the migrations that are missing. Needs an application context. Raises UnfitDatabase."""
    import logging

    from flask_migrate import upgrade

    logging.getLogger("alembic").setLevel(logging.WARNING)
    _check_encoding()
    _check_known()
    upgrade()


def _check_encoding() -> None:
    """Raise UnfitDatabase unless the database stores every letter: its encoding cannot be changed later."""
    from sqlalchemy import text

    from app.core import db

    with db.reading() as session:
        encoding = session.execute(text("show server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise UnfitDatabase(
            f"the database stores text as {encoding}, and UTF8 is needed: make another one by"
            " create database … encoding 'UTF8' template template0"
        )


def _check_known() -> None:
    """Raise UnfitDatabase for tables of another age, because Alembic's own error is hard to understand."""
    from alembic.script import ScriptDirectory
    from flask import current_app
    from sqlalchemy import text

    from app.core import db

    config = current_app.extensions["migrate"].migrate.get_config()
    known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
    with db.reading() as session:
        if session.execute(text("select to_regclass('core.schema_version') is null")).scalar():
            return
        stands = set(session.execute(text("select version_num from core.schema_version")).scalars())
    if too_old := ", ".join(sorted(one for one in stands if one < min(known))):
        raise UnfitDatabase(
            f"the database's tables are of a version ({too_old}) before {min(known)}, the first that this code"
            " knows: begin with an empty database"
        )
    if unknown := ", ".join(sorted(stands - known)):
        raise UnfitDatabase(
            f"the database's tables are of a newer version ({unknown}) than this code, whose newest is {max(known)}:"
            " update the code, or restore a backup from before"
        )


def load_demo_once() -> None:
    """Load the demo when there is no film yet; where it is loaded, carry it on to the next days."""
    from app.cli import demo
    from app.core import db
    from app.events import service as events

    with db.reading():
        empty = not events.films()
    if empty:
        print("Loading the demo cinema …", flush=True)
        demo.load()
    else:
        demo.extend()


def close_demo_accounts() -> None:
    """Close the demo's accounts in an installation without the demo: their passwords are public."""
    from app.core import db
    from app.users import service as users

    with db.transaction():
        closed = users.replace_demo_passwords()
    for email in closed:
        print(f"The demo's account {email} is closed: its password was public.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
