"""An installation for crash tests: web, worker and a Postgres server that can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg2

from app.adapters import postgres
from tests.live_server import LiveServer

ROOT = Path(__file__).resolve().parents[2]


class Installation:
    """Web, worker and their own Postgres server."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.data = folder / "postgres"
        self.postgres = postgres.start(self.data)
        prepared = os.environ | {"DATABASE_URL": self.postgres.url, "BILHETERIA_DEMO": "0", "SECRET_KEY": "x"}
        subprocess.run([sys.executable, "-m", "app.cli.prepare"], cwd=ROOT, env=prepared, check=True)
        settings = {"BILHETERIA_SANDBOX_PIX": "auto:0.2"} | env
        self.server = LiveServer(self.postgres.url, folder / "var", settings)

    def kill_postgres(self) -> None:
        os.kill(self.postgres.pid, signal.SIGKILL)
        time.sleep(0.3)
        self.postgres = postgres.start(self.data)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.postgres.url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall()
        finally:
            connection.close()

    def close(self) -> None:
        self.server.stop()
        self.postgres.stop()
