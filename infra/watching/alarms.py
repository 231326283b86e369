"""The list of all alarms but those of `roll_back`, which the stack of the services has."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb

from app.core import metrics as own
from infra.environments import Environment
from infra.parts import PARTS, QUEUES
from infra.watching.metrics import FIVE_MINUTES, MINUTE, Metrics, share, target
from infra.watching.watch import MISSING_IS_BAD, Watch

OLD_SECONDS, MANY_MESSAGES = 300, 1000
PROCESSOR_PERCENT, MEMORY_PERCENT = 85, 90
DATABASE_PROCESSOR_PERCENT, SLOW_WRITE_SECONDS = 80, 0.02
FREE_PERCENT = 15
# RDS gives PostgreSQL one connection for each 9,531,392 bytes of memory, 5,000 at most. GiB by the end of the class.
_MEMORY_OF_CLASS = {"t4g.medium": 4, "r8g.large": 16, "r8g.xlarge": 32, "r8g.2xlarge": 64, "r8g.4xlarge": 128}
_BYTES_OF_CONNECTION = 9_531_392


def most_connections(environment: Environment) -> int:
    """The connections that the database accepts."""
    return min(5000, _MEMORY_OF_CLASS[environment.database_class] * 1024**3 // _BYTES_OF_CONNECTION)


def of_tasks(metrics: Metrics) -> Iterator[Watch]:
    """Each part runs as many tasks as it should, and they are not at their limits."""
    for part in (one.name for one in PARTS):
        missing = cloudwatch.MathExpression(
            expression="desired - running",
            using_metrics={
                "desired": metrics.tasks(part, "DesiredTaskCount"),
                "running": metrics.tasks(part, "RunningTaskCount"),
            },
            period=MINUTE,
            label="missing tasks",
        )
        runbook = "services.md#tasks-that-stop"
        yield Watch(
            f"{part}-tasks", f"Tasks of {part} are missing.", runbook, "answers", missing, 0, periods=10
        )
        runbook = "services.md#processor-and-memory"
        for name, metric, limit in (
            ("processor", "CPUUtilization", PROCESSOR_PERCENT),
            ("memory", "MemoryUtilization", MEMORY_PERCENT),
        ):
            about = f"The {name} of the tasks of {part} is used to more than {limit} %."
            used = metrics.task(part, metric)
            yield Watch(f"{part}-{name}", about, runbook, "capacity", used, limit, periods=10)


def of_targets(
    groups: dict[str, elb.ApplicationTargetGroup], alb: elb.ApplicationLoadBalancer
) -> Iterator[Watch]:
    """Each web server has a task that answers."""
    for part, group in groups.items():
        yield Watch(
            f"{part}-away",
            f"No task of {part} answers its health check.",
            "services.md#errors",
            "answers",
            target(group, alb, "HealthyHostCount", "Minimum", "healthy"),
            1,
            periods=2,
            is_below=True,
            missing=MISSING_IS_BAD,
        )


def of_queues(metrics: Metrics) -> Iterator[Watch]:
    """Messages do not wait, and none is given up."""
    for service in QUEUES:
        yield Watch(
            f"{service}-queue-age",
            f"The oldest message for {service} waits longer than {OLD_SECONDS // 60} minutes.",
            "queues.md#a-queue-that-grows",
            "messages",
            metrics.queue(service, "ApproximateAgeOfOldestMessage"),
            OLD_SECONDS,
        )
        yield Watch(
            f"{service}-queue-depth",
            f"More than {MANY_MESSAGES} messages wait for {service}.",
            "queues.md#a-queue-that-grows",
            "messages",
            metrics.queue(service, "ApproximateNumberOfMessagesVisible"),
            MANY_MESSAGES,
        )
        yield Watch(
            f"{service}-dead-letters",
            f"A message for {service} was given up.",
            "queues.md#dead-letters",
            "messages",
            metrics.queue(f"{service}-dead", "ApproximateNumberOfMessagesVisible"),
            0,
            periods=1,
        )
        yield Watch(
            f"{service}-outbox-age",
            f"Messages for {service} are committed, and no relay moves them.",
            "queues.md#the-relay",
            "messages",
            metrics.own(own.QUEUE_AGE, "Maximum", MINUTE, queue="outbox", consumer=service, state="ready"),
            120,
        )


def of_database(metrics: Metrics, environment: Environment) -> Iterator[Watch]:
    """The database has room, connections and time. A failover is an event of RDS, not a metric."""
    free = environment.database_gigabytes * 1024**3 * FREE_PERCENT // 100
    connections = most_connections(environment) * 4 // 5
    load, write = metrics.database("CPUUtilization"), metrics.database("WriteLatency")
    for name, about, runbook, metric, limit, is_below in (
        ("storage", f"Less than {FREE_PERCENT} % of the storage is free.", "storage",
         metrics.database("FreeStorageSpace", "Minimum"), free, True),
        ("connections", f"More than {connections} connections: four fifths of all.", "connections",
         metrics.database("DatabaseConnections", "Maximum"), connections, False),
        ("processor", f"The processor is used to more than {DATABASE_PROCESSOR_PERCENT} %.", "load",
         load, DATABASE_PROCESSOR_PERCENT, False),
        ("writes", "A write takes longer than 20 ms.", "load", write, SLOW_WRITE_SECONDS, False),
    ):  # fmt: skip
        yield Watch(
            f"database-{name}", f"Database: {about}", f"database.md#{runbook}", "database", metric, limit,
            periods=10, is_below=is_below,
        )  # fmt: skip


def of_payments(metrics: Metrics) -> Iterator[Watch]:
    """People can pay, and get their money back. A share counts only where enough people try."""
    paid = metrics.own(own.CHARGES, event="paid")
    asked = metrics.own(own.CHARGES, event="request")
    yield Watch(
        "payments-confirmed",
        "Less than half of the payments that begin are confirmed.",
        "payments.md#the-provider-is-down",
        "business",
        share(paid, asked, 20, 100, "confirmed in per cent", FIVE_MINUTES),
        50,
        periods=3,
        is_below=True,
    )
    yield Watch(
        "provider-silent",
        "The payment provider does not answer.",
        "payments.md#the-provider-is-down",
        "business",
        metrics.own(own.CHARGES, event="silent"),
        10,
        periods=2,
    )
    yield Watch(
        "refunds-refused",
        "The payment provider refused a refund.",
        "payments.md#late-payments-afterwards",
        "business",
        metrics.own(own.REFUNDS, event="refused"),
        0,
        periods=1,
    )


def of_sales(metrics: Metrics) -> Iterator[Watch]:
    """People can hold seats."""
    held, lost = metrics.own(own.HOLDS, outcome="held"), metrics.own(own.HOLDS, outcome="seats_lost")
    yield Watch(
        "holds-lost",
        "Someone else has taken the seats in most tries.",
        "hot-sale.md#during-the-sale",
        "business",
        cloudwatch.MathExpression(
            expression="IF(FILL(held, 0) + FILL(lost, 0) >= 100, 100 * FILL(lost, 0) / (FILL(held, 0) + lost), 0)",
            using_metrics={"held": held, "lost": lost},
            period=FIVE_MINUTES,
            label="lost in per cent",
        ),
        60,
        periods=2,
    )
    yield Watch(
        "purchase-fails",
        "The canary cannot hold two seats.",
        "services.md#the-canary",
        "answers",
        metrics.canary("SuccessPercent"),
        100,
        periods=2,
        is_below=True,
        missing=MISSING_IS_BAD,
    )


def of_doors_and_ticks(metrics: Metrics) -> Iterator[Watch]:
    """People can enter, and the work by the clock is done."""
    yield Watch(
        "tickets-forged",
        "Doors refuse many tickets as forged.",
        "kiosks.md#doors",
        "business",
        metrics.own(own.ADMISSIONS, verdict="forged"),
        20,
        periods=1,
    )
    yield Watch(
        "ticks-failed",
        "Periodic work fails.",
        "services.md#errors",
        "business",
        metrics.own(own.TICKS, outcome="failed"),
        0,
        periods=3,
    )


def of_certificates(certificates: dict[str, acm.ICertificate]) -> Iterator[Watch]:
    """ACM renews certificates 60 days before their end; what is nearer to it was not renewed."""
    for name, certificate in certificates.items():
        yield Watch(
            f"certificate-{name}",
            f"The certificate of the {name.replace('-', ' ')} ends within 30 days.",
            "secrets.md#a-certificate",
            "answers",
            cloudwatch.Metric(
                namespace="AWS/CertificateManager",
                metric_name="DaysToExpiry",
                dimensions_map={"CertificateArn": certificate.certificate_arn},
                statistic="Minimum",
                period=FIVE_MINUTES,
            ),
            30,
            periods=1,
            is_below=True,
        )
