"""The alarms of tasks, queues, payments, sales and doors; more are in `roll_back`, `database_alarms`, `edge_alarms`."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb

from app.core import metrics as own
from infra.parts import PARTS, QUEUES, RELAYED
from infra.watching.metrics import FIVE_MINUTES, MINUTE, Metrics, share, share_of_both, target
from infra.watching.watch import MISSING_IS_BAD, Watch

OLD_SECONDS, MANY_MESSAGES = 300, 1000
# SES reviews an account above these shares of its mails, and stops it above twice as many bounces, five times as many
# reports of spam.
BOUNCES_PERCENT, COMPLAINTS_PERCENT = 5.0, 0.1
PROCESSOR_PERCENT, MEMORY_PERCENT = 85, 90


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
    for service in RELAYED:
        yield Watch(
            f"{service}-outbox-age",
            f"Messages for {service} are committed, and no relay moves them.",
            "queues.md#the-relay",
            "messages",
            metrics.own(own.QUEUE_AGE, "Maximum", MINUTE, queue="outbox", consumer=service, state="ready"),
            120,
        )


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
        share_of_both(lost, held, 100, "lost in per cent", FIVE_MINUTES),
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


def of_mail(metrics: Metrics) -> Iterator[Watch]:
    """SES does not stop us: few mails come back, and few are reported as spam. Both shares are of the whole account."""
    for name, metric, what, limit in (
        ("bounces", "BounceRate", "come back", BOUNCES_PERCENT),
        ("complaints", "ComplaintRate", "are reported as spam", COMPLAINTS_PERCENT),
    ):
        yield Watch(
            f"mail-{name}",
            f"More than {limit:g} % of our mails {what}: SES may stop us.",
            "queues.md#many-mails-come-back",
            "business",
            metrics.reputation(metric),
            limit / 100,
            periods=1,
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
