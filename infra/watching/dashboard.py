"""The dashboard: business first, then what customers feel, the edge, each service, the queues and the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from app.core import metrics as own
from infra.edge.gateway import Audience
from infra.environments import Environment
from infra.parts import PARTS, QUEUES
from infra.watching.metrics import FIVE_MINUTES, MINUTE, Metrics, share, target

Row = list[cloudwatch.IWidget]
WIDTH = 24


@dataclass(frozen=True)
class Shown:
    """The resources of other stacks that it shows: part → target group, the load balancer, the distribution's id."""

    groups: Mapping[str, elb.ApplicationTargetGroup]
    alb: elb.ApplicationLoadBalancer
    distribution: str


def dashboard(
    scope: Construct, environment: Environment, shown: Shown, calls: Sequence[cloudwatch.IAlarm]
) -> cloudwatch.Dashboard:
    """Make the dashboard of an environment."""
    metrics = Metrics(environment)
    made = cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=environment.prefix)
    made.add_widgets(cloudwatch.AlarmStatusWidget(title="Calls", alarms=calls, width=WIDTH, height=2))
    made.add_widgets(*_business(metrics))
    made.add_widgets(*_customers(metrics))
    made.add_widgets(*_pages_edge(metrics, shown.distribution))
    made.add_widgets(*_api_edge(metrics))
    for part, group in shown.groups.items():
        made.add_widgets(*_service(part, group, shown.alb, metrics))
    made.add_widgets(*_queues(metrics))
    made.add_widgets(*_database(metrics), *_tasks(metrics))
    made.add_widgets(*_pool(metrics))
    return made


def _graph(
    title: str,
    left: Sequence[cloudwatch.IMetric],
    right: Sequence[cloudwatch.IMetric] = (),
    *,
    width: int = 6,
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(left), right=list(right), width=width, height=6)


def _business(metrics: Metrics) -> Row:
    """Sales, lost holds, payments, doors: what the cinema feels."""
    held, lost = (metrics.own(own.HOLDS, outcome=one) for one in ("held", "seats_lost"))
    paid, asked = (metrics.own(own.CHARGES, event=one) for one in ("paid", "request"))
    issued = metrics.own(own.TICKETS, period=MINUTE)
    paid_orders = metrics.own(own.ORDERS, period=MINUTE, event="settle")
    return [
        _graph("Tickets a minute", [issued], [paid_orders]),
        _graph("Holds", [held, lost], [metrics.own(own.HOLD_LOSSES)]),
        _graph(
            "Payments confirmed, per cent", [share(paid, asked, 1, 100, "confirmed", FIVE_MINUTES)], [asked]
        ),
        _graph(
            "Admissions",
            [metrics.own(own.ADMISSIONS, verdict=one) for one in ("admitted", "already", "forged")],
        ),
    ]


def _customers(metrics: Metrics) -> Row:
    classes = [
        metrics.own(own.REQUESTS, "SampleCount", MINUTE, status_class=one) for one in ("2xx", "4xx", "5xx")
    ]
    return [
        _graph("Canary: successful purchases, per cent", [metrics.canary("SuccessPercent")]),
        _graph("Answers by class", classes),
        _graph(
            "PDF, seconds",
            [metrics.own(own.PDF_DURATION, "Maximum"), metrics.own(own.PDF_DURATION, "Average")],
        ),
        _graph("Refunds", [metrics.own(own.REFUNDS, event=one) for one in ("request", "done", "refused")]),
    ]


def _pages_edge(metrics: Metrics, distribution: str) -> Row:
    """CloudFront and its firewall."""
    latency = [metrics.cloudfront(distribution, "OriginLatency", one) for one in ("p50", "p95")]
    return [
        _graph("CloudFront: requests", [metrics.cloudfront(distribution, "Requests", "Sum")]),
        _graph("CloudFront: 5xx, per cent", [metrics.cloudfront(distribution, "5xxErrorRate")]),
        _graph("CloudFront: milliseconds until the pages answer", latency),
        _graph("Firewall of the pages: refused", [metrics.firewall("pages", "BlockedRequests")]),
    ]


def _api_edge(metrics: Metrics) -> Row:
    """API Gateway and its firewall."""
    audiences = get_args(Audience)
    return [
        _graph("API Gateway: 5xx", [metrics.gateway(one, "5XXError") for one in audiences]),
        _graph(
            "API Gateway: milliseconds, p95", [metrics.gateway(one, "Latency", "p95") for one in audiences]
        ),
        _graph("API Gateway: answers 429", [metrics.refused_for_rate(one) for one in audiences]),
        _graph("Firewall of the API: refused", [metrics.firewall("api", "BlockedRequests")]),
    ]


def _service(
    part: str, group: elb.ApplicationTargetGroup, alb: elb.ApplicationLoadBalancer, metrics: Metrics
) -> Row:
    """The golden signals: traffic, errors, latency, saturation."""
    return [
        _graph(f"{part}: requests", [target(group, alb, "RequestCount", "Sum", "requests")]),
        _graph(f"{part}: errors", [target(group, alb, "HTTPCode_Target_5XX_Count", "Sum", "5xx")]),
        _graph(
            f"{part}: seconds",
            [target(group, alb, "TargetResponseTime", one, one) for one in ("p50", "p95", "p99")],
        ),
        _graph(
            f"{part}: processor and memory, per cent",
            [metrics.task(part, "CPUUtilization"), metrics.task(part, "MemoryUtilization")],
            [metrics.tasks(part, "RunningTaskCount")],
        ),
    ]


def _queues(metrics: Metrics) -> Row:
    handled = [metrics.own(own.MESSAGES, consumer=one, outcome="done") for one in QUEUES]
    return [
        _graph(
            "Oldest message, seconds", [metrics.queue(one, "ApproximateAgeOfOldestMessage") for one in QUEUES]
        ),
        _graph("Waiting", [metrics.queue(one, "ApproximateNumberOfMessagesVisible") for one in QUEUES]),
        _graph(
            "Dead letters",
            [metrics.queue(f"{one}-dead", "ApproximateNumberOfMessagesVisible") for one in QUEUES],
        ),
        _graph("Handled", handled),
    ]


def _database(metrics: Metrics) -> Row:
    return [
        _graph("Database: processor", [metrics.database("CPUUtilization")], width=4),
        _graph("Database: connections", [metrics.database("DatabaseConnections")], width=4),
        _graph(
            "Database: seconds", [metrics.database("WriteLatency"), metrics.database("ReadLatency")], width=4
        ),
        _graph("Database: free bytes", [metrics.database("FreeStorageSpace")], width=4),
    ]


def _pool(metrics: Metrics) -> Row:
    """RDS Proxy: how long clients wait, and whether it can share its connections."""
    return [
        _graph(
            "Pool: microseconds until a client has a connection",
            [metrics.pool("DatabaseConnectionsBorrowLatency", one) for one in ("Average", "Maximum")],
            width=8,
        ),
        _graph("Pool: clients", [metrics.pool("ClientConnections")], width=8),
        _graph(
            "Pool: connections that belong to one client",
            [metrics.pool("DatabaseConnectionsCurrentlySessionPinned")],
            width=8,
        ),
    ]


def _tasks(metrics: Metrics) -> Row:
    workers = [part.name for part in PARTS if part.kind != "web"]
    return [_graph("Workers: processor", [metrics.task(one, "CPUUtilization") for one in workers], width=8)]
