"""The OpenAPI document is the contract: what fits it and what breaks it is answered as it says, and never by a 500.

`make fuzz` tries more examples, other ones in each run.
"""

from __future__ import annotations

import os

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.api import limits
from app.events import service as events
from tests.api.buyer import BASE

FUZZ = int(os.environ.get("FUZZ_EXAMPLES", "0"))
EXAMPLES = FUZZ or 10  # of each operation
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def try_every_operation(app: Flask, mode: GenerationMode) -> int:
    """Returns the number of operations that were tried. Raises FailureGroup for an answer that breaks the contract."""
    tried = 0
    schema = schemathesis.openapi.from_wsgi(f"{BASE}/openapi.json", app)
    schema.config.generation.update(with_security_parameters=False)  # made-up tokens are refused everywhere
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()

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
            case.call_and_validate(checks=CHECKS)

        try:
            keeps_the_contract()
        except Unsatisfiable:  # every request to it fits: its only argument is a text in the address
            continue
        tried += 1
    return tried


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 10**9)


def test_requests_that_fit_keep_the_contract(app: Flask, demo: str) -> None:
    assert try_every_operation(app, GenerationMode.POSITIVE) >= 15


def test_requests_that_do_not_fit_keep_the_contract(app: Flask, demo: str) -> None:
    assert try_every_operation(app, GenerationMode.NEGATIVE) >= 10


def test_control_an_answer_that_breaks_the_contract_is_found(
    app: Flask, demo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "cinemas", lambda: [object()])
    with pytest.raises(FailureGroup):
        try_every_operation(app, GenerationMode.POSITIVE)
