"""Paying: the buyer's facts, one charge at a time, and the deadline that paying sets once."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import timedelta

from app.core.actor import Actor
from app.core.config import settings
from app.core.contact import checked_email, checked_name
from app.core.errors import Invalid
from app.core.text_input import canonical_line
from app.events import service as events
from app.orders import basket, completion, queries
from app.orders.states import AWAITING, DRAFT, ORDER, UNPAID_STATES
from app.orders.views import OrderOver, OrderView, PresentationChanged, TotalChanged, WrongState
from app.payments import service as payments
from app.payments.service import Charge

_LONGEST_PASTED = 400
_LABEL = re.compile(r"^CPF[\s:.nº]*", re.IGNORECASE)

_START_PAYMENT = ORDER.move(
    "start_payment",
    columns="method = :method, name = coalesce(:name, name), email = coalesce(:email, email),"
    " cpf = case when :sets_cpf then :cpf else cpf end,"
    " user_id = coalesce(:user_id, user_id), locale = coalesce(:locale, locale),"
    " screening_revision = :screening_revision",
)


@dataclass(frozen=True, slots=True)
class Buyer:
    """`cpf` is eleven digits, or None."""

    name: str
    email: str
    cpf: str | None


class TotalDisagrees(RuntimeError):
    """The order's total is not what its seats and items cost: a fault of ours, for which nobody is asked to pay."""


def check_out(
    token: str,
    actor: Actor,
    *,
    name: str,
    email: str,
    cpf: str,
    method: str,
    shown: int | None = None,
    shown_revision: int | None = None,
    return_url: str = "",
) -> Charge | None:
    """Take the buyer's facts and ask for the money; the order waits for it. None: it costs nothing, and is paid now.

    The order gets the actor's account and language.
    `return_url` is the absolute address to which a card page sends the buyer back.
    `shown` is the total (centavos) that the buyer saw and agreed to; None: they saw none. `shown_revision` is the
    screening's revision that they saw; None: the one that the order was begun with.

    Raises NotFound, OrderOver, Invalid (`name.…`, `email.…`, `cpf.wrong`, `payment.method`, `types.missing`),
    TotalChanged and PresentationChanged. Sent twice, it gives the charge that stands.
    """
    order = _payable(token, actor)
    if not order.types_chosen:
        raise Invalid("types.missing", "types")
    who = checked_buyer(name, email, cpf)
    if shown is not None and shown != order.total and order.state == DRAFT:
        raise TotalChanged(order.total)
    order = _as_shown(order, shown_revision) if order.state == DRAFT else order
    if order.total == 0:
        _move(order, None, who=who, actor=actor)
        if not completion.complete(queries.locked_by_id(order.id), order.reservation_id, None):
            raise OrderOver(order.state)
        return None
    if method not in payments.METHODS:
        raise Invalid("payment.method", "method")
    order = _with_time_to_pay(order)
    _move(order, method, who=who, actor=actor)
    return _request(order, method, who.name, who.cpf, return_url)


def change_method(
    token: str, method: str, actor: Actor, *, shown_revision: int | None = None, return_url: str = ""
) -> Charge:
    """Pay in another way, or try the same way again after a refusal. Raises as `check_out`, and WrongState."""
    order = _payable(token, actor)
    if order.state != AWAITING:
        raise WrongState(order.state)
    if method not in payments.METHODS:
        raise Invalid("payment.method", "method")
    order = _as_shown(order, shown_revision)
    _move(order, method)
    return _request(order, method, order.name or "", order.cpf, return_url)


def _payable(token: str, actor: Actor) -> OrderView:
    order = queries.own(token, actor)
    if order.state not in UNPAID_STATES:
        raise WrongState(order.state) if order.paid_at else OrderOver(order.state)
    if not order.is_open:
        raise OrderOver(order.state)
    if order.total != order.seats_total + order.items_total:
        raise TotalDisagrees(order.code)
    return order


def _as_shown(order: OrderView, shown_revision: int | None) -> OrderView:
    """The order, of the screening as it stands: nobody agrees to pay for one that they have not seen.

    Raises PresentationChanged. A change that was taken back again does not count.
    """
    seen = order.screening_revision if shown_revision is None else shown_revision
    screening = events.lock_presentation(order.screening)
    if seen != screening.revision and events.former_presentation(screening, seen) != screening.presentation:
        raise PresentationChanged
    return replace(order, screening=screening, screening_revision=screening.revision, agreed=None)


def _with_time_to_pay(order: OrderView) -> OrderView:
    """Starting to pay sets the deadline once, to at least a few minutes from now (DESIGN: the clock)."""
    least = order.read_at + timedelta(minutes=settings().payments.minutes)
    if order.state == AWAITING or order.deadline >= least:
        return order
    basket.move_deadline(order, least)
    return replace(order, deadline=least)


def _move(
    order: OrderView,
    method: str | None,
    *,
    who: Buyer | None = None,
    actor: Actor | None = None,
) -> None:
    moved = _START_PAYMENT.perform(
        id=order.id,
        method=method,
        name=who.name if who else None,
        email=who.email if who else None,
        sets_cpf=who is not None,
        cpf=who.cpf if who else None,
        user_id=actor.user_id if actor else None,
        locale=actor.locale if actor else None,
        screening_revision=order.screening_revision,
    )
    if moved is None:
        raise OrderOver(order.state)


def _request(order: OrderView, method: str, name: str, cpf: str | None, return_url: str) -> Charge:
    return payments.request_charge(
        order.id,
        method,
        order.total,
        order.deadline,
        description=f"{settings().cinema.name} {order.code}",
        payer_name=name,
        payer_cpf=cpf,
        return_url=return_url,
        city=order.screening.cinema.city,
    )


def checked_buyer(name: str, email: str, cpf: str) -> Buyer:
    """Raises Invalid: `name.missing`, `name.no_letters`, `name.too_long`, `email.missing`, `email.wrong`, `cpf.wrong`,
    by field."""
    return Buyer(checked_name(name), checked_email(email), _cpf(cpf))


def buyer_problems(name: str, email: str, cpf: str) -> list[Invalid]:
    """Everything that `checked_buyer` would complain about, so that a page can say it at once."""
    found: list[Invalid] = []
    for check, text in ((checked_name, name), (checked_email, email), (_cpf, cpf)):
        try:
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
    """The two check digits: weights 10..2, then 11..2; remainder below 2 gives 0; eleven equal digits are none."""
    if len(set(digits)) == 1:
        return False
    numbers = [int(ch) for ch in digits]
    for length in (9, 10):
        rest = sum(number * (length + 1 - index) for index, number in enumerate(numbers[:length])) % 11
        if numbers[length] != (0 if rest < 2 else 11 - rest):
            return False
    return True
