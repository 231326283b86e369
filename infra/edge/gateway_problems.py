"""The answers that API Gateway gives itself, as problem documents with the application's codes."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from app.api.document import PROBLEM
from app.api.problems import TYPE

# Kind of answer: status and code. The codes are the application's, so that a client knows one list (docs/api.md).
_ANSWERS = {
    "BAD_REQUEST_BODY": (422, "arguments", "The body does not fit the OpenAPI document."),
    "BAD_REQUEST_PARAMETERS": (422, "arguments", "A required parameter is missing."),
    "UNAUTHORIZED": (401, "token.invalid", "A valid access token is needed."),
    "ACCESS_DENIED": (403, "token.scope", "The token does not allow this."),
    "INVALID_API_KEY": (403, "forbidden", "A valid x-api-key is needed."),
    "WAF_FILTERED": (403, "forbidden", "The request was refused."),
    "MISSING_AUTHENTICATION_TOKEN": (404, "not_found", "There is nothing at this address."),
    "REQUEST_TOO_LARGE": (413, "request_entity_too_large", "The body is too large."),
    "THROTTLED": (429, "too_many", "Too many requests. Try again in a minute."),
    "QUOTA_EXCEEDED": (429, "too_many", "Too many requests. Try again later."),
    "INTEGRATION_FAILURE": (503, "service_unavailable", "A part of the service does not answer. Try again."),
    "INTEGRATION_TIMEOUT": (504, "gateway_timeout", "A part of the service does not answer. Try again."),
}
_RETRY_SECONDS = {429: "60", 503: "5", 504: "5"}


def gateway_responses() -> dict[str, Any]:
    """The value of `x-amazon-apigateway-gateway-responses`."""
    return {kind: _response(*answer) for kind, answer in _ANSWERS.items()}


def _response(status: int, code: str, detail: str) -> dict[str, Any]:
    headers = {"Content-Type": PROBLEM, "Cache-Control": "no-store"}
    if status in _RETRY_SECONDS:
        headers["Retry-After"] = _RETRY_SECONDS[status]
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    title = HTTPStatus(status).phrase
    body = {"type": TYPE + code, "title": title, "status": status, "code": code, "detail": detail}
    return {
        "statusCode": status,
        "responseParameters": {
            f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()
        },
        # The gateway chooses a template by the request's Accept, and this one if none fits.
        "responseTemplates": {"application/json": json.dumps(body)},
    }
