"""The one topic to which all calls go, and who may publish there."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from infra.environments import Environment
from infra.topics import encrypted_topic, publisher

# Composite alarms, the failovers of RDS, and the budget.
PUBLISHERS = ("cloudwatch.amazonaws.com", "events.rds.amazonaws.com", "budgets.amazonaws.com")


def alarm_topic(stack: Stack, environment: Environment) -> sns.Topic:
    """An encrypted topic, with a subscription by e-mail that its owner confirms once."""
    topic, key = encrypted_topic(
        stack,
        "Alarms",
        key_name="TopicKey",
        topic_name=f"{environment.prefix}-alarms",
        contents="the alarms",
    )
    for service in PUBLISHERS:
        topic.grant_publish(publisher(stack, key, service))
    topic.add_subscription(subscriptions.EmailSubscription(environment.alarm_email))
    return topic
