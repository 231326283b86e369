"""The page that finds an order by its code and e-mail."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import throttle
from app.core.codes import order_code
from app.core.errors import NotFound as Unknown
from app.core.errors import TooMany
from app.orders import service as orders
from app.shop import blueprint
from app.web import links
from app.web.locale import locale
from app.web.security import address_key

Answer = str | Response | tuple[str, int]
GUESSES_OF_AN_ORDER = 10  # in a quarter of an hour: wrong e-mails for one code, from one address
GUESSES_FROM_EVERYWHERE = 100  # for one code: so high that a stranger's guesses do not lock its buyer out
GUESSES_OF_AN_ADDRESS = 60  # in a quarter of an hour: many people may share one address
QUARTER = 900


@blueprint.get("/orders/find")
def find_order() -> str:
    return _find_page({}, "")


@blueprint.post("/orders/find")
def look_up_order() -> Answer:
    """Find an order by code and e-mail, throttled by code and by address.

    The error does not tell which of the two was wrong.
    """
    typed = {name: request.form.get(name, "").strip() for name in ("code", "email")}
    code = order_code(typed["code"])
    guesser = f"{address_key()}|{code}"
    try:
        throttle.hit("find order", guesser, limit=GUESSES_OF_AN_ORDER, seconds=QUARTER)
        throttle.hit("find order from", address_key(), limit=GUESSES_OF_AN_ADDRESS, seconds=QUARTER)
        throttle.hit("find order anywhere", code, limit=GUESSES_FROM_EVERYWHERE, seconds=QUARTER)
        found = orders.find(code, typed["email"])
        if found is None or not found.email:
            raise Unknown("order")
    except TooMany as many:
        return _find_page(typed, _("Too many tries. Wait a quarter of an hour.")), many.status
    except Unknown:
        return _find_page(
            typed, _("No order with this code and this e-mail. Both are in the mail we sent.")
        ), 422
    throttle.reset("find order", guesser)
    return redirect(links.order(found.token), 303)


def _find_page(typed: dict[str, str], error: str) -> str:
    return render_template("shop/page_find_order.html", typed=typed, error=error, locale=locale())
