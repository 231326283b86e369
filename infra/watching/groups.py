"""Composite alarms: each group of alarms calls once, and is silent while what it depends on fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.environments import Environment
from infra.watching.watch import Group, alarm_name, runbook_link

# Group → what it tells, and the group whose failure explains its own. The database comes first: others refer to it.
GROUPS: Mapping[Group, tuple[str, Group | None]] = {
    "database": ("The database is in danger.", None),
    "answers": ("Customers get errors, slow answers or none.", "database"),
    "messages": ("Messages wait or were given up.", "database"),
    "edge": ("API Gateway fails, is slow or refuses many requests.", "answers"),
    "capacity": ("Tasks are at their limits.", "answers"),
    "business": ("Sales, payments, doors or mails are not as they should be.", "answers"),
}
# An alarm that explains others may come a minute later than they do.
WAIT = Duration.minutes(2)


def call_once(
    scope: Construct,
    environment: Environment,
    alarms: Mapping[Group, Iterable[cloudwatch.IAlarm]],
    topic: sns.ITopic,
) -> dict[Group, cloudwatch.CompositeAlarm]:
    """Make the composite alarm of each group; it alone publishes to the topic."""
    made: dict[Group, cloudwatch.CompositeAlarm] = {}
    for group, (about, cause) in GROUPS.items():
        rules = [cloudwatch.AlarmRule.from_alarm(one, cloudwatch.AlarmState.ALARM) for one in alarms[group]]
        made[group] = cloudwatch.CompositeAlarm(
            scope,
            f"{group.title()}Fails",
            composite_alarm_name=alarm_name(environment, group),
            alarm_description=group_description(environment, about),
            alarm_rule=cloudwatch.AlarmRule.any_of(*rules),
            actions_suppressor=made[cause] if cause else None,
            actions_suppressor_wait_period=WAIT if cause else None,
            actions_suppressor_extension_period=WAIT if cause else None,
        )
        made[group].add_alarm_action(actions.SnsAction(topic))
        made[group].add_ok_action(actions.SnsAction(topic))
    return made


def group_description(environment: Environment, about: str) -> str:
    """The text of a composite alarm: what fails, and where the runbooks are."""
    return f"{about} The alarms of this group name their runbooks: {runbook_link(environment, '')}"
