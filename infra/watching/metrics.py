"""The metrics that alarms and the dashboard ask for: those of AWS by resource, and our own by `app.core.metrics`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb

from app.core.metrics import Metric
from infra.edge.gateway import STAGE, Audience
from infra.environments import Environment
from infra.watching.collector import dimensions, namespace

MINUTE, FIVE_MINUTES, HOUR = Duration.minutes(1), Duration.minutes(5), Duration.hours(1)
# The region of all metrics of CloudFront and of its firewall.
CLOUDFRONT_REGION: Final = "us-east-1"
Firewall = Literal["pages", "api"]


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

    def pool(self, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """A metric of RDS Proxy. Several machines serve it: each sends its own number, of which the sum counts."""
        return self._metric("AWS/RDS", name, {"ProxyName": self._prefix}, statistic, f"{name} {statistic}")

    def gateway(self, audience: Audience, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """A metric of a REST API. API Gateway counts `5XXError` also where it answers itself."""
        dimension = {"ApiName": f"{self._prefix}-{audience}", "Stage": STAGE}
        return self._metric("AWS/ApiGateway", name, dimension, statistic, audience, FIVE_MINUTES)

    def refused_for_rate(self, audience: Audience) -> cloudwatch.Metric:
        """Answers 429 of a REST API, counted in its access log: API Gateway counts all 4xx together."""
        space, name = edge_namespace(self._environment), too_many(audience)
        return self._metric(space, name, {}, "Sum", audience, FIVE_MINUTES)

    def cloudfront(self, distribution: str, name: str, statistic: str = "Average") -> cloudwatch.Metric:
        """A metric of the distribution with this id."""
        dimension = {"DistributionId": distribution, "Region": "Global"}
        return self._metric(
            "AWS/CloudFront",
            name,
            dimension,
            statistic,
            f"{name} {statistic}",
            FIVE_MINUTES,
            CLOUDFRONT_REGION,
        )

    def firewall(self, firewall: Firewall, name: str) -> cloudwatch.Metric:
        """`BlockedRequests` or `AllowedRequests` of a web ACL, by all of its rules together."""
        dimension = {"WebACL": f"{self._prefix}-{firewall}", "Rule": "ALL"}
        if firewall == "pages":
            region = CLOUDFRONT_REGION
        else:
            region, dimension["Region"] = None, self._environment.region
        return self._metric("AWS/WAFV2", name, dimension, "Sum", name, FIVE_MINUTES, region)

    def reputation(self, name: str) -> cloudwatch.Metric:
        """`BounceRate` or `ComplaintRate` of the account, from 0 to 1. SES sends it after each computation."""
        return self._metric("AWS/SES", f"Reputation.{name}", {}, "Average", name, HOUR)

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
        region: str | None = None,
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=space, metric_name=name, dimensions_map=dict(dimension) or None, statistic=statistic,
            period=period, label=label, region=region,
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


def edge_namespace(environment: Environment) -> str:
    """Where CloudWatch keeps what is counted in access logs."""
    return f"{namespace(environment)}/edge"


def too_many(audience: Audience) -> str:
    """The name of the metric of answers 429 of an API."""
    return f"TooManyRequests{audience.title()}"


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


def share_of_both(
    part: cloudwatch.IMetric, rest: cloudwatch.IMetric, least: int, label: str, period: Duration
) -> cloudwatch.MathExpression:
    """`part` in per cent of `part` and `rest` together; 0 while both are fewer than `least`."""
    both = "(FILL(part, 0) + FILL(rest, 0))"
    return cloudwatch.MathExpression(
        expression=f"IF({both} >= {least}, 100 * FILL(part, 0) / {both}, 0)",
        using_metrics={"part": part, "rest": rest},
        period=period,
        label=label,
    )
