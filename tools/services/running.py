"""The running processes of `make services`: started in order, started again when they end, and ended together."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event

from app.adapters import postgres
from app.adapters.postgres import PostgresError, PostgresServer
from app.adapters.sqs import QueueError
from app.adapters.storage_port import StorageError
from app.cli.processes import CHECK_SECONDS, Child
from app.cli.serve import demo_sign_ins, prepare
from app.cli.serve_checks import CannotServe, check_database, check_port
from app.core.config import Settings
from tools.build.steps import progress, say
from tools.build.system import find_nginx
from tools.services import front, stand_in
from tools.services.common_log import CommonLog, LoggedChild
from tools.services.plan import HOST, Plan, Site, free_ports, plans
from tools.services.roles import make_roles

READY_SECONDS = 300.0  # of a machine that is very busy
# Together at most 30 seconds: the processes, the stand-in, then the database.
END_SECONDS, STAND_IN_SECONDS, DATABASE_SECONDS = 12.0, 3.0, 10.0
STAND_IN, FRONT = "aws", "front"
COMMANDS = "commands"  # the task that migrates


class ServiceSet:
    """Database, stand-in for AWS, all processes of ours, and the front server, from `open` until `close`.

    `create_resources` makes queues and storage at the stand-in, and returns the site that uses them.
    """

    def __init__(
        self,
        settings: Settings,
        var: Path,
        create_resources: Callable[[Site], Site] = stand_in.create_resources,
    ) -> None:
        self.settings = settings
        self._create_resources = create_resources
        self.var = var
        self.log = CommonLog(var / "log" / "services.log")
        self.database: PostgresServer | None = None
        self.children: dict[str, Child] = {}
        self.ports: dict[str, int] = {}
        self.sign_ins: list[str] = []
        self._site: Site | None = None
        self._lacks_resources = False

    def open(self, start: Callable[[ServiceSet, Sequence[Plan]], None] | None = None) -> Site:
        """Start all parts in order; `start` starts the processes of ours. Raises CannotServe, PostgresError."""
        port = self.settings.web.port
        check_port(HOST, port)
        if find_nginx() is None:
            raise CannotServe("the front server is nginx, which is not installed")
        ports = free_ports(after=port)
        with progress("Starting the database and the stand-in for AWS"):
            site = Site(port, self.var, self._open_database(), next(ports))
            site = self.start_stand_in(site)
        with progress("Preparing the tables"):
            prepare(site.env(os.environ) | dict(site.tasks.get(COMMANDS, {})))
        site = replace(site, has_roles=make_roles(site.database_url))
        self.sign_ins = demo_sign_ins(site.database_url) if self.settings.cinema.demo else []
        planned = plans(site, os.environ, ports)
        self.ports |= {plan.name: plan.port for plan in planned}
        (start or ServiceSet.start_together)(self, planned)
        self._open_front(site, planned)
        return site

    def start_stand_in(self, site: Site) -> Site:
        """Start the stand-in for AWS, and make what it lacks. Returns the site that uses it. Raises CannotServe."""
        self._site = site
        self.ports[STAND_IN] = site.aws_port
        self._add(STAND_IN, stand_in.command(), stand_in.environment(site.aws_port, self.var / "aws"))
        self._wait(STAND_IN, stand_in.HEALTH)
        return self._create_resources(site)

    def start_together(self, planned: Sequence[Plan]) -> None:
        """Start all processes of ours, and wait until each is ready."""
        with progress(f"Starting {len(planned)} processes"):
            for plan in planned:
                self.start(plan)
            for plan in planned:
                self._wait(plan.name, "/readyz")

    def start(self, plan: Plan, *, wait: bool = False) -> Child:
        child = self._add(
            plan.name, plan.command, plan.env, heartbeat=self.var / "run" / f"{plan.name}.heartbeat"
        )
        if wait:
            self._wait(plan.name, "/readyz")
        return child

    def watch(self, end: Event | None = None) -> None:
        """Start each process again that ends or hangs, until `end` is set or a signal raises an exception here."""
        end = end or Event()
        while not end.wait(CHECK_SECONDS):
            if self.database is not None and not self.database.is_running():
                say("The database ended; starting it again.")
                self._restart_database()
            for child in self.children.values():
                before = child.pid
                if line := child.keep_running():
                    say(line)
                if child.pid != before:
                    self._write_list()
                    self._lacks_resources |= child.name == STAND_IN
            self._restore_resources()

    def _restore_resources(self) -> None:
        """Make queues and storage again when the stand-in has died: it keeps its queues only when it ends in order."""
        if (
            not self._lacks_resources
            or self._site is None
            or status_of(self.ports[STAND_IN], stand_in.HEALTH) != 200
        ):
            return
        try:
            self._create_resources(self._site)
        except (QueueError, StorageError) as error:
            say(f"The queues and the bucket of the stand-in for AWS are not there: {error}; trying again.")
            return
        self._lacks_resources = False

    def close(self) -> None:
        """End the processes, then what they need."""
        last = {STAND_IN: STAND_IN_SECONDS}
        first = [child for name, child in self.children.items() if name not in last]
        _end(first, END_SECONDS)
        for name, seconds in last.items():
            _end([self.children[name]] if name in self.children else [], seconds)
        if self.database is not None:
            self.database.stop(patience=DATABASE_SECONDS)

    def _open_database(self) -> str:
        if given := self.settings.database.url:
            check_database(given)
            return given
        self.database = postgres.start(self.var / "postgres")
        return self.database.url

    def _restart_database(self) -> None:
        try:
            self.database = postgres.start(self.var / "postgres")
        except PostgresError as error:
            say(f"{error}; trying again.")
            time.sleep(1)

    def _open_front(self, site: Site, planned: Sequence[Plan]) -> None:
        web_ports = {plan.name: plan.port for plan in planned if plan.is_web_server}
        place = front.local_place(self.var / "front", site.port)
        path = front.write_files(place.folder, front.configuration(place, front.LocalPorts(web_ports)))
        command = [find_nginx() or "nginx", "-e", "stderr", "-p", str(path.parent), "-c", str(path)]
        self.ports[FRONT] = site.port
        self._add(FRONT, command, {"PATH": os.environ.get("PATH", "")})
        self._wait(FRONT, "/readyz")

    def _add(
        self, name: str, command: Sequence[str], env: Mapping[str, str], *, heartbeat: Path | None = None
    ) -> Child:
        child = LoggedChild(
            name,
            command,
            env,
            self.log.path,
            heartbeat=heartbeat,
            hang_seconds=self.settings.process.hang_seconds,
        )
        child.common = self.log
        self.children[name] = child
        child.start()
        self._write_list()
        return child

    def _wait(self, name: str, path: str) -> None:
        """Wait until a process answers 200. Raises CannotServe when it ends, or takes too long."""
        deadline = time.monotonic() + READY_SECONDS
        while status_of(self.ports[name], path) != 200:
            if not self.children[name].is_running() or time.monotonic() > deadline:
                raise CannotServe(
                    f"{name} did not become ready: {self.log.last_line(name)} (log: {self.log.path})"
                )
            time.sleep(0.05)

    def _write_list(self) -> None:
        """Write name, process id and port of each process to `processes.json`, for people and for tests."""
        listed = {
            name: {"pid": child.pid, "port": self.ports.get(name)} for name, child in self.children.items()
        }
        unfinished = self.var / "processes.json.new"
        unfinished.write_text(json.dumps(listed, indent=1) + "\n")
        unfinished.replace(self.var / "processes.json")


def status_of(port: int, path: str) -> int | None:
    """The status of an answer of this machine; None without an answer."""
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def _end(children: Sequence[Child], seconds: float) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + seconds
    for child in children:
        child.wait_for_end(deadline)
