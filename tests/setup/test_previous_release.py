"""A roll-out: web and worker of the previous release run beside the new ones, on the new tables, through purchases.

The previous release is the checkout that PREVIOUS_RELEASE names (`make rollout`), else the newest tag before HEAD, or,
in a copy without tags, a commit of its history. In an archive or a shallow clone, which have none, the test is skipped.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core import db
from app.core.config import Settings
from tests.crash.buyers import HIDDEN_FIELD, Buyers, HttpBrowser
from tests.live_server import ROOT, LiveServer
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import make_screening

WAIT_LIMIT = 90.0
# Stands for the release before in copies without tags: the last commit without the tables of webhooks (migration 0043).
# Take a later commit when a migration narrows what that one may write.
UNTAGGED = "0a5e61206c3d5ecb18672783b3a0f821608d5555"
FORM = {"name": "Ana", "email": "ana@example.org", "cpf": "", "method": "pix"}
SETTINGS = {"WEB_WORKERS": "1", "BILHETERIA_SANDBOX_PIX": "auto:0.2"}


def newest_tag() -> str | None:
    """The newest release before this commit; None if this copy knows none."""
    return git("describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^")


def known_commit() -> str | None:
    """The commit UNTAGGED, if it is in the history of this copy."""
    return git("rev-parse", "--verify", "--quiet", f"{UNTAGGED}^{{commit}}")


def git(*arguments: str) -> str | None:
    """What git prints; None if it fails, or is not there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the previous release, ready to run with the packages of this one."""
    if given := os.environ.get("PREVIOUS_RELEASE"):
        return Path(given).resolve()
    release = newest_tag() or known_commit()
    if release is None:
        pytest.skip("this copy has no release before it, and PREVIOUS_RELEASE names no checkout")
    folder = tmp_path_factory.mktemp("previous")
    archive = subprocess.run(["git", "archive", release], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
    # The forms work without scripts and styles: those of this release do for the pages.
    for built in ("dist", "vendor"):
        shutil.copytree(ROOT / "static" / built, folder / "static" / built)
    subprocess.run([sys.executable, "-m", "tools.build.catalogues"], cwd=folder, check=True)
    return folder


@pytest.fixture
def new(make_live_server: Callable[..., LiveServer], settings: Settings) -> Iterator[LiveServer]:
    """The new release, not started; its tables are there."""
    server = make_live_server(demo=False, running=False, **SETTINGS)
    db.connect(server.database_url, pool_size=2)
    yield server
    db.connect(settings.database.url or "", pool_size=settings.database.pool_size)


@pytest.fixture
def old(new: LiveServer, previous: Path) -> Iterator[LiveServer]:
    """The previous release on the same database and data folder; its web server runs."""
    server = LiveServer(new.database_url, new.var, SETTINGS, running=False)
    server.start_web(previous)
    yield server
    server.stop()


class Customer:
    """One browser, whose requests go to the web server of either release."""

    def __init__(self, screening_id: int) -> None:
        self.screening_id = screening_id
        self.path = ""
        self._requests = Buyers(0, screening_id, 0)
        self._browser = HttpBrowser(self._requests)
        self._token: dict[str, str] = {}

    def at(self, server: LiveServer) -> Customer:
        self._requests.port = server.port
        return self

    def begin(self) -> Customer:
        """Hold two seats."""
        place = f"/screenings/{self.screening_id}"
        fields = dict(HIDDEN_FIELD.findall(self._browser.get(place).text))
        self._token = {"csrf_token": fields["csrf_token"]}
        self.path = self._browser.post(f"{place}/orders", fields | {"quantity": "2"}).location
        self.path = self.path.removesuffix("/types")
        return self

    def choose(self) -> Customer:
        """Choose full price for both seats, and no concessions."""
        seats = set(re.findall(r'name="type-(\d+)"', self._browser.get(f"{self.path}/types").text))
        assert len(seats) == 2
        self._browser.post(f"{self.path}/types", self._token | {f"type-{seat}": "full" for seat in seats})
        self._browser.post(f"{self.path}/concessions", self._token | {"go": "skip"})
        return self

    def check_out(self) -> Customer:
        """Ask for a Pix charge, which the sandbox bank pays by itself."""
        answer = self._browser.post(f"{self.path}/checkout", self._token | FORM)
        assert answer.location.endswith("/payment"), answer
        return self

    def page(self) -> str:
        text = self._browser.get(self.path).text
        assert self._requests.unexpected == []
        return text


def wait_until_paid(server: LiveServer, orders: int) -> None:
    """Wait until the orders are paid, and all messages of the purchases are handled."""
    done = (
        "select (select count(*) from orders.orders where state = 'paid') = %s"
        " and not exists (select from core.outbox)"
    )
    deadline = time.monotonic() + WAIT_LIMIT
    while server.query(done, orders) != [(True,)]:
        waiting = server.query("select consumer, kind, attempts, last_error, dead_at from core.outbox")
        assert time.monotonic() < deadline, waiting
        time.sleep(0.1)


def test_purchases_go_on_while_the_new_release_starts(
    old: LiveServer, new: LiveServer, previous: Path
) -> None:
    """Orders begun on one release are paid on the other; messages that one writes are handled by the other."""
    screening = make_screening(*["o" * 20] * 3)
    add_product(screening)
    begun_on_old = Customer(screening.id).at(old).begin()
    new.start_web()
    begun_on_new = Customer(screening.id).at(new).begin()

    old.start_worker(previous)
    begun_on_old.at(new).choose().check_out()
    begun_on_new.at(old).choose().check_out()
    wait_until_paid(new, 2)
    old.kill_worker()

    new.start_worker()
    of_old = Customer(screening.id).at(old).begin().choose().check_out()
    of_new = Customer(screening.id).at(new).begin().choose().check_out()
    wait_until_paid(new, 4)

    for customer, other in ((begun_on_old, new), (begun_on_new, old), (of_old, new), (of_new, old)):
        assert f"{customer.path}/tickets.pdf" in customer.at(other).page()
    assert new.query(
        "select count(*), count(distinct qr_text) from tickets.tickets where state = 'valid'"
    ) == [(8, 8)]
    assert len(list((new.var / "mail").glob("*.eml"))) == 4
