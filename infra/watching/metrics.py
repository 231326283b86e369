"""The metrics that alarms and the dashboard ask for: those of AWS by resource, and our own by `app.core.metrics`."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb

from app.core.metrics import Metric
from infra.environments import Environment
from infra.watching.collector import dimensions, namespace

MINUTE, FIVE_MINUTES = Duration.minutes(1), Duration.minutes(5)


class Metrics:
    """The metrics of one environment. Names of resources are those that the other stacks give them."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._prefix = environment.prefix

    def own(
        self, metric: Metric, statistic: str = "Sum", period: Duration = FIVE_MINUTES, **labels: str
    ) -> cloudwatch.Metric:
        """A metric of the application. `labels` are all of one of its sets of dimensions, with `_` for a dot."""
        given = {
            name.replace("_", ".") if name not in metric.labels else name: v for name, v in labels.items()
        }
        assert any(set(given) == set(one) for one in dimensions(metric)), f"{metric.name} has no {given}"
        return cloudwatch.Metric(
            namespace=namespace(self._environment),
            metric_name=metric.name,
            dimensions_map=given or None,
            statistic=statistic,
            period=period,
            label=f"{metric.name} {' '.join(given.values())}".strip(),
        )

    def task(self, part: str, name: str, statistic: str = "Average") -> cloudwatch.Metric:
        """`CPUUtilization` or `MemoryUtilization` of the tasks of a part."""
        return self._metric("AWS/ECS", name, self._service(part), statistic, part)

    def tasks(self, part: str, name: str) -> cloudwatch.Metric:
        """`RunningTaskCount` or `DesiredTaskCount` of a part."""
        return self._metric("ECS/ContainerInsights", name, self._service(part), "Average", part)

    def queue(self, name: str, metric: str, statistic: str = "Maximum") -> cloudwatch.Metric:
        """A metric of the queue `orders`, or `orders-dead`."""
        dimension = {"QueueName": f"{self._prefix}-{name}"}
        return self._metric("AWS/SQS", metric, dimension, statistic, name)

    def database(self, name: str, statistic: str = "Average") -> cloudwatch.Metric:
        dimension = {"DBInstanceIdentifier": self._prefix}
        return self._metric("AWS/RDS", name, dimension, statistic, name)

    def canary(self, name: str) -> cloudwatch.Metric:
        dimension = {"CanaryName": canary_name(self._environment)}
        return self._metric("CloudWatchSynthetics", name, dimension, "Average", name, FIVE_MINUTES)

    def _service(self, part: str) -> dict[str, str]:
        return {"ClusterName": self._prefix, "ServiceName": part}

    def _metric(
        self,
        space: str,
        name: str,
        dimension: Mapping[str, str],
        statistic: str,
        label: str,
        period: Duration = MINUTE,
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=space, metric_name=name, dimensions_map=dict(dimension), statistic=statistic,
            period=period, label=label,
        )  # fmt: skip


def target(
    group: elb.ApplicationTargetGroup, alb: elb.ApplicationLoadBalancer, name: str, statistic: str, label: str
) -> cloudwatch.Metric:
    """A metric of the targets of one service at the load balancer."""
    return cloudwatch.Metric(
        namespace="AWS/ApplicationELB",
        metric_name=name,
        dimensions_map={
            "TargetGroup": group.target_group_full_name,
            "LoadBalancer": alb.load_balancer_full_name,
        },
        statistic=statistic,
        period=MINUTE,
        label=label,
    )


def canary_name(environment: Environment) -> str:
    """At most 21 characters in older runtimes: `bilheteria-production`."""
    return environment.prefix


def share(
    part: cloudwatch.IMetric,
    whole: cloudwatch.IMetric,
    least: int,
    otherwise: int,
    label: str,
    period: Duration,
) -> cloudwatch.MathExpression:
    """`part` in per cent of `whole`; `otherwise` while `whole` is below `least`, where a share says nothing."""
    return cloudwatch.MathExpression(
        expression=f"IF(FILL(whole, 0) >= {least}, 100 * FILL(part, 0) / whole, {otherwise})",
        using_metrics={"part": part, "whole": whole},
        period=period,
        label=label,
    )
