"""The bodies that SNS puts into the queue of bounces: events of SES, in an envelope or raw."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

WHEN = "2026-11-24T23:30:00.000Z"


def bounce(
    email: str = "maria@exmplo.example", kind: str = "Permanent", at: str = WHEN, feedback_id: str = ""
) -> dict[str, Any]:
    recipient = {"emailAddress": email, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550"}
    about = {
        "bounceType": kind, "bounceSubType": "General", "bouncedRecipients": [recipient], "timestamp": at,
        "feedbackId": feedback_id or f"{email} {kind}", "reportingMTA": "dsn; a8-70.smtp-out.amazonses.com",
    }  # fmt: skip
    return {"eventType": "Bounce", "bounce": about, "mail": _mail(email)}


def complaint(email: str = "maria@exmplo.example", kind: str = "abuse") -> dict[str, Any]:
    about = {
        "complainedRecipients": [{"emailAddress": email}], "timestamp": WHEN, "feedbackId": "0200",
        "complaintSubType": None, "complaintFeedbackType": kind, "arrivalDate": WHEN,
    }  # fmt: skip
    return {"notificationType": "Complaint", "complaint": about, "mail": _mail(email)}


def enveloped(event: dict[str, Any] | str) -> str:
    """The body without raw delivery."""
    message = event if isinstance(event, str) else json.dumps(event)
    envelope = {"Type": "Notification", "MessageId": "22b8", "Message": message, "Timestamp": WHEN}
    return json.dumps(envelope | {"TopicArn": "arn:aws:sns:sa-east-1:111111111111:mail", "Signature": "x"})


def moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _mail(email: str) -> dict[str, Any]:
    return {
        "timestamp": WHEN, "source": "ingressos@cinelanterna.example", "messageId": "0100a", "sendingAccountId": "1",
        "destination": [email], "headersTruncated": False, "headers": [{"name": "To", "value": email}],
        "tags": {"ses:configuration-set": ["bilheteria-production"]},
    }  # fmt: skip
