"""Mails are rendered as text and HTML from templates in `templates/mail` (blocks subject, heading, body, action).

The body is plain text with blank lines between paragraphs. The HTML is made from it here, so that text that a person
typed is never markup.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from app.core import i18n
from app.core.calendar_file import Visit, calendar_file
from app.core.config import settings
from app.core.money import format_money
from app.core.showtime import Showtime

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "mail"
MAX_SUBJECT_LENGTH = 150


@dataclass(frozen=True, slots=True)
class RenderedMail:
    subject: str
    text: str
    html: str


def render(template: str, locale: str, facts: dict[str, Any], address: str) -> RenderedMail:
    """The mail `template` in `locale`; its link opens `address`.

    Raises TemplateError, KeyError, TypeError or ValueError when the template or the facts are wrong.
    """
    page = _environment(locale).get_template(f"{template}.txt")
    context = page.new_context({"cinema_name": settings().cinema.name} | facts | _showtime(facts))
    for _part in page.root_render_func(context):  # a block rendered alone lacks the template's imports
        pass
    blocks = {
        name: "".join(page.blocks[name](context)).strip() if name in page.blocks else ""
        for name in ("subject", "heading", "body", "action")
    }
    subject = " ".join(blocks["subject"].split())[:MAX_SUBJECT_LENGTH]
    paragraphs = [part.strip() for part in blocks["body"].split("\n\n") if part.strip()]
    action = f"{blocks['action']}: {address}" if blocks["action"] else ""
    sender = settings().cinema.name
    text = "\n\n".join(part for part in (blocks["heading"], *paragraphs, action, sender) if part) + "\n"
    html = _html_template(locale).render(
        subject=subject,
        heading=blocks["heading"],
        paragraphs=[
            Markup("<br>").join(escape(line.strip()) for line in part.splitlines()) for part in paragraphs
        ],
        action=blocks["action"],
        address=address,
        cinema_name=sender,
        language="pt-BR" if locale == "pt_BR" else locale,
    )
    return RenderedMail(subject, text, html)


@lru_cache(maxsize=4)
def _environment(locale: str) -> Environment:
    """The environment of the text templates. It escapes nothing, because plain text has no markup."""
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
    )
    _install_language(environment, locale)
    return environment


@lru_cache(maxsize=4)
def _html_template(locale: str) -> Any:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    _install_language(environment, locale)
    return environment.get_template("_letter.html")


def calendar_entry(
    locale: str, facts: dict[str, Any], *, website: str, called_off: bool = False
) -> bytes | None:
    """The calendar file of the visit in the mail's facts; None if they have no complete visit."""
    showtime = _showtime(facts).get("showtime")
    if showtime is None or not {"order_id", "ends_at", "place"} <= facts.keys():
        return None
    visit = Visit(
        order_id=uuid.UUID(facts["order_id"]),
        order_code=facts["order_code"],
        film=facts["film"],
        cinema=facts["cinema"],
        address=facts["place"],
        auditorium=facts["auditorium"],
        seats=facts["seats"],
        showtime=showtime,
        ends_at=datetime.fromisoformat(facts["ends_at"]),
        website=website,
        called_off=called_off,
    )
    return calendar_file(visit, locale)


def _showtime(facts: dict[str, Any]) -> dict[str, Showtime]:
    """The start of the screening in the mail's facts; empty if they have none."""
    if "starts_at" not in facts:
        return {}
    clock = facts.get("starts_local")  # missing in facts of an older version
    starts_at = datetime.fromisoformat(facts["starts_at"])
    return {
        "showtime": Showtime.of(
            starts_at, facts["timezone"], datetime.fromisoformat(clock) if clock else None
        )
    }


def _install_language(environment: Environment, locale: str) -> None:
    environment.install_gettext_translations(i18n.catalogue(locale), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["locale"] = locale
    environment.filters.update(
        money=lambda centavos: format_money(int(centavos), locale),
        moment=datetime.fromisoformat,
        time=lambda moment, zone: i18n.format_time(datetime.fromisoformat(moment), locale, zone),
        auditorium=lambda name: i18n.auditorium_name(name, locale),
    )
