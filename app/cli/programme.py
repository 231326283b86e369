"""`import-programme` and `cancel-screening`: the programme from the command line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.database import OnDatabase
from app.cli.programme_folder import programme_folder

if TYPE_CHECKING:
    from app.events.programme_import import Report


@click.command("import-programme", cls=OnDatabase)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--from",
    "address",
    metavar="ADDRESS",
    help="The folder of the files, in S3 too: s3://bucket/programme/december?region=…",
)
@click.option("--check", is_flag=True, help="Check the files and write nothing.")
@click.option(
    "--change-sold",
    is_flag=True,
    help="Change version, format or length of screenings that are sold too: buyers get a mail and may cancel.",
)
@click.option(
    "--new-guids",
    is_flag=True,
    help="Where a plan has a seat_guid twice, give the later seat one of its own.",
)
def import_command(
    files: tuple[Path, ...], address: str | None, check: bool, change_sold: bool, new_guids: bool
) -> None:
    """Take cinemas, rooms, films, screenings and prices from CSV or JSON FILES; all of it or nothing."""
    from sqlalchemy.exc import IntegrityError

    from app.events.programme_import import BadProgramme

    try:
        with programme_folder(address) as folder:
            paths = tuple(folder / one for one in files)
            report = _import(paths, check=check, change_sold=change_sold, new_guids=new_guids)
    except BadProgramme as error:
        for problem in error.problems:
            # Name the files of a copied folder as they are called there.
            click.echo(str(problem).replace(f"{folder}/", "") if address else str(problem), err=True)
        count = len(error.problems)
        raise click.ClickException(
            f"{count} problem{'' if count == 1 else 's'}; nothing was written."
        ) from None
    except IntegrityError:
        raise click.ClickException(
            "the programme was changed by somebody else meanwhile; nothing was written, run it again"
        ) from None
    _echo_rooms(report.rooms)
    if check:
        for note in report.notes:
            click.echo(f"would do: {note}")
        click.echo("Nothing wrong; nothing was written.")
    else:
        _echo_changes(report)


class _OnlyChecking(Exception):
    """Rolls an import back whose files were only to be checked."""


def _import(files: tuple[Path, ...], *, check: bool, change_sold: bool, new_guids: bool) -> Report:
    """Import the files; with `check`, roll back. Raises BadProgramme and IntegrityError."""
    from app.core import db
    from app.events import programme_import
    from app.orders import service as orders
    from app.reservations import service as reservations

    report = programme_import.Report()
    with suppress(_OnlyChecking), db.transaction():
        report = programme_import.import_programme(
            files,
            taken=reservations.occupancy,
            change_sold=orders.sales_of if change_sold else None,
            new_guids=new_guids,
        )
        if check:
            raise _OnlyChecking
    return report


def _echo_changes(report: Report) -> None:
    for kind in ("cinemas", "rooms", "films", "screenings"):
        counts = (report.added[kind], report.changed[kind], report.same[kind])
        if any(counts):
            click.echo("{}: {} added, {} changed, {} unchanged".format(kind, *counts))
    for note in report.notes:
        click.echo(note)


def _echo_rooms(read: list[str]) -> None:
    for words in read:
        click.echo(f"Note: {words}")


@click.command("cancel-screening", cls=OnDatabase)
@click.argument("screening_id", type=int)
@click.option("--reason", required=True, help="The reason for the mail to the buyers.")
def cancel_command(screening_id: int, reason: str) -> None:
    """Call a screening off: its buyers are refunded and get an e-mail."""
    from app.core import db
    from app.core.errors import Invalid, NotFound
    from app.events import service as events

    try:
        with db.transaction():
            before = events.screening(screening_id)
            screening = events.cancel_screening(screening_id, reason)
    except NotFound:
        raise click.ClickException(f"there is no screening {screening_id}") from None
    except Invalid:
        raise click.BadParameter("give a reason of at most 200 letters", param_hint="--reason") from None
    room = f"{screening.cinema.name}, {screening.auditorium_name}"
    named = f"{screening.film.title}, {room}, {screening.showtime.clock:%Y-%m-%d %H:%M} ({screening.showtime.timezone})"
    if before.status == "scheduled":
        click.echo(f"Called off: {named}")
    else:
        click.echo(f"It was called off already, and nothing is changed: {named}, {screening.cancel_reason!r}")


commands = [import_command, cancel_command]
