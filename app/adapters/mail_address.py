"""The settings of mail: the address of the mail service, and the sender."""

from __future__ import annotations

import re
from contextlib import suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from urllib.parse import SplitResult, urlsplit

from app.adapters import aws
from app.adapters.host_names import ascii_address, ascii_host

_CONFIGURATION_SET = re.compile(r"[A-Za-z0-9_-]{0,64}")


class BadAddress(ValueError):
    """The setting is not a valid mail address or sender; the message shows the valid forms."""


def check_address(address: str) -> None:
    """Raise BadAddress for a bad setting. The error does not repeat it: it may contain a password."""
    if address.startswith("folder:"):
        return
    with suppress(ValueError):  # a port that is no number, an unknown option
        parts = urlsplit(address)
        known = _is_ses(parts) if parts.scheme == "ses" else _is_smtp(parts)
        if known and parts.path in ("", "/") and not parts.fragment:
            return
    raise BadAddress(
        "mail goes to folder:, folder:/path, smtp://host:port, smtps://host:port or ses://?region=sa-east-1"
    )


def _is_smtp(parts: SplitResult) -> bool:
    known = parts.scheme in ("smtp", "smtps") and ascii_host(parts.hostname or "") and parts.port != 0
    return bool(known) and parts.query in ("", "tls=off")


def _is_ses(parts: SplitResult) -> bool:
    """Raises ValueError for an unknown option."""
    return "region" in aws.options(parts.query) and bool(_CONFIGURATION_SET.fullmatch(parts.netloc))


def check_sender(sender: str) -> None:
    """Raise BadAddress for a sender that is none."""
    try:
        parse_sender(sender)
    except (ValueError, IndexError, MessageError):
        raise BadAddress(f"a sender is Name <somebody@example.org>, not {sender!r}") from None


def parse_sender(setting: str) -> Address:
    """`Name <address>`. Raises ValueError, IndexError or MessageError for others."""
    name, address = parseaddr(setting)
    return Address(name, addr_spec=ascii_address(address))
