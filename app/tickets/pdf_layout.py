"""The PDF of an order's tickets: one A6 page for each. It reads no database and no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import accumulate
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.adapters.pdf import Printer
from app.core import qr_symbol
from app.core.codes import grouped
from app.core.i18n import translate
from app.core.money import format_money
from app.core.text_input import visible_line
from app.tickets import labels
from app.tickets.door_opening import opens_at
from app.tickets.text_fitting import FittedText, fit_line, fit_title, size_rules
from app.tickets.views import IssueFacts, Ticket

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "static" / "vendor" / "fonts"
DISPLAY = ("display", "narrow")
NARROW = ("narrow",)
WIDTH = 89.0  # millimetres between the margins
_ABOVE_SEAT = (36.0, 8.0)  # width in millimetres, font size in points
PAPER_COLOURS = ("salmon", "green", "blue", "manila", "lilac")


@dataclass(frozen=True, slots=True)
class LargeField:
    """One of the three large fields: start, auditorium, seat."""

    column: str
    label: str
    value: FittedText


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The values of the template for one ticket, in the buyer's language."""

    image: str
    seat: str
    paper_colour: str
    cinema_name: FittedText
    site: str
    address: str
    title: FittedText
    film: str
    age: str
    date: FittedText
    large_fields: tuple[LargeField, ...]
    code: str
    type: str
    proof: str
    price: str
    order: str
    footer: str

    @property
    def is_narrow(self) -> bool:
        large = (self.cinema_name, self.title, self.date, *(field.value for field in self.large_fields))
        return any(one.font == "narrow" for one in large)


@lru_cache(maxsize=1)
def printer() -> Printer:
    css = (ROOT / "templates" / "pdf" / "tickets.css").read_text(encoding="utf-8")
    return Printer(
        css + size_rules(),
        {
            "display": FONTS / "LeagueGothic-Regular.ttf",
            "narrow": FONTS / "LeagueGothic-Condensed.ttf",
            "text": FONTS / "PublicSans-Regular.ttf",
            "bold": FONTS / "PublicSans-Bold.ttf",
        },
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(ROOT / "templates" / "pdf"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_pdf(tickets: Sequence[Ticket], locale: str, cinema_name: str) -> bytes:
    """The PDF of `tickets`, all of one order. Raises PdfError."""
    facts = tickets[0].facts
    html = (
        _environment()
        .get_template("tickets.html")
        .render(
            pages=_pages(tickets, locale, cinema_name),
            lang="pt-BR" if locale.startswith("pt") else "en",
            title=f"{translate(locale, 'Tickets')} {facts.order_code} · {visible_line(facts.title_in(locale))}",
            _=partial(translate, locale),
        )
    )
    symbols = {str(one.number): qr_symbol.png(one.qr_text, one.qr_symbol) for one in tickets}
    return printer().pdf(html, symbols)


def _pages(tickets: Sequence[Ticket], locale: str, cinema_name: str) -> list[Page]:
    """One page for each ticket. If one needs the narrow font, all use it: a second large font would add 3 KB."""
    pages = [layout_page(ticket, len(tickets), locale, cinema_name) for ticket in tickets]
    if any(one.is_narrow for one in pages):
        pages = [layout_page(ticket, len(tickets), locale, cinema_name, NARROW) for ticket in tickets]
    return pages


def layout_page(
    ticket: Ticket, count: int, locale: str, cinema_name: str, fonts: Sequence[str] = DISPLAY
) -> Page:
    """The values for one page. `fonts` are the names of the fonts for the large texts, the widest first."""
    facts = ticket.facts
    return Page(
        image=str(ticket.number),
        seat=_printable(ticket.seat_name),
        paper_colour=facts.paper_colour if facts.paper_colour in PAPER_COLOURS else "manila",
        cinema_name=_fit(_display_capitals(cinema_name), fonts, 42.0, 18.0),
        site=_shortened(facts.cinema_name, 44.0, 8.5),
        address=_shortened(facts.cinema_address, 44.0, 8.5),
        title=fit_title(_title(facts, locale), printer().fonts, fonts, WIDTH, 15.0),
        film=_film_line(facts, locale),
        age=facts.age_rating if facts.age_rating in ("L", "6", "10", "12", "14", "16", "18") else "18",
        date=_fit(_display_capitals(_long_date(ticket, locale)), fonts, WIDTH, 19.0),
        large_fields=_large_fields(ticket, locale, fonts),
        code=grouped(ticket.code),
        type=_printable(labels.type_name(ticket, locale)),
        proof=_proof_line(ticket, locale),
        price=format_money(ticket.price, locale),
        order=_printable(facts.order_code),
        footer=_footer(ticket, count, locale),
    )


def _large_fields(ticket: Ticket, locale: str, fonts: Sequence[str]) -> tuple[LargeField, ...]:
    """Start, auditorium and seat, in the large type that staff read from a distance."""
    facts = ticket.facts
    room = _display_capitals(facts.auditorium_label) or "-"
    return (
        LargeField(
            "one", translate(locale, "starts at"), _fit(facts.showtime.time(locale), fonts, 36.0, 43.0)
        ),
        LargeField("two", translate(locale, "room"), fit_title(room, printer().fonts, fonts, 17.0, 15.2)),
        LargeField(
            "three",
            _seat_label(ticket, locale),
            _fit(_display_capitals(ticket.short_name), fonts, 29.0, 43.0),
        ),
    )


def _seat_label(ticket: Ticket, locale: str) -> str:
    """`fila e lugar · Balcão · VIP`, shown above the seat; if that is too long, the section alone."""
    label = translate(locale, "row and seat")
    parts = [_printable(part) for part in (ticket.section, ticket.zone_name) if part]
    candidates = [" · ".join((label, *parts[: len(parts) - left_out])) for left_out in range(len(parts) + 1)]
    if ticket.section:
        candidates[-1] = parts[0]
    fitting = (label_text for label_text in candidates if _fits_above_seat(label_text))
    return next(fitting, _shortened(candidates[-1], *_ABOVE_SEAT))


def _fits_above_seat(label_text: str) -> bool:
    return _shortened(label_text, *_ABOVE_SEAT) == label_text


def _proof_line(ticket: Ticket, locale: str) -> str:
    _ = partial(translate, locale)
    # A section that is too long for the line above the seat is shown here.
    section = f"{_printable(ticket.section)}. " if not _fits_above_seat(_printable(ticket.section)) else ""
    if companion := labels.companion_line(ticket, locale):
        return f"{section}{companion}."
    proof = labels.required_proof(ticket, locale)
    return section + (_("Show at the door: %(proof)s.", proof=proof) if proof else _("No document needed."))


def _title(facts: IssueFacts, locale: str) -> str:
    """The first title that the font has all letters for; else one in Latin letters; else the word `Film`."""
    titles = (facts.title_in(locale), facts.film_title, facts.original_title)
    own = [title for title in titles if printer().fonts["display"].draws(title)]
    shown = (_display_capitals(title) for title in (*own, *titles))
    return next(
        (one for one in shown if any(map(str.isalnum, one))), _display_capitals(translate(locale, "Film"))
    )


def _film_line(facts: IssueFacts, locale: str) -> str:
    """Original title, year, version and length. If they do not fit, or the font lacks letters, the original title is
    left out, because the version must be shown."""
    original = printer().fonts["text"].draws(facts.original_title)
    whole = _shortened(labels.film_line(facts, locale, original=original), 79.0, 9.0)
    return (
        _shortened(labels.film_line(facts, locale, original=False), 79.0, 9.0)
        if whole.endswith("…")
        else whole
    )


def _footer(ticket: Ticket, count: int, locale: str) -> str:
    _ = partial(translate, locale)
    facts = ticket.facts
    opens = facts.showtime.time(locale, opens_at(facts.starts_at))
    sentences = [
        _("Ticket %(number)d of %(count)d, good for one person.", number=ticket.number, count=count),
        _("The room opens at %(time)s.", time=opens),
        f"{labels.age_label(facts.age_rating, locale)}.",
        _("Until the film begins you can cancel on your order's page and get everything back."),
    ]
    return _printable(" ".join(sentences))


def _long_date(ticket: Ticket, locale: str) -> str:
    showtime = ticket.facts.showtime
    joined = " de " if locale.startswith("pt") else " "
    return f"{showtime.day_long(locale)}{joined}{showtime.day.year}"


def _fit(text: str, fonts: Sequence[str], width: float, size: float) -> FittedText:
    return fit_line(text, printer().fonts, fonts, width, size)


def _display_capitals(text: str) -> str:
    """The text in capitals, with characters that the display font has. Times keep their small letters (`18h30`)."""
    return printer().fonts["display"].printable(text.upper()).upper()


def _printable(text: str) -> str:
    return printer().fonts["text"].printable(text)


def _shortened(text: str, width: float, size: float) -> str:
    """The text, cut with `…` if it does not fit: secondary lines only."""
    font = printer().fonts["text"]
    shown = font.printable(text)
    available = width / (size * 25.4 / 72)
    if font.width(shown) <= available:
        return shown
    ellipsis = font.width("…")
    fitting = sum(width + ellipsis <= available for width in accumulate(map(font.width, shown)))
    return shown[:fitting].rstrip(" ·,") + "…"
