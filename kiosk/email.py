"""The page on which the buyer of a paid order may type in an e-mail, to get the tickets there too."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import db, throttle
from app.core.errors import Conflict, Invalid, TooMany
from app.orders import service as orders
from app.orders.service import OrderView
from app.web import error_texts, links
from app.web.actor import current_actor
from kiosk import blueprint
from kiosk.own_orders import own_paid_order

Answer = str | Response | tuple[str, int]
TRIES_OF_A_VISIT = 10
TRIES_OF_A_KIOSK = 120  # people who stand in line
HOUR = 3600


@blueprint.get("/kiosk/orders/<token>/email")
def email(token: str) -> Answer:
    order = own_paid_order(token)
    return redirect(links.order(order.token), 303) if order.email else _page(order)


@blueprint.post("/kiosk/orders/<token>/email")
def add_email(token: str) -> Answer:
    """Send the tickets to the typed address, and go back to the order; a repeat changes nothing."""
    order, actor = own_paid_order(token), current_actor()
    typed = request.form.get("email", "")
    try:
        throttle.hit("kiosk e-mail", actor.visitor, limit=TRIES_OF_A_VISIT, seconds=HOUR)
        throttle.hit("kiosk e-mail of device", str(actor.device), limit=TRIES_OF_A_KIOSK, seconds=HOUR)
        with db.transaction():
            orders.add_email(token, actor, typed)
    except TooMany as many:
        return _page(order, typed, error_texts.wait(many)), many.status
    except Invalid as error:
        return _page(order, typed, error_texts.sentence(error)), 422
    except Conflict:
        pass  # It was sent twice: the order's page shows the address.
    return redirect(links.order(order.token), 303)


def _page(order: OrderView, typed: str = "", error: str = "") -> str:
    return render_template(
        "kiosk/page_email.html",
        order=order,
        film_title=_("Tickets by e-mail"),
        line=_("Order %(code)s", code=order.code),
        quit_words=_("Done"),
        back_url=links.order(order.token),
        action=url_for("kiosk.add_email", token=order.token),
        typed=typed,
        error=error,
        key_names={
            "@": _("at"),
            ".": _("dot"),
            "-": _("hyphen"),
            "_": _("underscore"),
            "{bksp}": _("Delete a character"),
        },
    )
