"""Reads the charge ids in the body of a webhook."""

from __future__ import annotations

from app.adapters import incoming_json
from app.adapters.psp import Unreadable


def charge_ids(body: bytes) -> tuple[str, ...]:
    """The ids in `{"charges": ["…", …]}`, each once; they may be unknown to us. Raises Unreadable."""
    try:
        sent = incoming_json.read(body)
    except incoming_json.UnreadableJson as error:
        raise Unreadable(str(error)) from None
    named = sent.get("charges") if isinstance(sent, dict) else None
    if not isinstance(named, list):
        raise Unreadable("no list of charges")
    if not all(isinstance(one, str) for one in named):
        raise Unreadable("a charge's id is no text")
    return tuple(dict.fromkeys(named))
