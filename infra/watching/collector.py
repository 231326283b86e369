"""The collector beside each task: traces to X-Ray, metrics to CloudWatch, by the AWS Distro for OpenTelemetry.

It is not essential: when it fails, the task goes on, and what cannot be sent is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from app.core import metrics
from infra.environments import Environment
from infra.exceptions import acknowledge

# Keep the version in step with what AWS supports; the tests cannot ask the registry.
IMAGE = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3"
PORT = 4318
# The setting of the application that names the collector: its container is in the same network space.
VARIABLES = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{PORT}"}
MEMORY = 128  # MiB, the most that it may take
# What of the labels becomes a dimension. A metric without an entry has all of its labels as dimensions.
_DIMENSIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    metrics.REQUESTS.name: (("status_class",),),
    metrics.HOLDS.name: (("outcome",),),
    metrics.MESSAGES.name: (("consumer", "outcome"),),
    metrics.MESSAGE_DURATION.name: (("consumer",),),
    metrics.MESSAGE_WAIT.name: (("consumer",),),
    metrics.TICKS.name: (("outcome",),),
}


def namespace(environment: Environment) -> str:
    """Where CloudWatch keeps our metrics."""
    return f"Bilheteria/{environment.name}"


def dimensions(metric: metrics.Metric) -> tuple[tuple[str, ...], ...]:
    """The sets of dimensions by which a metric can be asked for."""
    return _DIMENSIONS.get(metric.name, (metric.labels,))


def add_collector(
    task: ecs.FargateTaskDefinition, environment: Environment, log_group: logs.ILogGroup, name: str
) -> None:
    """Add the collector to a task, with the rights that it needs. `log_group` gets the metrics and its own log."""
    task.add_container(
        "collector",
        image=ecs.ContainerImage.from_registry(IMAGE),
        essential=False,
        environment={
            "AOT_CONFIG_CONTENT": json.dumps(configuration(environment, log_group.log_group_name, name))
        },
        memory_limit_mib=MEMORY,
        readonly_root_filesystem=True,
        user="10001",
        logging=ecs.LogDrivers.aws_logs(stream_prefix=f"collector-{name}", log_group=log_group),
    )
    for statement in _rights(log_group):
        task.add_to_task_role_policy(statement)
    _explain(task, log_group)


def configuration(environment: Environment, log_group_name: str, name: str) -> dict[str, Any]:
    """What the collector receives and where it sends it. JSON is YAML too."""
    return {
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{PORT}"}}}},
        "processors": {
            "memory_limiter": {"check_interval": "1s", "limit_mib": MEMORY * 3 // 4},
            "batch/traces": {"timeout": "1s", "send_batch_size": 50},
            "batch/metrics": {"timeout": "10s"},
        },
        "exporters": {
            "awsxray": {"region": environment.region},
            "awsemf": {
                "region": environment.region,
                "namespace": namespace(environment),
                "log_group_name": log_group_name,
                "log_stream_name": f"metrics-{name}",
                "dimension_rollup_option": "NoDimensionRollup",
                "metric_declarations": [_declaration(metric) for metric in metrics.ALL],
            },
        },
        "service": {
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": ["memory_limiter", "batch/traces"],
                    "exporters": ["awsxray"],
                },
                "metrics": {
                    "receivers": ["otlp"],
                    "processors": ["memory_limiter", "batch/metrics"],
                    "exporters": ["awsemf"],
                },
            },
            "telemetry": {"logs": {"level": "warn"}},
        },
    }


def _declaration(metric: metrics.Metric) -> dict[str, Any]:
    selector = f"^{metric.name.replace('.', '[.]')}$"
    return {"dimensions": [list(one) for one in dimensions(metric)], "metric_name_selectors": [selector]}


def _explain(task: ecs.FargateTaskDefinition, log_group: logs.ILogGroup) -> None:
    group = Stack.of(task).get_logical_id(cast(logs.CfnLogGroup, log_group.node.default_child))
    reasons = {
        "IAM5[Resource::*]": "X-Ray knows no resources.",
        f"IAM5[Resource::<{group}.Arn>:*]": "The streams of one log group.",
    }
    acknowledge(task.task_role, reasons)


def _rights(log_group: logs.ILogGroup) -> Iterable[iam.PolicyStatement]:
    # X-Ray knows no resources: it accepts traces of the account or none.
    yield iam.PolicyStatement(
        sid="SendTraces",
        actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        resources=["*"],
    )
    yield iam.PolicyStatement(
        sid="SendMetrics",
        actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        resources=[log_group.log_group_arn, f"{log_group.log_group_arn}:*"],
    )
