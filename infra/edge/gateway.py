"""The bodies of the two REST APIs of API Gateway, made from our OpenAPI document.

- `public`: guests, people, kiosks and doors. Where only people may call an operation, Cognito's authorizer checks their
  token first. Elsewhere it cannot: it would refuse guests, and tokens of devices, which are not Cognito's.
- `partners`: the programme, and all that a partner's scopes allow. Each request names an API key, by which the usage
  plan counts, and the authorizer checks token and scopes.

The application checks every token itself, in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.api.document import JSON, PREFIX
from app.api.order_access import ROLES
from app.users.service import SCOPES
from infra.edge import openapi
from infra.edge.gateway_problems import gateway_responses
from infra.edge.time_limits import GATEWAY_TOTAL

Audience = Literal["public", "partners"]
# The stage's name is the beginning of our prefix: the public address is /api (stage) and /v1/films (path).
STAGE = "api"
# In the tokens of people alone: client credentials never get it. An authorizer without a scope would want ID tokens.
SCOPE_OF_PEOPLE = "openid"
AUTHORIZER, API_KEY = "cognito", "api_key"
LEAST_COMPRESSED = 1024  # bytes of an answer


@dataclass(frozen=True)
class Target:
    """The load balancer behind the gateway: its ARN, the name in its certificate, and the VPC link to it."""

    balancer_arn: str
    host: str
    vpc_link_id: str


def body(found: Mapping[str, Any], audience: Audience, target: Target, user_pool_arn: str) -> dict[str, Any]:
    """The OpenAPI 3.0 document with API Gateway's extensions. `found`: the document of the application."""
    paths: dict[str, dict[str, Any]] = {}
    names = set[str]()
    for path, method, operation in openapi.operations(found):
        security = security_of(operation, audience)
        if security is None:
            continue
        _add(paths, path, method, operation, security, target)
        if name := openapi.request_schema(operation):
            names.add(name)
    if audience == "public":
        for path in (PREFIX, f"{PREFIX}/openapi.json"):  # the document, for programs and for people
            _add(paths, path, "get", {"parameters": []}, [], target)
    return {
        "openapi": "3.0.1",
        "info": {"title": f"bilheteria-{audience}", "version": found["info"]["version"]},
        "paths": paths,
        "components": {
            "schemas": openapi.schemas(found, names),
            "securitySchemes": _security_schemes(audience, user_pool_arn),
        },
        "x-amazon-apigateway-request-validators": {
            "all": {"validateRequestBody": True, "validateRequestParameters": True}
        },
        "x-amazon-apigateway-request-validator": "all",
        "x-amazon-apigateway-gateway-responses": gateway_responses(),
        "x-amazon-apigateway-minimum-compression-size": LEAST_COMPRESSED,
    }


def security_of(operation: Mapping[str, Any], audience: Audience) -> list[dict[str, list[str]]] | None:
    """What the gateway demands of a request for this operation; None: the audience has no such operation."""
    named, for_guests = openapi.grants(operation)
    if audience == "public":
        return [{AUTHORIZER: [SCOPE_OF_PEOPLE]}] if named and not for_guests and named <= set(ROLES) else []
    scopes = sorted(named & set(SCOPES))
    if scopes:
        return [{AUTHORIZER: scopes, API_KEY: []}]
    return None if named else [{API_KEY: []}]


def _gateway_path(path: str) -> str:
    return path.removeprefix(f"/{STAGE}")


def _add(
    paths: dict[str, dict[str, Any]],
    path: str,
    method: str,
    operation: Mapping[str, Any],
    security: list[dict[str, list[str]]],
    target: Target,
) -> None:
    """Add a method to its path; with GET also HEAD, which the application answers wherever it answers GET."""
    item = paths.setdefault(_gateway_path(path), {})
    item[method] = _method(path, method, operation, security, target)
    if method == "get":
        nameless = {name: value for name, value in operation.items() if name != "operationId"}
        item["head"] = _method(path, "head", nameless, security, target)


def _method(
    path: str, method: str, operation: Mapping[str, Any], security: list[dict[str, list[str]]], target: Target
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "parameters": openapi.parameters(operation),
        "responses": {},
        "security": security,
        "x-amazon-apigateway-integration": _integration(path, method, operation, target),
    }
    if "operationId" in operation:
        made["operationId"] = operation["operationId"]
    if name := openapi.request_schema(operation):
        reference = {"$ref": f"#/components/schemas/{name}"}
        made["requestBody"] = {"required": True, "content": {JSON: {"schema": reference}}}
    return made


def _integration(path: str, method: str, operation: Mapping[str, Any], target: Target) -> dict[str, Any]:
    mapped = {
        f"integration.request.path.{one['name']}": f"method.request.path.{one['name']}"
        for one in operation["parameters"]
        if one["in"] == "path"
    }
    return {
        "type": "http_proxy",
        "httpMethod": method.upper(),
        "uri": f"https://{target.host}{path}",
        "connectionType": "VPC_LINK",
        "connectionId": target.vpc_link_id,
        "integrationTarget": target.balancer_arn,
        "timeoutInMillis": GATEWAY_TOTAL * 1000,
        "passthroughBehavior": "when_no_match",
        # The caller's own values of these headers must not reach the application. The load balancer appends the
        # gateway's address, so that two entries are ours (BILHETERIA_PROXIES).
        "requestParameters": mapped
        | {
            "integration.request.header.X-Forwarded-For": "context.identity.sourceIp",
            "integration.request.header.X-Forwarded-Host": "context.domainName",
            # The gateway compresses: it reads answers as text, so the application must not have compressed them.
            "integration.request.header.Accept-Encoding": "'identity'",
        },
    }


def _security_schemes(audience: Audience, user_pool_arn: str) -> dict[str, Any]:
    schemes: dict[str, Any] = {
        AUTHORIZER: {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "cognito_user_pools",
            "x-amazon-apigateway-authorizer": {
                "type": "cognito_user_pools",
                "providerARNs": [user_pool_arn],
            },
        }
    }
    if audience == "partners":
        schemes[API_KEY] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    return schemes
