"""The static pages: terms of sale, privacy, help.

Each has a file per language: a whole page reads badly when it is translated sentence by sentence.
"""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _

from app.core.config import settings
from app.events import service as events
from app.shop import blueprint
from app.web.language import locale


def _text(name: str, title: str) -> str:
    return render_template(
        "shop/page_text.html",
        title=title,
        text=f"shop/texts/{name}.{locale()}.html",
        sites_of_the_house=events.cinemas(),
        holds=settings().holds,
        retention=settings().retention,
    )


@blueprint.get("/terms")
def terms() -> str:
    return _text("terms", _("Terms of sale"))


@blueprint.get("/privacy")
def privacy() -> str:
    return _text("privacy", _("Privacy"))


@blueprint.get("/help")
def help_page() -> str:
    return _text("help", _("Help and access"))
