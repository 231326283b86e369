"""Deletes the charges of unpaid orders and the payers' names and CPFs; receipts and refunds are kept."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text

from app.core import db
from app.core.state_machine import none_of, one_of
from app.payments.states import ENDED_STATES, REFUND_FAILED, REFUND_PENDING


@dataclass(frozen=True, slots=True)
class Undeletable:
    """Orders that cannot be deleted: `paid_back` had money that went back; of `unsettled` money may still move."""

    paid_back: frozenset[uuid.UUID]
    unsettled: frozenset[uuid.UUID]


_UNSETTLED = text(
    f"""
    select order_id from payments.charges where order_id = any(:ids)
      and ({none_of("state", ENDED_STATES)} or next_check_at is not null)
    union
    select order_id from payments.refunds where order_id = any(:ids)
      and {one_of("state", (REFUND_PENDING, REFUND_FAILED))}
    """
)
_PAID_BACK = text("select distinct order_id from payments.receipts where order_id = any(:ids)")
_DELETE = text("delete from payments.charges where order_id = any(:ids)")
_NO_PAYER = text(
    """
    update payments.charges set payer_name = '', payer_cpf = null
    where order_id = any(:ids) and (payer_name <> '' or payer_cpf is not null)
    """
)


def delete_unpaid(order_ids: Collection[uuid.UUID]) -> Undeletable:
    """Delete the charges of orders that were never paid. The orders that are returned keep theirs.

    The caller has locked the orders.
    """
    values = {"ids": list(order_ids)}
    unsettled = frozenset(db.session().execute(_UNSETTLED, values).scalars())
    paid_back = frozenset(db.session().execute(_PAID_BACK, values).scalars()) - unsettled
    db.session().execute(_DELETE, {"ids": [one for one in order_ids if one not in unsettled | paid_back]})
    return Undeletable(paid_back, unsettled)


def erase_payers(order_ids: Collection[uuid.UUID]) -> None:
    """Clear name and CPF of the orders' charges: a provider needs them only when a charge is made."""
    db.session().execute(_NO_PAYER, {"ids": list(order_ids)})


_OF_ORDER = text(
    """
    select jsonb_build_object(
      'charges', (select coalesce(jsonb_agg(jsonb_build_object('method', c.method, 'amount', c.amount, 'state', c.state,
          'provider', c.provider, 'payer_name', c.payer_name, 'payer_cpf', c.payer_cpf, 'created_at', c.created_at)
          order by c.created_at), '[]') from payments.charges c where c.order_id = :id),
      'receipts', (select coalesce(jsonb_agg(jsonb_build_object('amount', r.amount, 'received_at', r.received_at)
          order by r.received_at), '[]') from payments.receipts r where r.order_id = :id),
      'refunds', (select coalesce(jsonb_agg(jsonb_build_object('amount', f.amount, 'state', f.state,
          'reason', f.reason, 'created_at', f.created_at) order by f.created_at), '[]')
          from payments.refunds f where f.order_id = :id))
    """
)


def export(order_id: uuid.UUID) -> dict[str, object]:
    """The order's charges, receipts and refunds, as JSON; amounts in centavos, times ISO 8601."""
    return dict(db.session().execute(_OF_ORDER, {"id": order_id}).scalar_one())
