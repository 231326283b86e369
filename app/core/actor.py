"""The actor: who acts. It is made once where a request, a command or a message enters, and passed down the verbs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal

from app.core.i18n import LOCALES

Channel = Literal["web", "kiosk", "door", "api"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person for whom a verb acts, and the way by which they reach us. Unknown fields keep their defaults.

    `visitor` is the random id of a browser, or of a client without one; an empty visitor owns nothing. `user_id` is the
    account that is signed in. `address_key` is a keyed hash of the network address; empty without a network. `locale`
    is the language of the answers, `pt_BR` or `en`. `device` is the registered device (a kiosk, a scanner),
    `partner_id` the partner whose system calls the API.
    """

    visitor: str = ""
    user_id: int | None = None
    address_key: str = ""
    locale: str = LOCALES[0]
    channel: Channel = "web"
    device: uuid.UUID | None = None
    partner_id: int | None = None
