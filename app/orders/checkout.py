"""Checkout: the buyer's data, the request of a charge, and the time to pay."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import timedelta

from app.core.actor import Actor
from app.core.config import settings
from app.core.contact import checked_email, checked_name
from app.core.errors import Invalid
from app.core.moves import move
from app.core.text_input import canonical_line
from app.events import service as events
from app.orders import basket, completion, queries
from app.orders.states import AWAITING, DRAFT, ORDER, UNPAID_STATES
from app.orders.views import OrderOver, OrderView, PresentationChanged, TotalChanged, WrongState
from app.payments import service as payments

_LONGEST_PASTED = 400
_LABEL = re.compile(r"^CPF[\s:.nº]*", re.IGNORECASE)

_START_PAYMENT = move(
    ORDER,
    "start_payment",
    columns="method = :method, name = coalesce(:name, name), email = coalesce(:email, email),"
    " cpf = case when :sets_cpf then :cpf else cpf end,"
    " user_id = coalesce(:user_id, user_id), locale = coalesce(:locale, locale),"
    " screening_revision = :screening_revision",
)


@dataclass(frozen=True, slots=True)
class Buyer:
    """The buyer of an order. `cpf` is eleven digits, or None. At a kiosk name and e-mail may be empty."""

    name: str
    email: str
    cpf: str | None


class TotalDisagrees(RuntimeError):
    """The order's total is not the sum of its seats and items. This is a bug, so no charge is made."""


def check_out(
    token: str,
    actor: Actor,
    *,
    name: str,
    email: str,
    cpf: str,
    method: str,
    shown_total: int | None = None,
    shown_revision: int | None = None,
    return_url: str = "",
) -> OrderView:
    """Record the buyer and request the charge. Returns the changed order: it awaits payment; if free, it is paid.

    The order gets the actor's account and language. At a kiosk nobody has to type in a name or an e-mail.
    `return_url` is the absolute address to which a card page sends the buyer back.
    `shown_total` is the total (centavos) that the page showed; None: it showed none. `shown_revision` is the
    screening's revision that the page showed; None: the one of the order's start.

    Raises NotFound, OrderOver, Invalid (`name.…`, `email.…`, `cpf.wrong`, `payment.method`, `types.missing`),
    TotalChanged and PresentationChanged. A repeat keeps the live charge.
    """
    order = _payable(token, actor)
    if not order.types_chosen:
        raise Invalid("types.missing", "types")
    buyer = checked_buyer(name, email, cpf, contact_required=actor.channel != "kiosk")
    if shown_total is not None and shown_total != order.total and order.state == DRAFT:
        raise TotalChanged(order.total)
    order = _with_current_screening(order, shown_revision) if order.state == DRAFT else order
    if order.total == 0:
        _start_payment(order, None, buyer=buyer, actor=actor)
        if not completion.complete(queries.locked_by_id(order.id), order.reservation_id, None):
            raise OrderOver(order.state)
        return queries.by_id(order.id)
    _check_method(method, actor)
    order = _start_payment(_with_time_to_pay(order), method, buyer=buyer, actor=actor)
    _request_charge(order, method, buyer.name, buyer.cpf, return_url, actor)
    return order


def change_method(
    token: str, method: str, actor: Actor, *, shown_revision: int | None = None, return_url: str = ""
) -> OrderView:
    """Request a charge by another method, or again after a refusal. Returns the changed order.

    Raises as `check_out`, and WrongState.
    """
    order = _payable(token, actor)
    if order.state != AWAITING:
        raise WrongState(order.state)
    _check_method(method, actor)
    order = _start_payment(_with_current_screening(order, shown_revision), method)
    _request_charge(order, method, order.name or "", order.cpf, return_url, actor)
    return order


def stop_payment(token: str, actor: Actor) -> None:
    """End the charge that the actor's order waits for: it keeps its seats and can be paid again until its deadline.

    A card that is approved at this moment has paid: the order gets its tickets. Raises NotFound, WrongState.
    """
    order = queries.own(token, actor)
    if order.state != AWAITING:
        raise WrongState(order.state)
    payments.cancel_live_charge(order.id, "stopped")


def _check_method(method: str, actor: Actor) -> None:
    if method not in payments.methods_at(actor.device):
        raise Invalid("payment.method", "method")


def _payable(token: str, actor: Actor) -> OrderView:
    """The actor's own order, locked, if it can be paid. Raises NotFound, WrongState, OrderOver."""
    order = queries.own(token, actor)
    if order.state not in UNPAID_STATES:
        raise WrongState(order.state) if order.paid_at else OrderOver(order.state)
    if not order.is_open:
        raise OrderOver(order.state)
    if order.total != order.seats_total + order.items_total:
        raise TotalDisagrees(order.code)
    return order


def _with_current_screening(order: OrderView, shown_revision: int | None) -> OrderView:
    """The order with its screening of now. Raises PresentationChanged if the buyer has not seen this presentation.

    A change that was undone does not count.
    """
    seen = order.screening_revision if shown_revision is None else shown_revision
    screening = events.lock_presentation(order.screening)
    if seen != screening.revision and events.former_presentation(screening, seen) != screening.presentation:
        raise PresentationChanged
    return replace(order, screening=screening, screening_revision=screening.revision, agreed=None)


def _with_time_to_pay(order: OrderView) -> OrderView:
    """The order with at least some minutes left to pay: the start of a payment extends the deadline, once."""
    least = order.read_at + timedelta(minutes=settings().payments.minutes)
    if order.state == AWAITING or order.deadline >= least:
        return order
    basket.set_deadline(order, least)
    return replace(order, deadline=least)


def _start_payment(
    order: OrderView,
    method: str | None,
    *,
    buyer: Buyer | None = None,
    actor: Actor | None = None,
) -> OrderView:
    """Let the order await payment. Returns it changed; `buyer` and `actor` are those of its checkout."""
    moved = _START_PAYMENT.perform(
        id=order.id,
        method=method,
        name=(buyer.name or None) if buyer else None,
        email=(buyer.email or None) if buyer else None,
        sets_cpf=buyer is not None,
        cpf=buyer.cpf if buyer else None,
        user_id=actor.user_id if actor else None,
        locale=actor.locale if actor else None,
        screening_revision=order.screening_revision,
    )
    if moved is None:
        raise OrderOver(order.state)
    order = replace(order, state=AWAITING, method=method)
    if buyer is not None:
        order = replace(order, name=buyer.name or order.name, email=buyer.email or order.email, cpf=buyer.cpf)
    if actor is not None:
        order = replace(order, user_id=actor.user_id or order.user_id, locale=actor.locale)
    return order


def _request_charge(
    order: OrderView, method: str, name: str, cpf: str | None, return_url: str, actor: Actor
) -> None:
    payments.request_charge(
        order.id,
        method,
        order.total,
        order.deadline,
        description=f"{settings().cinema.name} {order.code}",
        payer_name=name,
        payer_cpf=cpf,
        return_url=return_url,
        city=order.screening.cinema.city,
        terminal=actor.device,
    )


def checked_buyer(name: str, email: str, cpf: str, *, contact_required: bool = True) -> Buyer:
    """The buyer with checked data; unless `contact_required`, name and e-mail may be empty.

    Raises Invalid: `name.missing`, `name.no_letters`, `name.too_long`, `email.missing`, `email.wrong`, `cpf.wrong`,
    each with its field.
    """
    return Buyer(
        checked_name(name) if contact_required or name.strip() else "",
        checked_email(email) if contact_required or email.strip() else "",
        _cpf(cpf),
    )


def buyer_problems(name: str, email: str, cpf: str, *, contact_required: bool = True) -> list[Invalid]:
    """All errors that `checked_buyer` could raise, so that a page can show them together."""
    found: list[Invalid] = []
    for check, text in ((checked_name, name), (checked_email, email), (_cpf, cpf)):
        try:
            if contact_required or text.strip():
                check(text)
        except Invalid as error:
            found.append(error)
    return found


def _cpf(text: str) -> str | None:
    typed = _LABEL.sub("", canonical_line(text[:_LONGEST_PASTED]))
    if not typed:
        return None
    digits = "".join(
        sign for sign in typed if sign not in " .,;\u2212" and unicodedata.category(sign) != "Pd"
    )
    if len(digits) != 11 or not (digits.isascii() and digits.isdecimal()) or not is_cpf(digits):
        raise Invalid("cpf.wrong", "cpf")
    return digits


def is_cpf(digits: str) -> bool:
    """Whether the two check digits of a CPF are right. Eleven equal digits are no CPF.

    Weights 10..2, then 11..2; a remainder below 2 gives 0.
    """
    if len(set(digits)) == 1:
        return False
    numbers = [int(ch) for ch in digits]
    for length in (9, 10):
        rest = sum(number * (length + 1 - index) for index, number in enumerate(numbers[:length])) % 11
        if numbers[length] != (0 if rest < 2 else 11 - rest):
            return False
    return True
