"""What is alarmed is really sent, each alarm leads to a runbook, and one failure calls once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from app.core import metrics
from app.core.messages import CONSUMERS
from infra.capacity import money
from infra.edge.gateway import Audience
from infra.environments import PRODUCTION
from infra.parts import PARTS, RELAYED, WEB_PARTS
from tests.infra.resources import as_list, of_type, only, policy_statements

ROOT = Path(__file__).resolve().parents[2]
Documents = dict[str, dict[str, Any]]
OWN = "Bilheteria/production"
# The metrics of AWS that we ask for, as its documentation names them.
OF_AWS = {
    "AWS/ApiGateway": {"5XXError", "Count", "Latency"},
    "AWS/ApplicationELB": {"RequestCount", "HTTPCode_Target_5XX_Count", "TargetResponseTime", "HealthyHostCount"},
    "AWS/CertificateManager": {"DaysToExpiry"},
    "AWS/CloudFront": {"5xxErrorRate", "OriginLatency", "Requests"},
    "AWS/ECS": {"CPUUtilization", "MemoryUtilization"},
    "AWS/RDS": {
        "CPUUtilization", "DatabaseConnections", "FreeStorageSpace", "ReadLatency", "WriteLatency",
        # of RDS Proxy
        "ClientConnections", "DatabaseConnectionsBorrowLatency", "DatabaseConnectionsCurrentlySessionPinned",
    },
    "AWS/SES": {"Reputation.BounceRate", "Reputation.ComplaintRate"},
    "AWS/SQS": {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
    "AWS/WAFV2": {"AllowedRequests", "BlockedRequests"},
    "CloudWatchSynthetics": {"SuccessPercent"},
    "ECS/ContainerInsights": {"DesiredTaskCount", "RunningTaskCount"},
}  # fmt: skip
# The sets of dimensions that each namespace has.
DIMENSIONS: dict[str, list[set[str]]] = {
    "AWS/ApiGateway": [{"ApiName", "Stage"}],
    "AWS/ApplicationELB": [{"LoadBalancer", "TargetGroup"}],
    "AWS/CertificateManager": [{"CertificateArn"}],
    "AWS/CloudFront": [{"DistributionId", "Region"}],
    "AWS/ECS": [{"ClusterName", "ServiceName"}],
    "AWS/RDS": [{"DBInstanceIdentifier"}, {"ProxyName"}],
    "AWS/SES": [set()],  # of the account
    "AWS/SQS": [{"QueueName"}],
    # Without a region: of CloudFront.
    "AWS/WAFV2": [{"Region", "Rule", "WebACL"}, {"Rule", "WebACL"}],
    "CloudWatchSynthetics": [{"CanaryName"}],
    "ECS/ContainerInsights": [{"ClusterName", "ServiceName"}],
}
APIS = get_args(Audience)
WITH_ALARMS = ("observability", "services", "edge-pages")


@pytest.fixture(scope="module")
def alarms(documents: Documents) -> dict[str, dict[str, Any]]:
    """Name → alarm, of all stacks that have some."""
    found = [
        alarm
        for stack in WITH_ALARMS
        for alarm in of_type(documents[stack], "AWS::CloudWatch::Alarm").values()
        if "AlarmName" in alarm
    ]
    return {alarm["AlarmName"].removeprefix("bilheteria-production-"): alarm for alarm in found}


@pytest.fixture(scope="module")
def groups(documents: Documents) -> dict[str, dict[str, Any]]:
    """Name → composite alarm, of our region."""
    return composites(documents["observability"])


def composites(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = of_type(document, "AWS::CloudWatch::CompositeAlarm").values()
    return {one["AlarmName"].removeprefix("bilheteria-production-"): one for one in found}


def asked(alarm: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(namespace, name, dimensions) of each metric of an alarm."""
    stats = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    for metric in stats or [alarm]:
        dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", ())}
        yield metric["Namespace"], metric["MetricName"], dimensions


def shown(documents: Documents) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The same of each metric of the dashboard."""
    body = only(documents["observability"], "AWS::CloudWatch::Dashboard")["DashboardBody"]
    text = "".join(part if isinstance(part, str) else "REFERENCE" for part in body["Fn::Join"][1])
    for widget in json.loads(text)["widgets"]:
        for metric in widget["properties"].get("metrics", ()):
            words = [one for one in metric if isinstance(one, str)]
            if words:
                yield words[0], words[1], dict(zip(words[2::2], words[3::2], strict=True))


def counted_in_logs(documents: Documents) -> set[tuple[str, str]]:
    """(namespace, name) of the metrics that are counted in logs."""
    filters = of_type(documents["edge"], "AWS::Logs::MetricFilter").values()
    made = [one for found in filters for one in found["MetricTransformations"]]
    return {(one["MetricNamespace"], one["MetricName"]) for one in made}


def assert_sent(documents: Documents, space: str, name: str, dimensions: dict[str, Any]) -> None:
    if (space, name) in counted_in_logs(documents):
        assert not dimensions
        return
    if space != OWN:
        assert name in OF_AWS[space], f"{space} has no {name}"
        assert set(dimensions) in DIMENSIONS[space], f"{space} {name}: {dimensions}"
        return
    known = {metric.name: metric for metric in metrics.ALL}
    assert name in known, f"the application sends no {name}"
    assert set(dimensions) <= set(known[name].labels), f"{name} has no {dimensions}"


def test_each_alarm_asks_for_a_metric_that_something_sends(
    alarms: dict[str, Any], documents: Documents
) -> None:
    for alarm in alarms.values():
        for metric in asked(alarm):
            assert_sent(documents, *metric)


def test_the_dashboard_shows_metrics_that_something_sends(documents: Documents) -> None:
    found = list(shown(documents))
    for metric in found:
        assert_sent(documents, *metric)
    assert found[0][:2] == (OWN, metrics.TICKETS.name), "business comes first"
    assert {metrics.HOLD_LOSSES.name, metrics.CHARGES.name, metrics.ADMISSIONS.name} <= {
        name for _, name, _ in found
    }


def test_the_values_of_labels_are_those_that_the_code_records(
    alarms: dict[str, Any], documents: Documents
) -> None:
    """An event or outcome that no code records would never be counted."""
    explained = (ROOT / "docs/telemetry.md").read_text()
    verdicts = (ROOT / "app/tickets/door_views.py").read_text()
    every = [*shown(documents), *(one for alarm in alarms.values() for one in asked(alarm))]
    for space, name, dimensions in every:
        for label, value in dimensions.items() if space == OWN else ():
            known = {
                "verdict": f'"{value}"' in verdicts,
                "consumer": value in CONSUMERS,
                "status_class": value in ("2xx", "3xx", "4xx", "5xx"),
            }.get(label, f"`{value}`" in explained)
            assert known, f"{name}: no {label} is {value}"


def heading_exists(link: str) -> bool:
    """Whether the file has the heading that the link names, as GitHub makes names of headings."""
    file, _, wanted = link.partition("/blob/main/")[2].partition("#")
    text = (ROOT / file).read_text() if (ROOT / file).is_file() else ""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return wanted in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


def test_each_alarm_links_to_a_heading_of_a_runbook(alarms: dict[str, Any]) -> None:
    for name, alarm in alarms.items():
        link = re.search(r"Runbook: (\S+)$", alarm["AlarmDescription"])
        assert link is not None, name
        assert heading_exists(link[1]), f"{name}: {link[1]}"


def test_control_a_heading_that_does_not_exist_is_found() -> None:
    assert heading_exists("x/blob/main/docs/runbooks/queues.md#dead-letters")
    assert not heading_exists("x/blob/main/docs/runbooks/queues.md#lost-letters")
    assert not heading_exists("x/blob/main/docs/runbooks/letters.md#dead-letters")


def test_each_service_queue_and_part_of_the_edge_has_its_alarms(alarms: dict[str, Any]) -> None:
    wanted = {f"{part.name}-{what}" for part in PARTS for what in ("tasks", "processor", "memory")}
    wanted |= {f"{part.name}-{what}" for part in WEB_PARTS for what in ("errors", "slow", "away")}
    wanted |= {f"{one}-{what}" for one in CONSUMERS for what in ("queue-age", "queue-depth", "dead-letters")}
    wanted |= {f"{one}-outbox-age" for one in RELAYED}
    wanted |= {f"database-{what}" for what in ("storage", "connections", "processor", "writes")}
    wanted |= {f"pool-{what}" for what in ("wait", "clients", "pinned")}
    wanted |= {f"gateway-{api}-{what}" for api in APIS for what in ("errors", "slow", "limited")}
    wanted |= {f"firewall-{one}-{what}" for one in ("pages", "api") for what in ("blocked", "jump")}
    wanted |= {"cloudfront-errors", "cloudfront-slow", "mail-bounces", "mail-complaints"}
    wanted |= {"certificate-load-balancer", "purchase-fails", "payments-confirmed", "holds-lost"}
    assert wanted <= set(alarms)


def test_mails_call_before_ses_stops_the_account(alarms: dict[str, Any]) -> None:
    """Its shares are from 0 to 1. It reviews an account at 5 % of bounces, and at 0.1 % of complaints."""
    assert alarms["mail-bounces"]["Threshold"] == 0.05
    assert alarms["mail-complaints"]["Threshold"] == 0.001
    for one in ("bounces", "complaints"):
        assert alarms[f"mail-{one}"]["Metrics"][0]["MetricStat"]["Period"] == 3600


def test_one_failure_calls_once(alarms: dict[str, Any], groups: dict[str, Any], documents: Documents) -> None:
    """Only groups call, and each alarm is in one of them; the database's failure holds back the others."""
    assert [name for name, one in alarms.items() if one.get("AlarmActions")] == []
    assert all(one["AlarmActions"] for one in groups.values())
    every = groups | composites(documents["edge-pages"])
    rules = {name: json.dumps(one["AlarmRule"]) for name, one in every.items()}
    assert sum(rule.count("ALARM(") for rule in rules.values()) == len(alarms)
    assert {name for name, one in groups.items() if "ActionsSuppressor" not in one} == {"database"}


def test_alarms_of_cloudfront_are_in_its_region_and_reach_the_one_topic(documents: Documents) -> None:
    """The composite alarm there → EventBridge there → EventBridge here → the topic."""
    pages, here = documents["edge-pages"], documents["observability"]
    ((name, composite),) = composites(pages).items()
    assert "AlarmActions" not in composite
    assert of_type(pages, "AWS::SNS::Topic") == {}
    sent, received = (only(one, "AWS::Events::Rule") for one in (pages, here))
    for rule in (sent, received):
        assert f":alarm:bilheteria-production-{name}" in json.dumps(rule["EventPattern"]["resources"])
        assert ":cloudwatch:us-east-1:" in json.dumps(rule["EventPattern"]["resources"])
        assert rule["EventPattern"]["detail"] == {"state": {"value": ["ALARM", "OK"]}}
    assert ":events:sa-east-1:" in json.dumps(sent["Targets"][0]["Arn"])
    topic = next(iter(of_type(here, "AWS::SNS::Topic")))
    assert received["Targets"][0]["Arn"] == {"Ref": topic}
    role = received["Targets"][0]["RoleArn"]["Fn::GetAtt"][0]
    (policy,) = [one for one in of_type(here, "AWS::IAM::Policy").values() if {"Ref": role} in one["Roles"]]
    allowed = {a for one in policy["PolicyDocument"]["Statement"] for a in as_list(one["Action"])}
    assert {"sns:Publish", "kms:Decrypt", "kms:GenerateDataKey*"} <= allowed


def test_metrics_of_cloudfront_are_asked_for_where_they_are(documents: Documents) -> None:
    """An alarm elsewhere would have no data, and the origin's latency is sent only when it is switched on."""
    for stack in WITH_ALARMS:
        asked_for = json.dumps(of_type(documents[stack], "AWS::CloudWatch::Alarm"))
        assert ("AWS/CloudFront" in asked_for) == (stack == "edge-pages")
    assert of_type(documents["edge-pages"], "AWS::CloudFront::MonitoringSubscription")


def test_the_topic_is_encrypted_and_known_services_publish(documents: Documents) -> None:
    document = documents["observability"]
    assert "KmsMasterKeyId" in only(document, "AWS::SNS::Topic")
    statements = only(document, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    allowed = {
        name
        for one in statements
        if one["Effect"] == "Allow"
        for name in as_list(one["Principal"]["Service"])
    }
    assert allowed == {"cloudwatch.amazonaws.com", "events.rds.amazonaws.com", "budgets.amazonaws.com"}
    assert only(document, "AWS::KMS::Key")["EnableKeyRotation"] is True


def test_a_failover_and_the_budget_call(documents: Documents) -> None:
    document = documents["observability"]
    assert "failover" in only(document, "AWS::RDS::EventSubscription")["EventCategories"]
    budget = only(document, "AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": money.budget(PRODUCTION), "Unit": "USD"}
    notices = budget["NotificationsWithSubscribers"]
    assert [one["Notification"]["NotificationType"] for one in notices] == ["ACTUAL", "FORECASTED"]
    assert {one["Subscribers"][0]["SubscriptionType"] for one in notices} == {"SNS"}


def test_the_canary_tries_a_purchase_every_five_minutes(documents: Documents) -> None:
    canary = only(documents["observability"], "AWS::Synthetics::Canary")
    module, function = canary["Code"]["Handler"].split(".")
    assert f"def {function}(" in (ROOT / f"infra/canary/python/{module}.py").read_text()
    assert canary["Schedule"]["Expression"] == "rate(5 minutes)"
    assert canary["RunConfig"]["EnvironmentVariables"] == {
        "PUBLIC_URL": "https://ingressos.cinelanterna.example"
    }


def test_each_task_has_a_collector_whose_failure_does_not_end_it(documents: Documents) -> None:
    tasks = of_type(documents["services"], "AWS::ECS::TaskDefinition").values()
    for task in tasks:
        (collector,) = [one for one in task["ContainerDefinitions"] if one["Name"] == "collector"]
        assert collector["Essential"] is False
        assert collector["ReadonlyRootFilesystem"] is True
        assert re.search(r":v\d+\.\d+\.\d+$", collector["Image"]), "not pinned"


def test_the_collector_passes_every_metric_on(documents: Documents) -> None:
    task = next(iter(of_type(documents["services"], "AWS::ECS::TaskDefinition").values()))
    (collector,) = [one for one in task["ContainerDefinitions"] if one["Name"] == "collector"]
    (variable,) = collector["Environment"]
    parts = variable["Value"]["Fn::Join"][1]
    settings = json.loads("".join(one if isinstance(one, str) else "REFERENCE" for one in parts))
    exporter = settings["exporters"]["awsemf"]
    assert exporter["namespace"] == OWN
    for metric in metrics.ALL:
        declared = [
            one["dimensions"]
            for one in exporter["metric_declarations"]
            if any(re.match(selector, metric.name) for selector in one["metric_name_selectors"])
        ]
        assert len(declared) == 1, metric.name
        assert all(set(one) <= set(metric.labels) for one in declared[0])
    assert settings["receivers"]["otlp"]["protocols"]["http"]["endpoint"] == "127.0.0.1:4318"


def test_tasks_may_send_traces_and_nothing_else_to_every_resource(documents: Documents) -> None:
    wide = [
        one
        for _, one in policy_statements(documents["services"])
        if one["Resource"] == "*" and one.get("Sid")
    ]
    assert {one["Sid"] for one in wide} == {"SendTraces"}
    assert all(set(one["Action"]) == {"xray:PutTraceSegments", "xray:PutTelemetryRecords"} for one in wide)


def test_a_roll_out_goes_back_when_its_alarms_fire(documents: Documents, alarms: dict[str, Any]) -> None:
    services = of_type(documents["services"], "AWS::ECS::Service").values()
    for part in WEB_PARTS:
        (service,) = [one for one in services if one["ServiceName"] == part.name]
        deployment = service["DeploymentConfiguration"]
        watched = deployment["Alarms"]
        assert (watched["Enable"], watched["Rollback"]) == (True, True)
        assert set(watched["AlarmNames"]) == {
            f"bilheteria-production-{part.name}-errors",
            f"bilheteria-production-{part.name}-slow",
        }
        assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}


def test_every_log_group_ends_and_the_cluster_reports_its_containers(documents: Documents) -> None:
    with_resources = {name: one for name, one in documents.items() if "Resources" in one}
    for name, document in with_resources.items():
        for id, group in of_type(document, "AWS::Logs::LogGroup").items():
            assert group["RetentionInDays"] <= 90, f"{name} {id}"
    settings = only(documents["services"], "AWS::ECS::Cluster")["ClusterSettings"]
    assert {"Name": "containerInsights", "Value": "enabled"} in settings
