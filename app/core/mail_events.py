"""The events of Amazon SES about sent mails, as SNS puts them into a queue: bounces and complaints.

SNS wraps an event in an envelope unless the subscription asks for raw delivery; both are read. Other systems write
these bodies, so each may be anything. One that says nothing about a mail becomes a message without an effect.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.adapters import incoming_json
from app.core import codes
from app.core.messages import MailReturned

QUEUE = "bounces"
RETURNED, COMPLAINT, TRANSIENT, OTHER = "returned", "complaint", "transient", "other"
# SES sends these when it is set up; the first one is no JSON.
_VALIDATION = "Successfully validated SNS topic"
_NOT_SPAM = "not-spam"  # a complaint of this type takes a former one back


def read(body: str) -> tuple[str, MailReturned] | None:
    """The id and the message of an event; None if the body is no event of SES.

    The id is made of the event's own id and time: a repeated event has the same one, and `core.erasures` compares it.
    """
    try:
        text = _unwrapped(body)
        return _without_effect() if text.startswith(_VALIDATION) else _read(incoming_json.read(text))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


def _unwrapped(body: str) -> str:
    """The event in the envelope of SNS, or the body itself."""
    if body.startswith(_VALIDATION):
        return body
    content = incoming_json.read(body)
    return str(content["Message"]) if content.get("Type") == "Notification" else body


def _read(event: Any) -> tuple[str, MailReturned] | None:
    kind = event.get("eventType") or event["notificationType"]
    if kind not in ("Bounce", "Complaint"):
        return _without_effect()
    about = event[kind.lower()]
    problem = _of_bounce(about) if kind == "Bounce" else _of_complaint(about)
    happened_at = datetime.fromisoformat(about["timestamp"].replace("Z", "+00:00")).astimezone(UTC)
    message = MailReturned(problem, happened_at.isoformat(), _recipient(event["mail"]))
    return _id(happened_at, f"{kind} {about['feedbackId']}"), message


def _without_effect() -> tuple[str, MailReturned]:
    return str(codes.ordered_id()), MailReturned(OTHER, datetime.now(UTC).isoformat())


def _of_bounce(bounce: Mapping[str, Any]) -> str:
    """A mailbox that is full, or a mail that is too large, is transient: SES has tried for hours, and may again."""
    return RETURNED if bounce["bounceType"] == "Permanent" else TRANSIENT


def _of_complaint(complaint: Mapping[str, Any]) -> str:
    return OTHER if complaint.get("complaintFeedbackType") == _NOT_SPAM else COMPLAINT


def _recipient(mail: Mapping[str, Any]) -> str:
    """The address to which we sent the mail: ours have one. A mail that is forwarded may bounce at another address."""
    (address,) = mail["destination"]
    if not isinstance(address, str) or "@" not in address:
        raise ValueError("no address")
    return address


def _id(happened_at: datetime, own_id: str) -> str:
    """An id in the form of `codes.ordered_id`: the event's time, and a hash in place of chance."""
    milliseconds = max(0, int(happened_at.timestamp() * 1000))
    digest = int.from_bytes(hashlib.sha256(own_id.encode()).digest()[:10], "big")
    number = ((milliseconds & (1 << 48) - 1) << 80 | digest) & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=number & ~(0x3 << 62) | 2 << 62))
