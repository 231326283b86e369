"""The static pages: terms of sale, privacy, help.

Each has a file per language: a whole page reads badly when it is translated sentence by sentence.
"""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _

from app.core.config import settings
from app.events import service as events
from app.shop import blueprint
from app.web.locale import locale


def _static_page(name: str, title: str) -> str:
    return render_template(
        "shop/page_text.html",
        title=title,
        text=f"shop/texts/{name}.{locale()}.html",
        cinemas=events.cinemas(),
        holds=settings().holds,
        retention=settings().retention,
    )


@blueprint.get("/terms")
def terms() -> str:
    return _static_page("terms", _("Terms of sale"))


@blueprint.get("/privacy")
def privacy() -> str:
    return _static_page("privacy", _("Privacy"))


@blueprint.get("/help")
def help_page() -> str:
    return _static_page("help", _("Help and access"))
