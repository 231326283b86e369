"""`python -m tools.infra.purchase FOLDER`: a purchase by pages on what the templates in FOLDER make.

The processes of `make services` use the queues, the bucket and the secret key of the templates of production, deployed
to the stand-in for AWS, by the names that the templates give to their tasks.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from urllib.parse import urlsplit

import psycopg2

from app.adapters.postgres import PostgresError
from app.adapters.sqs import DEAD, Queues, Sent
from app.cli.serve_checks import CannotServe
from app.core.config import Settings, environment
from infra.environments import PRODUCTION
from tools.bench.http import Answer, Broken, Browser
from tools.bench.purchase import Failed, best_seats, step
from tools.build.steps import SetupError, progress, say
from tools.infra.deployment import STACKS, Deployment, Document, read_templates, task_settings
from tools.services.plan import CREDENTIALS, Site, free_ports
from tools.services.running import ServiceSet

T = TypeVar("T")
FIRST_PORT = 18_000
WAIT_SECONDS = 120.0
EMAIL = "ana@example.org"
_DOCUMENTS = """select d.storage_key from tickets.documents d join orders.orders o on o.id = d.order_id
    where o.email = %s"""


def main(folder: Path) -> int:
    """Returns the exit status; an error is one line on stderr."""
    for name in environment.names(Settings):
        os.environ.pop(name, None)
    try:
        templates = read_templates(folder, PRODUCTION.prefix)
        with TemporaryDirectory(prefix="bilheteria-infra-") as var:
            Path(var).chmod(0o755)  # the account of the database must enter it
            _buy_on(templates, Path(var))
    except (Broken, CannotServe, Failed, PostgresError, SetupError) as error:
        print(f"make infra: {error}", file=sys.stderr)
        return 1
    return 0


def _buy_on(templates: Mapping[str, Document], var: Path) -> None:
    os.environ |= CREDENTIALS | {
        "BILHETERIA_SANDBOX_PIX": "auto:1",
        "BILHETERIA_VAR": str(var),
        "PORT": str(next(free_ports(after=FIRST_PORT))),
    }
    services = ServiceSet(Settings.from_env(), var, lambda site: _deploy(templates, site))
    try:
        site = services.open()
        deployment = Deployment(site.aws_url)
        with progress("Buying two tickets by the pages"):
            asyncio.run(_buy(site.port))
            key = _wait_for(lambda: _stored_document(site), "the tickets have no PDF")
        bucket = urlsplit(site.tasks["tickets-worker"]["BILHETERIA_STORAGE"]).netloc
        _check_bucket(deployment, bucket, key)
        _check_queues(deployment, templates["messaging"])
        with progress("Sending a message that no worker can read"):
            _check_dead_letters(Queues(site.tasks["tickets-worker"]["BILHETERIA_QUEUE"]))
        say(f"The PDF of the tickets is in the bucket {bucket}, and the message is a dead letter.")
    finally:
        services.close()


def _deploy(templates: Mapping[str, Document], site: Site) -> Site:
    """The site with the settings of the tasks. The embedded database has a socket: no secret tells its host."""
    deployment = Deployment(site.aws_url)
    for stack in STACKS:
        deployment.deploy(stack, templates[stack])
    tasks = task_settings(templates["services"], deployment.exports(), site.aws_url)
    for settings in tasks.values():
        del settings["DATABASE_URL_SECRET"]
    return replace(site, tasks=tasks)


async def _buy(port: int) -> None:
    """Buy two tickets of tomorrow by Pix, through the forms of the pages. Raises Failed."""
    browser = Browser(port)
    order, page = await _hold(browser)
    page = await step(browser, page.text, f"{order}/types", {"age": "yes"})
    page = await step(browser, page.text, f"{order}/concessions", {})
    buyer = {"name": "Ana Lima", "email": EMAIL, "method": "pix"}
    await step(browser, page.text, f"{order}/checkout", buyer)
    browser.close()


async def _hold(browser: Browser) -> tuple[str, Answer]:
    """Hold the best two seats of a screening; returns the order's path and its next page. Some screenings are full."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    listed = await browser.get(f"/api/v1/screenings?day={tomorrow}&limit=100")
    for one in json.loads(listed.text)["items"]:
        page = await browser.get(f"/screenings/{one['id']}")
        with suppress(Broken, Failed):
            return await best_seats(browser, page.text, one["id"])
    raise Failed("no screening of tomorrow has two seats together")


def _stored_document(site: Site) -> str:
    """The key of the PDF; "" before it is stored."""
    connection = psycopg2.connect(site.database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(_DOCUMENTS, (EMAIL,))
            found = cursor.fetchone()
            return str(found[0]) if found else ""
    finally:
        connection.close()


def _check_bucket(deployment: Deployment, bucket: str, key: str) -> None:
    """The bucket has the PDF with the version that the template asks for. Raises SetupError."""
    found = deployment.client("s3").get_object(Bucket=bucket, Key=f"tickets/{key}")
    if not found["Body"].read().startswith(b"%PDF"):
        raise SetupError("the tickets in the bucket are no PDF")
    if found.get("VersionId", "null") == "null":
        raise SetupError(f"the bucket {bucket} keeps no versions")


def _check_queues(deployment: Deployment, messaging: Document) -> None:
    """There are the queues of the template and no others, and all get empty. Raises SetupError."""
    sqs = deployment.client("sqs")
    urls = sqs.list_queues()["QueueUrls"]
    names = {url.rpartition("/")[2] for url in urls}
    resources = messaging["Resources"].values()
    wanted = {one["Properties"]["QueueName"] for one in resources if one["Type"] == "AWS::SQS::Queue"}
    if names != wanted:
        raise SetupError(f"other queues than the template's: {', '.join(sorted(names ^ wanted))}")

    def waiting(url: str) -> int:
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"].items()
        return sum(int(number) for name, number in counts if re.match("ApproximateNumber", name))

    _wait_for(lambda: not any(map(waiting, urls)), "messages stay in the queues")


def _check_dead_letters(queues: Queues) -> None:
    """The worker moves what is no message of ours to the dead letters. Raises SetupError."""
    queues.send("tickets", [Sent("0", "no message of ours", {})])
    _wait_for(lambda: sum(queues.depth(f"tickets-{DEAD}")), "the message is not a dead letter")
    (found,) = queues.receive(f"tickets-{DEAD}", most=1, seconds=60)
    if found.body != "no message of ours" or "error" not in found.attributes:
        raise SetupError(f"another dead letter than was sent: {found.body}")


def _wait_for(found: Callable[[], T], problem: str) -> T:
    """What `found` returns, when it is true. Raises SetupError after WAIT_SECONDS."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (value := found()):
        if time.monotonic() > deadline:
            raise SetupError(problem)
        time.sleep(0.2)
    return value


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
