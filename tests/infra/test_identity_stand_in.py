"""The template of the user pool, deployed to the stand-in for AWS: its partner's token is one that our API accepts."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from app.adapters.identity.access_tokens import AccessTokens, RefusedToken
from app.adapters.identity.signing_keys import SigningKeys
from app.users.external_subjects import GROUP_ROLES
from app.users.service import SCOPES
from tools.build.services import OWN
from tools.services import stand_in

Documents = dict[str, dict[str, Any]]
REGION = "sa-east-1"
# What the stand-in does not know: the look of the hosted pages.
UNKNOWN = {"AWS::Cognito::ManagedLoginBranding"}
SIGNS_TOKENS = any(OWN.glob("lib/*/site-packages/cryptography"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a stand-in of this test's own."""
    if not SIGNS_TOKENS:
        pytest.skip("`make services` has not installed the stand-in for AWS")
    folder = tmp_path_factory.mktemp("aws")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            stand_in.command(),
            env=stand_in.environment(port, folder),
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(f"{address}{stand_in.HEALTH}", folder / "log")
        yield address
    finally:
        process.kill()
        process.wait()


def wait_for(address: str, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.1)
    pytest.fail(log.read_text())


@pytest.fixture(scope="module")
def pool(server: str, documents: Documents) -> tuple[Any, str]:
    """A client of Cognito's API, and the id of the pool that the template made."""

    def client(service: str) -> Any:
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=server,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    resources = documents["identity"]["Resources"]
    template = {"Resources": {id: one for id, one in resources.items() if one["Type"] not in UNKNOWN}}
    formation = client("cloudformation")
    formation.create_stack(
        StackName="identity", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
    )
    formation.get_waiter("stack_create_complete").wait(
        StackName="identity", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    cognito = client("cognito-idp")
    (found,) = cognito.list_user_pools(MaxResults=10)["UserPools"]
    return cognito, found["Id"]


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


def test_a_partners_token_of_the_pool_is_accepted_with_the_settings_of_the_tasks(
    server: str, pool: tuple[Any, str]
) -> None:
    cognito, pool_id = pool
    token = partner_token(server, cognito, pool_id, SCOPES[1])
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{pool_id}"
    # On AWS the keys are below the issuer; those of the stand-in are at its own address (BILHETERIA_OIDC_JWKS).
    keys = SigningKeys(f"{server}/{pool_id}/.well-known/jwks.json")
    read = AccessTokens(issuer, keys, ()).read(token, datetime.now(UTC))
    assert read.is_of_client
    assert read.scopes == {SCOPES[1]}
    with pytest.raises(RefusedToken):
        AccessTokens(issuer.replace(pool_id, "sa-east-1_Other"), keys, ()).read(token, datetime.now(UTC))
