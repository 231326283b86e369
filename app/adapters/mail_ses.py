"""Sending mail by Amazon SES (API version 2), as raw messages."""

from __future__ import annotations

import re
import threading
from typing import Any
from urllib.parse import urlsplit

from app.adapters import aws
from app.adapters.aws import AwsError
from app.adapters.mail_headers import POLICY
from app.adapters.mail_message import AddressRefused, BadMail, Mail, MailError, compose, without_addresses

# SES may have accepted a mail whose answer is late, so no call is repeated here: the worker tries again after a pause.
READ_SECONDS, ATTEMPTS = 10, 1
MOST_AT_ONCE = 10  # connections of the process's threads
# SES replaces the header Message-ID by an id of its own. This header shows a reader that a mail came twice.
OWN_ID = "X-Original-Message-ID"
# SES will never send this mail. All other errors may pass: throttling, and a paused or wrongly set up account.
_PERMANENT = frozenset(
    {"MessageRejected", "BadRequestException", "ValidationException", "InvalidParameterValue"}
)
# The texts of SES about the recipient itself.
_ABOUT_ADDRESS = re.compile(
    r"illegal address|missing final|local address contains|domain (starts|ends|contains)|user name is missing",
    re.I,
)
_NOT_SET_UP = "not verified"  # MessageRejected too, for a sender that the account has not verified
_SEVEN_BITS = POLICY.clone(cte_type="7bit")  # SES refuses other bytes in a raw message

_clients: dict[str, Any] = {}
_making = threading.Lock()


class SesMailbox:
    """Sends by the account of the machine's role. `address` is `ses://configuration-set?region=…`; the set is optional.

    `sender` must be of a domain that SES has verified.
    """

    def __init__(self, address: str, sender: str) -> None:
        parts = urlsplit(address)
        self.query = parts.query
        self.configuration_set = parts.netloc
        self.sender = sender

    def send(self, mail: Mail) -> None:
        message = compose(mail, self.sender)
        message[OWN_ID] = mail.message_id
        values: dict[str, Any] = (
            {"ConfigurationSetName": self.configuration_set} if self.configuration_set else {}
        )
        try:
            aws.call(
                _client(self.query),
                "send_email",
                Destination={"ToAddresses": [message["To"].addresses[0].addr_spec]},
                Content={"Raw": {"Data": message.as_bytes(policy=_SEVEN_BITS)}},
                **values,
            )
        except AwsError as error:
            reason = without_addresses(error)
            if error.code.rpartition(".")[2] in _PERMANENT and _NOT_SET_UP not in reason:
                raise (AddressRefused if _ABOUT_ADDRESS.search(reason) else BadMail)(reason) from None
            raise MailError(reason) from None

    def delete_copies(self, address: str) -> int:
        return 0  # SES keeps no copy of a sent mail


def _client(query: str) -> Any:
    """The process's client for these options. Threads may share a client, but not make clients in parallel."""
    with _making:
        found = _clients.get(query)
        if found is None:
            found = _clients[query] = aws.client(
                "sesv2",
                query,
                read_seconds=READ_SECONDS,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                max_pool_connections=MOST_AT_ONCE,
            )
        return found
