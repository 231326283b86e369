"""Mails as text and HTML, from one template each in `templates/mail`: blocks subject, heading, body, action.

The body is plain text, paragraphs parted by blank lines; the HTML is made of it here, so that nothing a person
typed is ever markup.
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
LONGEST_SUBJECT = 150


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str


def write(template: str, locale: str, facts: dict[str, Any], address: str) -> Letter:
    """The mail `template` in `locale`; its link opens `address`.

    Raises jinja2's errors when template or facts are wrong.
    """
    page = _environment(locale).get_template(f"{template}.txt")
    context = page.new_context({"cinema_name": settings().cinema.name} | facts | _showtime(facts))
    for _part in page.root_render_func(context):  # blocks alone would not see what the template imports
        pass
    said = {
        name: "".join(page.blocks[name](context)).strip() if name in page.blocks else ""
        for name in ("subject", "heading", "body", "action")
    }
    subject = " ".join(said["subject"].split())[:LONGEST_SUBJECT]
    paragraphs = [part.strip() for part in said["body"].split("\n\n") if part.strip()]
    action = f"{said['action']}: {address}" if said["action"] else ""
    sender = settings().cinema.name
    text = "\n\n".join(part for part in (said["heading"], *paragraphs, action, sender) if part) + "\n"
    html = _page(locale).render(
        subject=subject,
        heading=said["heading"],
        paragraphs=[
            Markup("<br>").join(escape(line.strip()) for line in part.splitlines()) for part in paragraphs
        ],
        action=said["action"],
        address=address,
        cinema_name=sender,
        language="pt-BR" if locale == "pt_BR" else locale,
    )
    return Letter(subject, text, html)


@lru_cache(maxsize=4)
def _environment(locale: str) -> Environment:
    """Plain text: nothing is escaped, because nothing here is markup."""
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
    )
    _speak(environment, locale)
    return environment


@lru_cache(maxsize=4)
def _page(locale: str) -> Any:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    _speak(environment, locale)
    return environment.get_template("_letter.html")


def calendar_entry(
    locale: str, facts: dict[str, Any], *, website: str, called_off: bool = False
) -> bytes | None:
    """The visit that the mail is about as a calendar file; None where its facts do not tell of one."""
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
    """When the screening begins that the mail is about, if it is about one."""
    if "starts_at" not in facts:
        return {}
    clock = facts.get("starts_local")  # what an older version wrote has none
    starts_at = datetime.fromisoformat(facts["starts_at"])
    return {
        "showtime": Showtime.of(
            starts_at, facts["timezone"], datetime.fromisoformat(clock) if clock else None
        )
    }


def _speak(environment: Environment, locale: str) -> None:
    environment.install_gettext_translations(i18n.catalogue(locale), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["locale"] = locale
    environment.filters.update(
        money=lambda centavos: format_money(int(centavos), locale),
        moment=datetime.fromisoformat,
        time=lambda moment, zone: i18n.format_time(datetime.fromisoformat(moment), locale, zone),
        auditorium=lambda name: i18n.auditorium_name(name, locale),
    )
