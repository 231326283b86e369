"""The promises of the tasks: how they run, scale, are replaced, and are reached."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.environments import DEVELOPMENT, PRODUCTION, HotSale
from infra.parts import PARTS, WEB_PARTS
from tests.infra.resources import HOT_SALE, app_containers, of_type, only

Documents = dict[str, dict[str, Any]]
# CloudFormation takes so many bytes of a template inline. CDK uploads templates to a bucket, where the limit is 1 MB.
INLINE, UPLOADED = 51_200, 1_000_000
# The stacks that are larger: a dozen resources for each part of the application, alarms of each part, and the document
# of the API with all its addresses.
LARGER = {"edge", "observability", "services"}


@pytest.mark.parametrize("part", [*(one.name for one in PARTS), "commands"])
def test_a_task_writes_to_its_own_tmp_alone_and_is_not_root(documents: Documents, part: str) -> None:
    container = app_containers(documents["services"])[part]
    assert container["ReadonlyRootFilesystem"] is True
    assert container["User"] == "10001"
    assert [one["ContainerPath"] for one in container["LinuxParameters"]["Tmpfs"]] == ["/tmp"]
    assert container["StopTimeout"] == 30


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_task_that_does_not_work_is_replaced(documents: Documents, part: Any) -> None:
    check = app_containers(documents["services"])[part.name]["HealthCheck"]["Command"]
    kind = "web" if part.kind == "web" else "worker"
    assert check == ["CMD", "python3", "-m", "app.cli.health", kind]


def test_all_tasks_run_on_graviton(documents: Documents) -> None:
    tasks = of_type(documents["services"], "AWS::ECS::TaskDefinition").values()
    assert {one["RuntimePlatform"]["CpuArchitecture"] for one in tasks} == {"ARM64"}


def test_every_service_has_two_tasks_no_public_address_and_goes_back_if_a_roll_out_fails(
    documents: Documents,
) -> None:
    for one in of_type(documents["services"], "AWS::ECS::Service").values():
        assert "DesiredCount" not in one, "a roll-out keeps the number that scaling has chosen"
        network = one["NetworkConfiguration"]["AwsvpcConfiguration"]
        assert network["AssignPublicIp"] == "DISABLED"
        assert len(network["Subnets"]) == 3
        deployment = one["DeploymentConfiguration"]
        assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert deployment["MinimumHealthyPercent"] == 100
        assert one["AvailabilityZoneRebalancing"] == "ENABLED"


def test_only_the_worker_that_makes_pdfs_runs_on_spot_with_one_task_on_demand(documents: Documents) -> None:
    services = of_type(documents["services"], "AWS::ECS::Service").values()
    on_spot = {
        one["ServiceName"]: one["CapacityProviderStrategy"]
        for one in services
        if "FARGATE_SPOT" in json.dumps(one["CapacityProviderStrategy"])
    }
    assert set(on_spot) == {"tickets-worker"}
    bases = {one["CapacityProvider"]: one.get("Base") for one in on_spot["tickets-worker"]}
    assert bases == {"FARGATE": 1, "FARGATE_SPOT": None}


def test_every_service_scales_web_servers_by_requests_and_workers_by_their_backlog(
    documents: Documents,
) -> None:
    targets = of_type(documents["services"], "AWS::ApplicationAutoScaling::ScalableTarget").values()
    assert len(targets) == len(PARTS)
    assert {one["MinCapacity"] for one in targets} == {PRODUCTION.least_tasks} == {2}
    policies = json.dumps(of_type(documents["services"], "AWS::ApplicationAutoScaling::ScalingPolicy"))
    assert policies.count("ECSServiceAverageCPUUtilization") == len(PARTS)
    assert policies.count("ALBRequestCountPerTarget") == len(WEB_PARTS)
    assert policies.count("/ FILL(running, 1)") == len([part for part in PARTS if part.queues])
    queues = of_type(documents["messaging"], "AWS::SQS::Queue")
    assert sum(len(part.queues) for part in PARTS) == len(queues) // 2


def test_a_worker_scales_by_all_of_its_queues(documents: Documents) -> None:
    """The worker of users sends mails and webhooks, and reads bounces, which have queues of their own."""
    policies = of_type(documents["services"], "AWS::ApplicationAutoScaling::ScalingPolicy").values()
    exports = documents["messaging"]["Outputs"]
    names = {one["Export"]["Name"]: json.dumps(one["Value"]) for one in exports.values()}
    for part in PARTS:
        if part.queues:
            (policy,) = [one for one in policies if one["PolicyName"] == f"{part.id}ServiceBacklog"]
            asked = policy["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"][
                "Metrics"
            ]
            (expression,) = [one["Expression"] for one in asked if "Expression" in one]
            waiting = [
                one for one in asked if "MessagesVisible" in json.dumps(one) and one["Id"] in expression
            ]
            queues = [
                names[value["Fn::ImportValue"]]
                for one in waiting
                for value in (one["MetricStat"]["Metric"]["Dimensions"][0]["Value"],)
            ]
            assert len(queues) == len(part.queues)
            assert all(any(f'"{queue.title()}' in one for one in queues) for queue in part.queues)
    assert next(one for one in PARTS if one.name == "users-worker").queues == ("bounces", "users", "webhooks")


def test_the_load_balancer_is_internal_encrypts_and_asks_whether_a_process_lives(
    documents: Documents,
) -> None:
    assert only(documents["services"], "AWS::ElasticLoadBalancingV2::LoadBalancer")["Scheme"] == "internal"
    listener = only(documents["services"], "AWS::ElasticLoadBalancingV2::Listener")
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    groups = of_type(documents["services"], "AWS::ElasticLoadBalancingV2::TargetGroup").values()
    assert {one["HealthCheckPath"] for one in groups} == {"/healthz"}
    assert len(groups) == len(WEB_PARTS)


def test_each_template_is_small_enough_to_be_sent_or_is_known_to_be_uploaded(documents: Documents) -> None:
    sizes = {name: len(json.dumps(one, separators=(",", ":"))) for name, one in documents.items()}
    assert {name: size for name, size in sizes.items() if size > INLINE and name not in LARGER} == {}
    assert max(sizes.values()) < UPLOADED
    assert max(len(one.get("Resources", ())) for one in documents.values()) <= 500


def test_a_hot_sale_is_read_from_the_context() -> None:
    sale = HotSale.read("2026-12-10T12:00Z=40")
    assert sale == HotSale(datetime(2026, 12, 10, 12, tzinfo=UTC), 40)
    for wrong in ("2026-12-10T12:00=40", "2026-12-10T12:00Z", "soon=3"):
        with pytest.raises(ValueError):
            HotSale.read(wrong)


def test_a_hot_sale_has_its_tasks_half_an_hour_before_it_begins(documents: Documents) -> None:
    targets = of_type(documents["services"], "AWS::ApplicationAutoScaling::ScalableTarget").values()
    planned = [one["ScheduledActions"] for one in targets if "ScheduledActions" in one]
    assert len(planned) == len(WEB_PARTS)
    for begin, end in planned:
        assert begin["Schedule"] == "at(2035-12-10T11:30:00)"
        assert begin["ScalableTargetAction"] == {"MinCapacity": HOT_SALE.tasks, "MaxCapacity": HOT_SALE.tasks}
        assert end["Schedule"] == "at(2035-12-10T14:00:00)"
        assert end["ScalableTargetAction"]["MinCapacity"] == PRODUCTION.least_tasks


def test_development_is_smaller_in_everything_that_costs() -> None:
    for name in ("nat_gateways", "least_tasks", "most_tasks", "task_cpu", "worker_cpu", "log_days"):
        assert getattr(DEVELOPMENT, name) < getattr(PRODUCTION, name)
    assert not DEVELOPMENT.is_multi_az
