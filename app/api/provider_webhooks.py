"""The webhooks of payment providers, `POST /webhooks/<provider>`. They store the hint and answer 200.

The central bank's API Pix appends `/pix` to the address that it was given, with or without a slash at its end.
"""

from __future__ import annotations

import logging

from flask import Blueprint, request

from app.core import db
from app.payments import service as payments
from app.web.security import csrf

SERVICE = "payments"
MAX_BYTES = 64 * 1024

# It has no part in the document of the API: the providers decide about the form of the requests.
blueprint = Blueprint("provider_webhooks", __name__)
log = logging.getLogger("bilheteria.web")


@blueprint.post("/webhooks/<provider>")
@blueprint.post("/webhooks/<provider>/")
@blueprint.post("/webhooks/<provider>/pix")
@blueprint.post("/webhooks/<provider>/pix/")
@blueprint.post("/webhooks/<provider>//pix", merge_slashes=False)
@csrf.exempt
def webhook(provider: str) -> tuple[str, int, dict[str, str]]:
    request.max_content_length = MAX_BYTES
    body = request.get_data(cache=False)
    try:
        with db.transaction():
            payments.receive_webhook(provider, dict(request.headers), body)
    except payments.WebhookRefused:
        return _plain("refused\n", 403)
    except payments.WebhookUnreadable as unreadable:
        log.warning(
            "webhook unreadable", extra={"provider": provider, "reason": unreadable.details["reason"]}
        )
        return _plain("unreadable\n", 422)
    return _plain("ok\n", 200)


def _plain(text: str, status: int) -> tuple[str, int, dict[str, str]]:
    return text, status, {"Content-Type": "text/plain"}
