"""The environment of each task and the settings of the application agree, in both directions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.core import config
from app.core.config import PAGES, SERVICES, Settings, environment
from app.core.database_roles import role_name
from infra.parts import IDENTITY_CLIENTS, PARTS, Part
from tests.infra.resources import app_containers, of_type
from tests.infra.resources import environment as variables_of

Documents = dict[str, dict[str, Any]]
FIELDS = environment.variables(Settings)
# Not ours: read by the driver of Postgres.
FOREIGN = {"PGAPPNAME"}
# The settings that no task sets: their defaults are right on AWS, or a cinema decides about them.
LEFT_AT_DEFAULT = {
    "BILHETERIA_CINEMA", "BILHETERIA_COUNTER_QUEUE_MINUTES", "BILHETERIA_DB_POOL", "BILHETERIA_DB_SECONDS",
    "BILHETERIA_DOORS_OPEN_MINUTES", "BILHETERIA_GRACE_SECONDS", "BILHETERIA_HANG_SECONDS",
    "BILHETERIA_HOLDS_PER_ADDRESS", "BILHETERIA_HOLDS_PER_VISITOR", "BILHETERIA_HOLD_MINUTES",
    "BILHETERIA_KEEP_BUYER_DAYS", "BILHETERIA_KEEP_PDF_DAYS", "BILHETERIA_KEEP_PICKUP_DAYS",
    "BILHETERIA_KEEP_REQUESTS_DAYS", "BILHETERIA_KEEP_UNPAID_DAYS", "BILHETERIA_KEY_LEAD_HOURS",
    "BILHETERIA_KIOSK_AGENT_PORT", "BILHETERIA_KIOSK_COUNTDOWN_SECONDS", "BILHETERIA_KIOSK_IDLE_SECONDS",
    "BILHETERIA_KIOSK_PAYING_SECONDS", "BILHETERIA_LOG", "BILHETERIA_MAX_SEATS", "BILHETERIA_PAIRING_MINUTES",
    "BILHETERIA_SANDBOX_PIX", "BILHETERIA_SECRETS_SECONDS",
    "BILHETERIA_KEEP_WEBHOOK_DAYS", "BILHETERIA_WEBHOOK_LOOPBACK", "BILHETERIA_WEBHOOK_PORTS",
    # Traces are sent where the task has a collector beside it.
    "BILHETERIA_TRACES_PERCENT", "OTEL_EXPORTER_OTLP_ENDPOINT",
    # The issuer and the store of secrets tell them.
    "BILHETERIA_OIDC_DISCOVERY", "BILHETERIA_OIDC_JWKS", "SECRET_KEY_PREVIOUS",
}  # fmt: skip


def resolved(value: Any) -> str:
    """A variable's value with a name in the place of each reference to another resource."""
    if isinstance(value, str):
        return value
    name, inner = next(iter(value.items()))
    if name == "Fn::Join":
        return str(inner[0]).join(map(resolved, inner[1]))
    return "reference"


def variables(documents: Documents, part: str) -> dict[str, str]:
    found = variables_of(app_containers(documents["services"])[part])
    return {name: resolved(value) for name, value in found.items()}


@pytest.mark.parametrize("part", [*(one.name for one in PARTS), "commands"])
def test_every_variable_of_a_task_is_a_setting_that_the_application_reads(
    documents: Documents, part: str
) -> None:
    assert set(variables(documents, part)) - environment.names(Settings) - FOREIGN <= {
        name for name in variables(documents, part) if name.startswith("OTEL_")
    }


def test_every_setting_is_set_or_left_at_its_default_by_name(documents: Documents) -> None:
    set_somewhere = {
        name.removesuffix("_SECRET") for part in PARTS for name in variables(documents, part.name)
    }
    assert {name for name in FIELDS if name not in set_somewhere} == LEFT_AT_DEFAULT - set_somewhere
    assert not LEFT_AT_DEFAULT - set(FIELDS)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_the_application_starts_with_the_variables_of_the_task(
    documents: Documents, part: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The references are names here, and the secrets are given as values: no store is asked."""
    given = {
        name: value for name, value in variables(documents, part.name).items() if not name.endswith("_SECRET")
    }
    for name, value in {**given, "SECRET_KEY": "a key"}.items():
        monkeypatch.setenv(name, value.replace("https://reference", "https://issuer.example"))
    if given.get("BILHETERIA_OIDC_ISSUER") == "reference":
        monkeypatch.setenv("BILHETERIA_OIDC_ISSUER", "https://issuer.example")
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.20.0.0/16")
    read = config.Settings.from_env()
    assert read.process.services == ((part.service,) if part.service else (PAGES, *SERVICES))
    assert read.queue.is_sqs
    assert (read.web.behind_tls, read.web.trusted_proxies, read.cinema.demo) == (True, 2, False)
    assert read.storage.url.startswith("s3://reference/tickets?region=sa-east-1")
    assert read.database.direct_url != read.database.url


def test_no_variable_of_a_task_has_a_secret(documents: Documents) -> None:
    for part in PARTS:
        found = variables(documents, part.name)
        assert not {name for name in found if name in ("SECRET_KEY", "SECRET_KEY_PREVIOUS")}
        assert "@" not in found["DATABASE_URL"] + found["DATABASE_DIRECT_URL"]


def test_the_parts_that_sign_people_in_read_the_client_and_its_secret(documents: Documents) -> None:
    having = {
        part.name for part in PARTS if "BILHETERIA_OIDC_CLIENT_KEY_SECRET" in variables(documents, part.name)
    }
    assert having == set(IDENTITY_CLIENTS)
    for name in IDENTITY_CLIENTS:
        assert "BILHETERIA_OIDC_CLIENT_ID" in variables(documents, name)


def test_each_task_signs_in_as_the_role_of_its_part(documents: Documents) -> None:
    secrets = of_type(documents["data"], "AWS::SecretsManager::Secret")
    users = {
        id: json.loads(resolved(one["GenerateSecretString"]["SecretStringTemplate"]))["username"]
        for id, one in secrets.items()
        if "SecretStringTemplate" in one["GenerateSecretString"]
    }
    exports = {
        one["Export"]["Name"]: id
        for one in documents["data"]["Outputs"].values()
        if (id := one["Value"].get("Ref")) in users
    }
    containers = app_containers(documents["services"])
    for part in PARTS:
        reference = variables_of(containers[part.name])["DATABASE_URL_SECRET"]["Fn::ImportValue"]
        assert users[exports[reference]] == role_name(part.database_role)
