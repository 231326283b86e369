"""Every service of the code has what it needs on AWS. The lists are made from the code: an eighth is not forgotten."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from app.core.config import PAGES, SERVICES
from app.core.messages import CONSUMERS
from app.web.service_routes import SERVICE_ROUTES
from infra.parts import PARTS, WEB_PARTS
from infra.routes import listener_rules
from tests.infra.resources import app_containers, of_type

Documents = dict[str, dict[str, Any]]


def test_every_service_has_a_web_server_and_a_worker() -> None:
    names = {part.name for part in PARTS}
    assert {*SERVICES, *(f"{one}-worker" for one in SERVICES), PAGES, "relay"} == names


def test_every_part_has_a_task_a_role_and_a_service(documents: Documents) -> None:
    services = of_type(documents["services"], "AWS::ECS::Service")
    assert {one["ServiceName"] for one in services.values()} == {part.name for part in PARTS}
    assert set(app_containers(documents["services"])) == {*(part.name for part in PARTS), "commands"}
    tasks = of_type(documents["services"], "AWS::ECS::TaskDefinition").values()
    roles = [one["TaskRoleArn"]["Fn::GetAtt"][0] for one in tasks]
    assert len(set(roles)) == len(roles)


def test_every_consuming_service_has_a_queue_and_dead_letters(documents: Documents) -> None:
    queues = of_type(documents["messaging"], "AWS::SQS::Queue").values()
    wanted = {f"bilheteria-production-{one}{end}" for one in CONSUMERS for end in ("", "-dead")}
    assert {one["QueueName"] for one in queues} == wanted


def test_the_load_balancer_sends_every_address_to_the_service_that_the_application_names() -> None:
    rules = list(listener_rules())
    assert {rule.service for rule in rules} == {part.service for part in WEB_PARTS}
    for route in SERVICE_ROUTES:
        address = "/" + "/".join("AbC123" if one.startswith("{") else one for one in route.segments)
        for path in (address, f"{address.rstrip('/')}/more"):
            assert next(r.service for r in rules if any(fnmatchcase(path, p) for p in r.patterns)) == (
                route.service
            )


def test_the_rules_of_the_load_balancer_are_those_of_the_list_in_their_order(documents: Documents) -> None:
    rules = of_type(documents["services"], "AWS::ElasticLoadBalancingV2::ListenerRule").values()
    made = [
        tuple(one["Conditions"][0]["PathPatternConfig"]["Values"])
        for one in sorted(rules, key=lambda one: int(one["Priority"]))
    ]
    assert made == [rule.patterns for rule in listener_rules()]
