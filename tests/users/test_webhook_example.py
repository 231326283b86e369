"""The verification example of docs/webhooks.md accepts our signatures and refuses all others."""

from __future__ import annotations

import base64
import time

import pytest

from app.users.webhooks import signing
from tests.users.webhook_receiver import documented_verify

verify = documented_verify()
SECRET, OTHER = bytes(range(32)), bytes(32)
BODY = '{"type":"order.paid","data":{"name":"São João"}}'.encode()


def signed(*secrets: bytes, age: int = 0) -> dict[str, str]:
    return signing.headers("e1", int(time.time()) - age, BODY, secrets or (SECRET,))


def test_a_genuine_event_is_accepted_also_while_a_secret_is_rotated() -> None:
    text = signing.as_text(SECRET)
    assert verify(text, signed(), BODY) == "e1"
    assert verify(text, signed(OTHER, SECRET), BODY) == verify(text, signed(SECRET, OTHER), BODY) == "e1"
    assert verify(text, signed(age=290), BODY) == "e1"


def test_another_request_is_refused() -> None:
    later = {"webhook-timestamp": str(int(time.time()) + 100)}
    refused = [
        (signed(), BODY + b" "),
        (signed() | {"webhook-id": "e2"}, BODY),
        (signed() | later, BODY),
        (signed() | {"webhook-signature": ""}, BODY),
        (signed() | {"webhook-signature": "v1,AAAA v2,AAAA"}, BODY),
        (signed(OTHER), BODY),
        (signed(age=310), BODY),
        (signed(age=-400), BODY),
    ]
    for headers, body in refused:
        with pytest.raises(ValueError, match=r"wrong signature|too old"):
            verify(signing.as_text(SECRET), headers, body)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification's reference libraries."""
    secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    key = base64.b64decode(secret)
    made = signing.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [key])
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
