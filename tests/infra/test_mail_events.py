"""Bounces and complaints of SES reach the queue that user-service reads, encrypted, and nobody else writes there."""

from __future__ import annotations

from typing import Any

from infra.parts import MAIL_EVENTS, PARTS, RELAYED
from tests.infra.resources import of_type, only

Documents = dict[str, dict[str, Any]]


def test_ses_sends_bounces_and_complaints_to_the_queue_and_nobody_else_does(documents: Documents) -> None:
    messaging = documents["messaging"]
    destination = only(messaging, "AWS::SES::ConfigurationSetEventDestination")["EventDestination"]
    assert destination["MatchingEventTypes"] == ["bounce", "complaint"]
    topic = destination["SnsDestination"]["TopicARN"]
    subscription = only(messaging, "AWS::SNS::Subscription")
    assert (subscription["TopicArn"], subscription["Protocol"]) == (topic, "sqs")
    queue = of_type(messaging, "AWS::SQS::Queue")[subscription["Endpoint"]["Fn::GetAtt"][0]]
    assert queue["QueueName"] == f"bilheteria-production-{MAIL_EVENTS}"
    published = only(messaging, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    (allowed,) = (one for one in published if one["Effect"] == "Allow")
    assert allowed["Principal"] == {"Service": "ses.amazonaws.com"}
    assert allowed["Condition"]["StringEquals"].keys() == {"AWS:SourceAccount", "AWS:SourceArn"}
    (sent,) = (
        statement
        for one in of_type(messaging, "AWS::SQS::QueuePolicy").values()
        for statement in one["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    )
    assert sent["Condition"] == {"ArnEquals": {"aws:SourceArn": topic}}
    assert "KmsMasterKeyId" in only(messaging, "AWS::SNS::Topic")


def test_who_reported_a_mail_as_spam_still_gets_tickets(documents: Documents) -> None:
    settings = only(documents["messaging"], "AWS::SES::ConfigurationSet")
    assert settings["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE"]}


def test_the_worker_that_sends_mails_reads_what_comes_back_and_no_relay_writes_it() -> None:
    assert [part.name for part in PARTS if MAIL_EVENTS in part.queues] == ["users-worker"]
    assert MAIL_EVENTS not in RELAYED
