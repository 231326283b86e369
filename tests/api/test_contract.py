"""The OpenAPI document is the contract: what fits it and what breaks it is answered as it says, and never by a 500.

`make fuzz` tries more examples, other ones in each run.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.api import limits
from app.events import service as events
from tests.adapters.identity_provider import Provider
from tests.api.buyer import BASE
from tests.api.token_holder import person

FUZZ = int(os.environ.get("FUZZ_EXAMPLES", "0"))
EXAMPLES = FUZZ or 10  # of each operation
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


Headers = dict[str, str]


def try_every_operation(app: Flask, mode: GenerationMode, manager: Headers) -> int:
    """Try all operations, those that need a token with a manager's; returns how many were tried.

    Raises FailureGroup for an answer that breaks the contract.
    """
    schema = schemathesis.openapi.from_wsgi(f"{BASE}/openapi.json", app)
    schema.config.generation.update(with_security_parameters=False)  # made-up tokens are refused everywhere
    tried = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        needs_token = {} not in operation.definition.raw.get("security", [{}])
        tried += try_operation(operation, mode, manager if needs_token else {})
    return tried


def try_operation(
    operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, headers: Headers
) -> bool:
    """Whether there are such requests to the operation. Raises FailureGroup."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=not FUZZ,
        print_blob=bool(FUZZ),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def keeps_the_contract(case: Case) -> None:
        case.call_and_validate(checks=CHECKS, headers=headers)

    try:
        keeps_the_contract()
    except Unsatisfiable:  # every request to it fits: its only argument is a text in the address
        return False
    return True


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 10**9)


@pytest.fixture
def manager(client: FlaskClient, provider: Provider) -> Headers:
    return person(client, provider, "gil", "manager").headers


def test_requests_that_fit_keep_the_contract(app: Flask, manager: Headers) -> None:
    assert try_every_operation(app, GenerationMode.POSITIVE, manager) >= 20


def test_requests_that_do_not_fit_keep_the_contract(app: Flask, manager: Headers) -> None:
    assert try_every_operation(app, GenerationMode.NEGATIVE, manager) >= 10


def test_control_an_answer_that_breaks_the_contract_is_found(
    app: Flask, manager: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "cinemas", lambda: [object()])
    with pytest.raises(FailureGroup):
        try_every_operation(app, GenerationMode.POSITIVE, manager)
