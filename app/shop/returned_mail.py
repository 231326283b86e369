"""What the page of an order says when the mail with its tickets came back, and the e-mail that a buyer corrects."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.contact import checked_email
from app.core.errors import Invalid
from app.orders.service import OrderView
from app.shop import order_labels
from app.users import service as users
from app.web.actor import current_actor


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """The notice: `shown` is the address as this reader may see it, `typed` what the field holds, `error` its error."""

    shown: str
    typed: str
    error: str = ""


def returned_mail(order: OrderView, *, typed: str | None = None, error: str = "") -> ReturnedMail | None:
    """The notice for the order's page; None if no mail of it came back, or it has no tickets to send any more.

    The buyer sees the address whole, to find the mistake. Another reader of the page may differ from its real owner
    by one letter: they see it masked.
    """
    if not (order.email and order.is_paid) or order.pdf_is_gone or not comes_back(order.email):
        return None
    is_own = order.belongs_to(current_actor())
    if typed is None:
        typed = order.email if is_own else ""
    return ReturnedMail(order.email if is_own else order_labels.masked_email(order), typed, error)


def comes_back(email: str) -> bool:
    """Whether mails to this address come back."""
    return users.address_state(email).returned


def checked_correction(typed: str) -> str:
    """The corrected address. Raises Invalid `email.missing`, `email.wrong`, `email.returned`."""
    email = checked_email(typed)
    if comes_back(email):
        raise Invalid("email.returned", "email")
    return email
