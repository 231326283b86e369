"""The one topic to which all calls go, and who may publish there."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from infra.environments import Environment

# Composite alarms, the failovers of RDS, and the budget.
PUBLISHERS = ("cloudwatch.amazonaws.com", "events.rds.amazonaws.com", "budgets.amazonaws.com")


def alarm_topic(stack: Stack, environment: Environment) -> sns.Topic:
    """An encrypted topic, with a subscription by e-mail that its owner confirms once."""
    key = kms.Key(
        stack,
        "TopicKey",
        description="Encrypts the topic of the alarms",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.DESTROY,
    )
    topic = sns.Topic(
        stack, "Alarms", topic_name=f"{environment.prefix}-alarms", master_key=key, enforce_ssl=True
    )
    for service in PUBLISHERS:
        principal = iam.ServicePrincipal(
            service, conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
        )
        key.grant(principal, "kms:Decrypt", "kms:GenerateDataKey")
        topic.grant_publish(principal)
    topic.add_subscription(subscriptions.EmailSubscription(environment.alarm_email))
    return topic
