"""The templates of queues, bucket, secrets and user pool work with our adapters, deployed to the stand-in for AWS."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.adapters.identity.access_tokens import AccessTokens, RefusedToken
from app.adapters.identity.signing_keys import SigningKeys
from app.adapters.secrets_manager import SecretsManager
from app.adapters.sqs import DEAD, Queues, Sent
from app.adapters.storage import open_storage
from app.core import mail_events
from app.core.database_roles import role_name
from app.core.messages import CONSUMERS
from app.users.group_roles import GROUP_ROLES
from app.users.service import SCOPES
from infra.parts import PARTS
from tests.core.mail_event_bodies import bounce
from tests.infra.resources import of_type
from tests.live_server import free_port
from tests.processes import listening_addresses
from tools.build.services import COMMAND, OWN
from tools.infra.deployment import ABSENT, LEFT_OUT, STACKS, Deployment, task_settings
from tools.services import stand_in
from tools.services.plan import CREDENTIALS, REGION

Documents = dict[str, dict[str, Any]]
Tasks = dict[str, dict[str, str]]
SIGNS_TOKENS = any(OWN.glob("lib/*/site-packages/cryptography"))


@pytest.fixture(scope="module")
def stand_in_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A stand-in of this module's own, and its address."""
    if not COMMAND.exists():
        pytest.skip("the stand-in for AWS is not installed")
    folder = tmp_path_factory.mktemp("aws")
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            stand_in.command(),
            env=stand_in.environment(port, folder),
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}{stand_in.HEALTH}", folder / "log")
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def deployment(
    stand_in_at: tuple[subprocess.Popen[bytes], str], documents: Documents
) -> Iterator[Deployment]:
    """The templates at the stand-in, with its credentials in the environment."""
    deployment = Deployment(stand_in_at[1])
    for stack in STACKS:
        deployment.deploy(stack, documents[stack])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        yield deployment


def wait_for(address: str, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.1)
    pytest.fail(log.read_text())


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_it_listens_on_this_machine_alone(stand_in_at: tuple[subprocess.Popen[bytes], str]) -> None:
    """It asks nobody for a password."""
    assert listening_addresses(stand_in_at[0].pid) == {"127.0.0.1"}


@pytest.fixture(scope="module")
def tasks(deployment: Deployment, documents: Documents) -> Tasks:
    """Part → the settings by which its task finds what was deployed."""
    return task_settings(documents["services"], deployment.exports(), deployment.endpoint)


@pytest.fixture(scope="module")
def pool(deployment: Deployment) -> tuple[Any, str]:
    """A client of Cognito's API, and the id of the pool that the template made."""
    cognito = deployment.client("cognito-idp")
    (found,) = cognito.list_user_pools(MaxResults=10)["UserPools"]
    return cognito, found["Id"]


def test_each_type_that_is_left_out_is_in_a_template(documents: Documents) -> None:
    found = {one["Type"] for stack in STACKS for one in documents[stack]["Resources"].values()}
    assert LEFT_OUT.keys() <= found


def test_each_task_finds_the_queues_of_the_template(deployment: Deployment, tasks: Tasks) -> None:
    (address,) = {settings["BILHETERIA_QUEUE"] for settings in tasks.values()}
    queues = Queues(address)
    assert [queues.depth(f"{one}{end}") for one in CONSUMERS for end in ("", f"-{DEAD}")] == [(0, 0)] * (
        2 * len(CONSUMERS)
    )
    assert len(deployment.client("sqs").list_queues()["QueueUrls"]) == 2 * len(CONSUMERS)


def test_a_message_that_crashes_its_worker_becomes_a_dead_letter_after_the_templates_receipts(
    documents: Documents, tasks: Tasks
) -> None:
    limits = {
        one["RedrivePolicy"]["maxReceiveCount"]
        for one in of_type(documents["messaging"], "AWS::SQS::Queue").values()
        if "RedrivePolicy" in one
    }
    (most,) = limits
    queues = Queues(tasks["tickets-worker"]["BILHETERIA_QUEUE"])
    queues.send("tickets", [Sent("0", "poison", {})])
    for number in range(1, most + 1):
        (received,) = queues.receive("tickets", most=1, seconds=60)
        assert received.received == number
        queues.hide("tickets", received.receipt, seconds=0)
    assert queues.receive("tickets", most=1, seconds=60) == []
    (dead,) = queues.receive(f"tickets-{DEAD}", most=1, seconds=60)
    assert dead.body == "poison"
    queues.delete(f"tickets-{DEAD}", dead.receipt)


def test_what_is_published_about_a_mail_reaches_the_queue_of_the_template(
    deployment: Deployment, tasks: Tasks
) -> None:
    sns = deployment.client("sns")
    (topic,) = (
        one["TopicArn"] for one in sns.list_topics()["Topics"] if one["TopicArn"].endswith("mail-events")
    )
    sns.publish(TopicArn=topic, Message=json.dumps(bounce()))
    queues = Queues(tasks["users-worker"]["BILHETERIA_QUEUE"])
    (received,) = queues.receive(mail_events.QUEUE, most=1, seconds=60, wait=20)
    assert mail_events.read(received.body) == mail_events.read(json.dumps(bounce()))
    queues.delete(mail_events.QUEUE, received.receipt)


def test_tickets_are_stored_in_the_private_bucket_of_the_template(
    deployment: Deployment, tasks: Tasks, tmp_path: Path
) -> None:
    storage = open_storage(tasks["tickets-worker"]["BILHETERIA_STORAGE"], tmp_path)
    storage.put("a.pdf", b"%PDF", "application/pdf")
    link = storage.url("a.pdf", 60, "tickets.pdf")
    assert link is not None
    with urllib.request.urlopen(link, timeout=20) as answer:
        assert answer.read() == b"%PDF"
    s3 = deployment.client("s3")
    bucket = f"bilheteria-production-tickets-{deployment.client('sts').get_caller_identity()['Account']}"
    assert s3.head_object(Bucket=bucket, Key="tickets/a.pdf")["VersionId"] != "null"
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}


def test_each_task_reads_the_secrets_of_the_templates(tasks: Tasks) -> None:
    (address,) = {settings["BILHETERIA_SECRETS"] for settings in tasks.values()}
    (key,) = {settings["SECRET_KEY_SECRET"] for settings in tasks.values()}
    secrets = SecretsManager(address)
    assert len(secrets.read(key).value) == 64
    for part in PARTS:
        sign_in = json.loads(secrets.read_current(tasks[part.name]["DATABASE_URL_SECRET"]))
        assert sign_in["username"] == role_name(part.database_role)
        assert (sign_in["host"], len(sign_in["password"])) == (ABSENT, 40)


def partner_token(server: str, cognito: Any, pool_id: str, scope: str) -> str:
    clients = cognito.list_user_pool_clients(UserPoolId=pool_id, MaxResults=10)["UserPoolClients"]
    id = next(one["ClientId"] for one in clients if one["ClientName"] == "partner")
    secret = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=id)["UserPoolClient"][
        "ClientSecret"
    ]
    request = urllib.request.Request(
        f"{server}/oauth2/token",
        data=f"grant_type=client_credentials&scope={scope}".encode(),
        headers={
            "Authorization": "Basic " + base64.b64encode(f"{id}:{secret}".encode()).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(json.load(answer)["access_token"])


def test_the_pool_of_the_template_has_our_groups(pool: tuple[Any, str]) -> None:
    cognito, pool_id = pool
    assert {one["GroupName"] for one in cognito.list_groups(UserPoolId=pool_id)["Groups"]} == set(GROUP_ROLES)


@pytest.mark.skipif(not SIGNS_TOKENS, reason="the stand-in for AWS does not sign tokens")
def test_a_partners_token_of_the_pool_is_accepted_with_the_settings_of_the_tasks(
    deployment: Deployment, pool: tuple[Any, str]
) -> None:
    cognito, pool_id = pool
    token = partner_token(deployment.endpoint, cognito, pool_id, SCOPES[1])
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{pool_id}"
    # On AWS the keys are below the issuer; those of the stand-in are at its own address (BILHETERIA_OIDC_JWKS).
    keys = SigningKeys(f"{deployment.endpoint}/{pool_id}/.well-known/jwks.json")
    read = AccessTokens(issuer, keys, ()).read(token, datetime.now(UTC))
    assert read.is_of_client
    assert read.scopes == {SCOPES[1]}
    with pytest.raises(RefusedToken):
        AccessTokens(issuer.replace(pool_id, "sa-east-1_Other"), keys, ()).read(token, datetime.now(UTC))
