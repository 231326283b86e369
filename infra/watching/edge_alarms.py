"""The alarms of the edge: API Gateway and its firewall, and in us-east-1 CloudFront and its firewall."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from aws_cdk import aws_cloudwatch as cloudwatch

from infra.edge.gateway import Audience
from infra.watching.metrics import FIVE_MINUTES, Firewall, Metrics, share, share_of_both
from infra.watching.watch import Watch

FEWEST_REQUESTS = 100  # in five minutes: a share of fewer says nothing
GATEWAY_ERRORS_PERCENT, GATEWAY_SLOW_MILLISECONDS = 1, 2000
# Answers 429 of one API in five minutes.
MANY_REFUSALS = 500
# The services' own alarms call at 1 %: what is above this, and they do not show, is the edge's own failure.
CLOUDFRONT_ERRORS_PERCENT = 5
SLOW_ORIGIN_MILLISECONDS = 3000
# How the texts of the alarms name the two APIs and the two firewalls.
_APIS = {"public": "the public API", "partners": "the API of the partners"}
_FIREWALLS = {"pages": "The firewall of the pages", "api": "The firewall of both APIs"}
# The firewall: of all requests in five minutes, and more than in the five minutes before.
BLOCKED_PERCENT, FEWEST_OF_FIREWALL, BLOCKED_JUMP = 20, 1000, 2000


def of_gateway(metrics: Metrics) -> Iterator[Watch]:
    """Both APIs answer, answer soon, and refuse few for their rate."""
    for audience in get_args(Audience):
        api = _APIS[audience]
        errors, requests = metrics.gateway(audience, "5XXError"), metrics.gateway(audience, "Count")
        yield Watch(
            f"gateway-{audience}-errors",
            f"API Gateway answers more than {GATEWAY_ERRORS_PERCENT} % of the requests to {api} with 5xx.",
            "edge.md#errors-of-api-gateway",
            "edge",
            share(errors, requests, FEWEST_REQUESTS, 0, "5xx in per cent", FIVE_MINUTES),
            GATEWAY_ERRORS_PERCENT,
            periods=3,
            of=2,
        )
        yield Watch(
            f"gateway-{audience}-slow",
            f"One of twenty answers of {api} takes longer than {GATEWAY_SLOW_MILLISECONDS // 1000} s.",
            "edge.md#slow-answers-at-the-edge",
            "edge",
            metrics.gateway(audience, "Latency", "p95"),
            GATEWAY_SLOW_MILLISECONDS,
            periods=3,
            of=2,
        )
        yield Watch(
            f"gateway-{audience}-limited",
            f"API Gateway answered more than {MANY_REFUSALS} requests to {api} in five minutes with 429.",
            "edge.md#too-many-requests",
            "edge",
            metrics.refused_for_rate(audience),
            MANY_REFUSALS,
            periods=3,
            of=2,
        )


def of_cloudfront(metrics: Metrics, distribution: str) -> Iterator[Watch]:
    """Pages reach people. `distribution` is its id. In us-east-1 alone."""
    yield Watch(
        "cloudfront-errors",
        f"CloudFront answers more than {CLOUDFRONT_ERRORS_PERCENT} % of the requests for pages and files with 5xx.",
        "edge.md#errors-of-cloudfront",
        "edge",
        cloudwatch.MathExpression(
            expression=f"IF(FILL(requests, 0) >= {FEWEST_REQUESTS}, rate, 0)",
            using_metrics={
                "requests": metrics.cloudfront(distribution, "Requests", "Sum"),
                "rate": metrics.cloudfront(distribution, "5xxErrorRate"),
            },
            period=FIVE_MINUTES,
            label="5xx in per cent",
        ),
        CLOUDFRONT_ERRORS_PERCENT,
        periods=3,
        of=2,
    )
    yield Watch(
        "cloudfront-slow",
        f"CloudFront waits longer than {SLOW_ORIGIN_MILLISECONDS // 1000} s for one of twenty pages.",
        "edge.md#slow-answers-at-the-edge",
        "edge",
        metrics.cloudfront(distribution, "OriginLatency", "p95"),
        SLOW_ORIGIN_MILLISECONDS,
        periods=3,
        of=2,
    )


def of_firewall(metrics: Metrics, firewall: Firewall) -> Iterator[Watch]:
    """The firewall refuses few requests, and not suddenly many more."""
    name = _FIREWALLS[firewall]
    blocked, allowed = (metrics.firewall(firewall, f"{one}Requests") for one in ("Blocked", "Allowed"))
    yield Watch(
        f"firewall-{firewall}-blocked",
        f"{name} refuses more than {BLOCKED_PERCENT} % of the requests.",
        "edge.md#requests-that-the-firewall-refuses",
        "edge",
        share_of_both(blocked, allowed, FEWEST_OF_FIREWALL, "refused in per cent", FIVE_MINUTES),
        BLOCKED_PERCENT,
        periods=3,
        of=2,
    )
    yield Watch(
        f"firewall-{firewall}-jump",
        f"{name} refused {BLOCKED_JUMP:,} requests more than in the five minutes before.",
        "edge.md#requests-that-the-firewall-refuses",
        "edge",
        cloudwatch.MathExpression(
            expression="DIFF(FILL(blocked, 0))",
            using_metrics={"blocked": blocked},
            period=FIVE_MINUTES,
            label="refused more than before",
        ),
        BLOCKED_JUMP,
        periods=1,
    )
