"""The way of bounces and complaints: from SES by a topic of SNS into the queue that user-service reads."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from infra.environments import Environment
from infra.topics import encrypted_topic, publisher


def mail_events(
    stack: Stack, environment: Environment, settings: ses.ConfigurationSet, queue: sqs.Queue
) -> None:
    """Send the events of a configuration set to `queue`, by a topic where only SES of this account publishes.

    An event names the address of a customer, so the topic is encrypted. SES uses its key; SQS has a key of its own.
    """
    topic, key = encrypted_topic(
        stack,
        "MailEvents",
        key_name="MailEventsKey",
        topic_name=f"{environment.prefix}-mail-events",
        contents="bounces and complaints",
    )
    publisher(stack, key, "ses.amazonaws.com")
    topic.add_subscription(subscriptions.SqsSubscription(queue, raw_message_delivery=True))
    # It adds the right to publish for this configuration set alone.
    settings.add_event_destination(
        "MailEventsDestination",
        destination=ses.EventDestination.sns_topic(topic),
        events=[ses.EmailSendingEvent.BOUNCE, ses.EmailSendingEvent.COMPLAINT],
    )
