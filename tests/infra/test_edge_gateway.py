"""API Gateway: every operation of our OpenAPI document has its method, and asks for what the operation needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask

from app.api.document import PREFIX, as_dict
from app.core import config
from app.core.config import PAGES
from app.users.service import SCOPES
from app.web.service_routes import SERVICE_ROUTES, service_of
from infra.edge import openapi
from infra.edge.gateway import STAGE
from infra.edge.time_limits import GATEWAY_TOTAL
from infra.routes import listener_rules
from tests.infra.resources import of_type, only

Documents = dict[str, dict[str, Any]]
EXTENSION = "x-amazon-apigateway"
# API Gateway reads bodies by draft 4, and refuses or ignores everything else that a schema may say.
KNOWN = {"$ref", "type", "properties", "items", *openapi._KNOWN}


@pytest.fixture(scope="module")
def application() -> Iterator[Flask]:
    before = config._current
    yield openapi.application()
    config._current = before


@pytest.fixture(scope="module")
def document(application: Flask) -> dict[str, Any]:
    """The document of the application."""
    with application.app_context():
        return as_dict()


@pytest.fixture(scope="module")
def bodies(documents: Documents) -> dict[str, dict[str, Any]]:
    """Audience → the body of its REST API."""
    apis = of_type(documents["edge"], "AWS::ApiGateway::RestApi").values()
    return {one["Name"].rpartition("-")[2]: one["Body"] for one in apis}


def methods(body: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """operationId → path, method and what the gateway has for it; only of operations."""
    return {
        made["operationId"]: (path, method, made)
        for path, item in body["paths"].items()
        for method, made in item.items()
        if "operationId" in made
    }


def test_every_operation_has_its_method_at_its_address(
    document: dict[str, Any], bodies: dict[str, dict[str, Any]]
) -> None:
    found = {id: (f"/{STAGE}{path}", method) for id, (path, method, _) in methods(bodies["public"]).items()}
    wanted = {one["operationId"]: (path, method) for path, method, one in openapi.operations(document)}
    assert found == wanted


def test_paths_and_methods_of_the_gateway_are_those_of_the_applications_routes(
    application: Flask, bodies: dict[str, dict[str, Any]]
) -> None:
    """HEAD as well. OPTIONS is left to the application's own hosts: pages of other sites may not read the API."""
    found = {
        (f"/{STAGE}{path}", method) for path, item in bodies["public"]["paths"].items() for method in item
    }
    wanted = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in application.url_map.iter_rules()
        if f"{rule.rule}/".startswith(f"{PREFIX}/")
        for method in (rule.methods or set()) - {"OPTIONS"}
    }
    assert found == wanted


def test_head_asks_for_what_get_asks_for(bodies: dict[str, dict[str, Any]]) -> None:
    for body in bodies.values():
        for item in body["paths"].values():
            assert ("head" in item) == ("get" in item)
            if "head" in item:
                assert item["head"]["security"] == item["get"]["security"]
                assert item["head"]["parameters"] == item["get"]["parameters"]
                assert "operationId" not in item["head"]


def test_the_load_balancer_sends_every_route_of_the_application_to_its_service(application: Flask) -> None:
    rules = list(listener_rules())
    for route in application.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "AbC-123", route.rule)
        rule = next(one for one in rules if any(fnmatchcase(path, pattern) for pattern in one.patterns))
        assert rule.service == service_of(route.rule), route.rule


def test_every_service_of_the_api_is_reached_through_the_gateway(bodies: dict[str, dict[str, Any]]) -> None:
    served = {service_of(f"/{STAGE}{path}") for path in bodies["public"]["paths"]}
    assert served == {route.service for route in SERVICE_ROUTES if route.path.startswith(PREFIX)} | {PAGES}
    assert {rule.service for rule in listener_rules()} >= served


def test_every_method_leads_to_the_load_balancer_through_the_vpc_link(
    documents: Documents, bodies: dict[str, dict[str, Any]]
) -> None:
    link = next(iter(of_type(documents["edge"], "AWS::ApiGatewayV2::VpcLink")))
    for body in bodies.values():
        for path, item in body["paths"].items():
            for method, made in item.items():
                way = made[f"{EXTENSION}-integration"]
                assert (way["type"], way["connectionType"], way["httpMethod"]) == (
                    "http_proxy",
                    "VPC_LINK",
                    method.upper(),
                )
                assert way["connectionId"] == {"Ref": link}
                assert "LoadBalancer" in json.dumps(way["integrationTarget"])
                assert way["uri"].startswith("https://")
                assert way["uri"].endswith(f"/{STAGE}{path}")
                assert way["timeoutInMillis"] == GATEWAY_TOTAL * 1000


def test_a_caller_cannot_name_its_own_address_or_host(bodies: dict[str, dict[str, Any]]) -> None:
    for body in bodies.values():
        for item in body["paths"].values():
            for made in item.values():
                mapped = made[f"{EXTENSION}-integration"]["requestParameters"]
                assert mapped["integration.request.header.X-Forwarded-For"] == "context.identity.sourceIp"
                assert mapped["integration.request.header.X-Forwarded-Host"] == "context.domainName"


def test_the_gateway_compresses_and_the_application_does_not(bodies: dict[str, dict[str, Any]]) -> None:
    for body in bodies.values():
        assert body[f"{EXTENSION}-minimum-compression-size"] == 1024
        for item in body["paths"].values():
            for made in item.values():
                mapped = made[f"{EXTENSION}-integration"]["requestParameters"]
                assert mapped["integration.request.header.Accept-Encoding"] == "'identity'"


def test_only_operations_of_people_alone_have_the_authorizer(bodies: dict[str, dict[str, Any]]) -> None:
    """Guests have no token, and kiosks and doors have one that Cognito does not know."""
    guarded = {id for id, (_, _, made) in methods(bodies["public"]).items() if made["security"]}
    assert guarded == {
        "decideAdmission",
        "listDevices",
        "renameDevice",
        "revokeDevice",
        "readAccount",
        "listOwnOrders",
    }


def test_partners_need_a_key_and_the_scopes_of_the_document(
    document: dict[str, Any], bodies: dict[str, dict[str, Any]]
) -> None:
    made = methods(bodies["partners"])
    for _, _, operation in openapi.operations(document):
        named, _ = openapi.grants(operation)
        scopes = sorted(named & set(SCOPES))
        if scopes:
            assert made[operation["operationId"]][2]["security"] == [{"cognito": scopes, "api_key": []}]
        elif named:
            assert operation["operationId"] not in made
        else:
            assert made[operation["operationId"]][2]["security"] == [{"api_key": []}]


def test_the_gateway_validates_bodies_and_required_parameters(bodies: dict[str, dict[str, Any]]) -> None:
    for body in bodies.values():
        assert body[f"{EXTENSION}-request-validator"] == "all"
        assert body[f"{EXTENSION}-request-validators"]["all"] == {
            "validateRequestBody": True,
            "validateRequestParameters": True,
        }
        for _, _, made in methods(body).values():
            required = {one["name"] for one in made["parameters"] if one["required"]}
            assert made["operationId"] != "createOrder" or "Idempotency-Key" in required
            if "requestBody" in made:
                name = made["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                assert body["components"]["schemas"][name]["type"] == "object"


def test_schemas_have_nothing_that_api_gateway_does_not_know(bodies: dict[str, dict[str, Any]]) -> None:
    def check(schema: dict[str, Any]) -> None:
        assert schema.keys() <= KNOWN
        assert "type" not in schema or isinstance(schema["type"], str)
        for one in schema.get("properties", {}).values():
            check(one)
        if "items" in schema:
            check(schema["items"])

    for body in bodies.values():
        for name, schema in body["components"]["schemas"].items():
            assert name.isalnum()
            check(schema)


@pytest.mark.parametrize(
    ("name", "fitting", "not_fitting"),
    [
        ("NewOrder", {"screening": 1, "seats": None, "quantity": 2}, {"quantity": 2}),
        ("NewOrder", {"screening": 1, "seats": [3, 4]}, {"screening": 1, "unknown": 1}),
        ("NewAdmission", {"code": "BIL1", "nonce": "no uuid", "screening": None}, {"code": ""}),
        (
            "NewPayment",
            {"name": "Ana", "email": "ana@example.org", "method": "pix", "total": 1},
            {"name": "Ana", "email": "ana@example.org", "method": "cheque", "total": 1},
        ),
    ],
)
def test_the_gateway_refuses_early_and_never_what_fits(
    document: dict[str, Any], name: str, fitting: object, not_fitting: object
) -> None:
    found = openapi.schemas(document, {name})
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": found}}
    assert jsonschema_rs.Draft4Validator(schema).is_valid(fitting)
    assert not jsonschema_rs.Draft4Validator(schema).is_valid(not_fitting)


def test_a_converted_schema_accepts_null_where_ours_does() -> None:
    given = {"type": ["integer", "null"], "minimum": 1}
    assert openapi.schema(given) == {}
    assert openapi.schema({"type": "array", "items": given, "maxItems": 3}) == {"type": "array", "items": {}}
    assert openapi.schema({"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}) == {}


def test_the_gateways_own_answers_are_problem_documents(bodies: dict[str, dict[str, Any]]) -> None:
    for kind, answer in bodies["public"][f"{EXTENSION}-gateway-responses"].items():
        problem = json.loads(answer["responseTemplates"]["application/json"])
        assert problem["status"] == answer["statusCode"], kind
        assert problem["type"] == f"urn:bilheteria:problem:{problem['code']}"
        assert (
            answer["responseParameters"]["gatewayresponse.header.Content-Type"]
            == "'application/problem+json'"
        )


def test_both_apis_are_reached_by_their_own_hosts_alone_behind_the_firewall(documents: Documents) -> None:
    apis = of_type(documents["edge"], "AWS::ApiGateway::RestApi")
    assert all(one["DisableExecuteApiEndpoint"] is True for one in apis.values())
    hosts = of_type(documents["edge"], "AWS::ApiGateway::DomainName").values()
    assert {one["DomainName"].partition(".")[0] for one in hosts} == {"api", "partners"}
    assert {one["SecurityPolicy"] for one in hosts} == {"TLS_1_2"}
    assert len(of_type(documents["edge"], "AWS::WAFv2::WebACLAssociation")) == len(apis) == 2


def test_stages_limit_requests_and_orders_more(documents: Documents) -> None:
    for stage in of_type(documents["edge"], "AWS::ApiGateway::Stage").values():
        limits = {one["ResourcePath"]: one["ThrottlingRateLimit"] for one in stage["MethodSettings"]}
        assert 0 < limits["/~1v1~1orders"] < limits["/*"]
        assert stage["TracingEnabled"] is True


def test_partners_have_usage_plans(documents: Documents) -> None:
    plans = of_type(documents["edge"], "AWS::ApiGateway::UsagePlan").values()
    assert {one["Throttle"]["RateLimit"] for one in plans} == {10, 100}


def test_access_logs_hold_no_personal_data(documents: Documents) -> None:
    for stage in of_type(documents["edge"], "AWS::ApiGateway::Stage").values():
        fields = json.loads(stage["AccessLogSetting"]["Format"]).values()
        assert "$context.resourcePath" in fields
        for private in ("sourceIp", "userAgent", "$context.path", "authorizer", "caller", "identity.user"):
            assert not any(private in one for one in fields), private
        assert {one["LoggingLevel"] for one in stage["MethodSettings"] if "LoggingLevel" in one} <= {"OFF"}
        assert not any(one.get("DataTraceEnabled") for one in stage["MethodSettings"])


def test_the_load_balancer_is_reached_by_the_gateway_and_cloudfront_alone(documents: Documents) -> None:
    rules = of_type(documents["edge"], "AWS::EC2::SecurityGroupIngress").values()
    sources = {key for one in rules for key in one if key.startswith(("Source", "Cidr"))}
    assert sources == {"SourceSecurityGroupId", "SourcePrefixListId"}
    balancers = of_type(documents["services"], "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert {one["Scheme"] for one in balancers.values()} == {"internal"}
    assert only(documents["edge"], "AWS::ApiGatewayV2::VpcLink")["SecurityGroupIds"]
