"""The dashboard: business first, then what customers feel, then each service, the queues and the database."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from app.core import metrics as own
from infra.environments import Environment
from infra.parts import PARTS, QUEUES
from infra.watching.metrics import FIVE_MINUTES, MINUTE, Metrics, share, target

Row = list[cloudwatch.IWidget]
WIDTH = 24


def dashboard(
    scope: Construct,
    environment: Environment,
    groups: dict[str, elb.ApplicationTargetGroup],
    alb: elb.ApplicationLoadBalancer,
    calls: Sequence[cloudwatch.IAlarm],
) -> cloudwatch.Dashboard:
    """Make the dashboard of an environment."""
    metrics = Metrics(environment)
    made = cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=environment.prefix)
    made.add_widgets(cloudwatch.AlarmStatusWidget(title="Calls", alarms=calls, width=WIDTH, height=2))
    made.add_widgets(*_business(metrics))
    made.add_widgets(*_customers(metrics))
    for part, group in groups.items():
        made.add_widgets(*_service(part, group, alb, metrics))
    made.add_widgets(*_queues(metrics))
    made.add_widgets(*_database(metrics), *_tasks(metrics))
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
    sold = metrics.own(own.ORDERS, period=MINUTE, event="settle")
    return [
        _graph("Paid orders a minute", [sold]),
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


def _tasks(metrics: Metrics) -> Row:
    workers = [part.name for part in PARTS if part.kind != "web"]
    return [_graph("Workers: processor", [metrics.task(one, "CPUUtilization") for one in workers], width=8)]
