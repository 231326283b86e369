"""The alarms of a web server that also end a roll-out: errors and slow answers.

They are in the stack of the services, because ECS asks for them by name while it rolls out.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from infra.environments import Environment
from infra.watching.metrics import MINUTE, share, target
from infra.watching.watch import Watch, alarm_name

ERRORS_PERCENT, FEWEST_REQUESTS = 1, 50
SLOW_SECONDS = 2


def watches(
    part: str, group: elb.ApplicationTargetGroup, alb: elb.ApplicationLoadBalancer
) -> tuple[Watch, ...]:
    """What is watched at the answers of a part."""
    requests = target(group, alb, "RequestCount", "Sum", "requests")
    errors = target(group, alb, "HTTPCode_Target_5XX_Count", "Sum", "errors")
    return (
        Watch(
            f"{part}-errors",
            f"More than {ERRORS_PERCENT} % of the answers of {part} are errors.",
            "services.md#errors",
            "answers",
            share(errors, requests, FEWEST_REQUESTS, 0, "errors in per cent", MINUTE),
            ERRORS_PERCENT,
            periods=5,
            of=3,
        ),
        Watch(
            f"{part}-slow",
            f"One of a hundred answers of {part} takes longer than {SLOW_SECONDS} s.",
            "services.md#slow-answers",
            "answers",
            target(group, alb, "TargetResponseTime", "p99", "slowest"),
            SLOW_SECONDS,
            periods=10,
            of=5,
        ),
    )


def end_roll_outs(
    scope: Construct,
    environment: Environment,
    services: Mapping[str, ecs.FargateService],
    groups: Mapping[str, elb.ApplicationTargetGroup],
    alb: elb.ApplicationLoadBalancer,
) -> dict[str, cloudwatch.Alarm]:
    """Make the alarms, and let each part go back to the release before when one fires. Returns name → alarm."""
    made: dict[str, cloudwatch.Alarm] = {}
    for part, group in groups.items():
        own = {watch.name: watch.alarm(scope, environment) for watch in watches(part, group, alb)}
        services[part].enable_deployment_alarms(
            [alarm_name(environment, name) for name in own], behavior=ecs.AlarmBehavior.ROLLBACK_ON_ALARM
        )
        services[part].node.add_dependency(*own.values())
        made |= own
    return made
