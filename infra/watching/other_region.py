"""Alarms of us-east-1 reach the one topic in our region.

CloudFront sends its metrics to us-east-1, and an alarm calls only topics of its own region. So the composite alarm
there calls nobody: EventBridge carries each change of its state to our region, where a rule publishes it to the topic.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from infra.environments import Environment
from infra.exceptions import acknowledge
from infra.watching.groups import group_description
from infra.watching.metrics import CLOUDFRONT_REGION
from infra.watching.watch import alarm_name

NAME = "edge-pages"
_ABOUT = "Pages do not reach people, are slow, or are refused by the firewall."


def send_changes(
    stack: Stack, environment: Environment, alarms: Sequence[cloudwatch.IAlarm]
) -> cloudwatch.CompositeAlarm:
    """In us-east-1: one alarm of all, whose changes go to the default event bus of our region."""
    rules = [cloudwatch.AlarmRule.from_alarm(one, cloudwatch.AlarmState.ALARM) for one in alarms]
    made = cloudwatch.CompositeAlarm(
        stack,
        "EdgePagesFails",
        composite_alarm_name=alarm_name(environment, NAME),
        alarm_description=group_description(environment, _ABOUT),
        alarm_rule=cloudwatch.AlarmRule.any_of(*rules),
    )
    bus = stack.format_arn(
        service="events", region=environment.region, resource="event-bus", resource_name="default"
    )
    events.Rule(
        stack,
        "AlarmChanges",
        description="Carry the alarms of CloudFront to our region",
        event_pattern=_changes(stack, environment),
        targets=[targets.EventBus(events.EventBus.from_event_bus_arn(stack, "OurRegion", bus))],
    )
    return made


def publish_changes(stack: Stack, environment: Environment, topic: sns.Topic) -> None:
    """In our region: publish these changes to the topic, as a sentence."""
    role = iam.Role(stack, "AlarmChangesRole", assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
    # The target below lets the role publish to the topic, and use its key.
    why = "CDK's own grant for an encrypted topic: of one key, which encrypts this topic alone."
    acknowledge(role, {"IAM5[Action::kms:GenerateDataKey*]": why})
    name, state, reason = (
        events.EventField.from_path(f"$.detail.{one}") for one in ("alarmName", "state.value", "state.reason")
    )
    text = f"{name} in {CLOUDFRONT_REGION} is {state}. {group_description(environment, _ABOUT)} {reason}"
    events.Rule(
        stack,
        "AlarmChanges",
        description="Publish the alarms of CloudFront",
        event_pattern=_changes(stack, environment),
        targets=[targets.SnsTopic(topic, role=role, message=events.RuleTargetInput.from_text(text))],
    )


def _changes(stack: Stack, environment: Environment) -> events.EventPattern:
    """When the composite alarm begins or ends."""
    alarm = stack.format_arn(
        service="cloudwatch",
        region=CLOUDFRONT_REGION,
        resource="alarm",
        resource_name=alarm_name(environment, NAME),
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    return events.EventPattern(
        source=["aws.cloudwatch"],
        detail_type=["CloudWatch Alarm State Change"],
        resources=[alarm],
        detail={"state": {"value": ["ALARM", "OK"]}},
    )
