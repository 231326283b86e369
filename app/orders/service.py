"""order-service: from chosen seats to a paid order, and its cancellation.

Every verb joins the caller's transaction and locks in this order: order, reservation, seats, half-price quota,
products. Totals, prices and states are decided here; no caller passes a price.
"""

from __future__ import annotations

from app.orders.basket import (
    change_seats,
    choose_concessions,
    choose_types,
    extend,
    half_price_left,
    type_problems,
)
from app.orders.checkout import buyer_problems, change_method, check_out, stop_payment
from app.orders.contact import add_email, correct_email
from app.orders.create import ensure_free, start_from_offer, start_with_best, start_with_seats
from app.orders.device_sales import DeviceSales, sales_of_devices
from app.orders.lifecycle import abandon, cancel, hand_over
from app.orders.notices import resend_tickets
from app.orders.personal_data import Erased, end_open_order
from app.orders.personal_data import erase as erase_person
from app.orders.personal_data import export as export_orders
from app.orders.personal_data import open_orders as open_orders_of_person
from app.orders.phone_links import LinkOver as PhoneLinkOver
from app.orders.phone_links import phone_link, take_to_phone
from app.orders.pickups import (
    NotNow,
    OtherSite,
    ask_for_pickup,
    can_ask_for_pickup,
    hand_out,
    prepare_pickup,
    queue_pickup,
    undo_handout,
)
from app.orders.pricing import TypeChoice
from app.orders.queries import (
    buyer_names,
    by_id,
    find,
    find_by_code,
    of_account,
    open_orders_of,
    order,
)
from app.orders.reseat import accept as accept_reseat
from app.orders.reseat import decline as decline_reseat
from app.orders.reseat import offered_seats
from app.orders.screening_changes import sales_of
from app.orders.views import (
    AlreadyStarted,
    HalfPriceGone,
    NoMoreExtensions,
    OrderItem,
    OrderOver,
    OrderSeat,
    OrderView,
    PresentationChanged,
    RefundChanged,
    Started,
    StartedWithOtherSeats,
    TotalChanged,
    WrongState,
)

__all__ = [
    "AlreadyStarted",
    "DeviceSales",
    "Erased",
    "HalfPriceGone",
    "NoMoreExtensions",
    "NotNow",
    "OrderItem",
    "OrderOver",
    "OrderSeat",
    "OrderView",
    "OtherSite",
    "PhoneLinkOver",
    "PresentationChanged",
    "RefundChanged",
    "Started",
    "StartedWithOtherSeats",
    "TotalChanged",
    "TypeChoice",
    "WrongState",
    "abandon",
    "accept_reseat",
    "add_email",
    "ask_for_pickup",
    "buyer_names",
    "buyer_problems",
    "by_id",
    "can_ask_for_pickup",
    "cancel",
    "change_method",
    "change_seats",
    "check_out",
    "choose_concessions",
    "choose_types",
    "correct_email",
    "decline_reseat",
    "end_open_order",
    "ensure_free",
    "erase_person",
    "export_orders",
    "extend",
    "find",
    "find_by_code",
    "half_price_left",
    "hand_out",
    "hand_over",
    "of_account",
    "offered_seats",
    "open_orders_of",
    "open_orders_of_person",
    "order",
    "phone_link",
    "prepare_pickup",
    "queue_pickup",
    "resend_tickets",
    "sales_of",
    "sales_of_devices",
    "start_from_offer",
    "start_with_best",
    "start_with_seats",
    "stop_payment",
    "take_to_phone",
    "type_problems",
    "undo_handout",
]
