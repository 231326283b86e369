"""What must hold before `serve` starts: a port to listen at, and a database that answers."""

from __future__ import annotations

import errno
import socket
from contextlib import closing

import psycopg2

from app.adapters.postgres_limits import COMMANDS, open_connection

OLDEST_POSTGRES = 15


class CannotServe(Exception):
    """The reason why the box office cannot start, in one line."""


def check_port(host: str, port: int) -> None:
    """Raise CannotServe if the web server cannot listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise CannotServe(
                f"port {port} may not be used by this account: set PORT to a free one"
            ) from None
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                raise CannotServe(f"BILHETERIA_HOST is not an address of this machine: {host!r}") from None
            reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise CannotServe(
                f"port {port} {reason}: set PORT to a free one, such as PORT={port + 1}"
            ) from None


def check_database(url: str) -> None:
    """Raise CannotServe if the database does not answer or is too old."""
    try:
        with closing(open_connection(url, COMMANDS)) as connection:
            check_version(connection.server_version)
    except (psycopg2.OperationalError, psycopg2.ProgrammingError) as error:
        reason = " ".join(str(error).split())
        raise CannotServe(f"DATABASE_URL does not answer: {reason}") from None


def check_version(number: int) -> None:
    """`number` as Postgres writes it: 150004 is 15.4. Raises CannotServe."""
    if number // 10_000 < OLDEST_POSTGRES:
        raise CannotServe(
            f"DATABASE_URL is a Postgres {number // 10_000}, and {OLDEST_POSTGRES} or later is needed"
        )
