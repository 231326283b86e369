"""The tickets of an order as a PDF: A6, a page each. Pure: tickets in, bytes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.adapters.pdf import Printer
from app.core import qr_symbol
from app.core.codes import grouped
from app.core.i18n import translate
from app.core.money import format_money
from app.core.text_input import visible_line
from app.tickets import wording
from app.tickets.lettering import Lettering, fit_line, fit_title, size_rules
from app.tickets.opening import opens_at
from app.tickets.views import IssueFacts, Ticket

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "static" / "vendor" / "fonts"
DISPLAY = ("display", "narrow")
NARROW = ("narrow",)
WIDTH = 89.0  # millimetres between the margins
_ABOVE_SEAT = (36.0, 8.0)  # millimetres, and the size of the letters in points
STOCKS = ("salmon", "green", "blue", "manila", "lilac")


@dataclass(frozen=True, slots=True)
class Place:
    """One of the three large words: when, which room, which seat."""

    column: str
    label: str
    value: Lettering


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All that stands on one ticket, in the buyer's language."""

    image: str
    seat: str
    stock: str
    house: Lettering
    site: str
    address: str
    title: Lettering
    film: str
    age: str
    date: Lettering
    places: tuple[Place, ...]
    code: str
    type: str
    proof: str
    price: str
    order: str
    foot: str

    @property
    def is_narrow(self) -> bool:
        large = (self.house, self.title, self.date, *(place.value for place in self.places))
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


def pdf(tickets: Sequence[Ticket], locale: str, house: str) -> bytes:
    """The PDF of `tickets`, all of one order; `house` is the cinema's name. Raises PdfError."""
    facts = tickets[0].facts
    html = (
        _environment()
        .get_template("tickets.html")
        .render(
            pages=_pages(tickets, locale, house),
            lang="pt-BR" if locale.startswith("pt") else "en",
            title=f"{translate(locale, 'Tickets')} {facts.order_code} · {visible_line(facts.title_in(locale))}",
            _=partial(translate, locale),
        )
    )
    symbols = {str(one.number): qr_symbol.png(one.qr_text, one.qr_symbol) for one in tickets}
    return printer().pdf(html, symbols)


def _pages(tickets: Sequence[Ticket], locale: str, house: str) -> list[Page]:
    """Where something needs the narrow letters, all large words have them: a second such font would cost 3 KB."""
    pages = [page(ticket, len(tickets), locale, house) for ticket in tickets]
    if any(one.is_narrow for one in pages):
        pages = [page(ticket, len(tickets), locale, house, NARROW) for ticket in tickets]
    return pages


def page(ticket: Ticket, count: int, locale: str, house: str, letters: Sequence[str] = DISPLAY) -> Page:
    """`letters`: the printer's fonts that the large words may have, the widest first."""
    _ = partial(translate, locale)
    facts = ticket.facts
    return Page(
        image=str(ticket.number),
        seat=_text(ticket.seat_name),
        stock=facts.stock if facts.stock in STOCKS else "manila",
        house=_fit(_display(house), letters, 42.0, 18.0),
        site=_shortened(facts.cinema_name, 44.0, 8.5),
        address=_shortened(facts.cinema_address, 44.0, 8.5),
        title=fit_title(_title(facts, locale), printer().fonts, letters, WIDTH, 15.0),
        film=_film_line(facts, locale),
        age=facts.age_rating if facts.age_rating in ("L", "6", "10", "12", "14", "16", "18") else "18",
        date=_fit(_display(_long_date(ticket, locale)), letters, WIDTH, 19.0),
        places=(
            Place(
                "one",
                _("starts at"),
                _fit(facts.showtime.time(locale), letters, 36.0, 43.0),
            ),
            Place(
                "two",
                _("room"),
                fit_title(_display(facts.auditorium_label) or "-", printer().fonts, letters, 17.0, 15.2),
            ),
            Place("three", _where(ticket, locale), _fit(_display(ticket.short_name), letters, 29.0, 43.0)),
        ),
        code=grouped(ticket.code),
        type=_text(wording.type_name(ticket, locale)),
        proof=_proof_line(ticket, locale),
        price=format_money(ticket.price, locale),
        order=_text(facts.order_code),
        foot=_foot(ticket, count, locale),
    )


def _where(ticket: Ticket, locale: str) -> str:
    """`fila e lugar · Balcão · VIP`, above the seat; where that is too long, the section, which one finds it by."""
    label = translate(locale, "row and seat")
    parts = [_text(part) for part in (ticket.section, ticket.zone_name) if part]
    wished = [" · ".join((label, *parts[: len(parts) - left_out])) for left_out in range(len(parts) + 1)]
    if ticket.section:
        wished[-1] = parts[0]
    fitting = (words for words in wished if _fits_above_seat(words))
    return next(fitting, _shortened(wished[-1], *_ABOVE_SEAT))


def _fits_above_seat(words: str) -> bool:
    return _shortened(words, *_ABOVE_SEAT) == words


def _proof_line(ticket: Ticket, locale: str) -> str:
    _ = partial(translate, locale)
    # A section that is too long to stand whole above the seat stands here.
    section = f"{_text(ticket.section)}. " if not _fits_above_seat(_text(ticket.section)) else ""
    if companion := wording.companion_line(ticket, locale):
        return f"{section}{companion}."
    proof = wording.proof_wanted(ticket, locale)
    return section + (_("Show at the door: %(proof)s.", proof=proof) if proof else _("No document needed."))


def _title(facts: IssueFacts, locale: str) -> str:
    """In the letters of a title that the font draws; else in Latin letters; never nothing."""
    titles = (facts.title_in(locale), facts.film_title, facts.original_title)
    own = [title for title in titles if printer().fonts["display"].draws(title)]
    shown = (_display(title) for title in (*own, *titles))
    return next((one for one in shown if any(map(str.isalnum, one))), _display(translate(locale, "Film")))


def _film_line(facts: IssueFacts, locale: str) -> str:
    """Where not all of it fits, or the font has not its letters, the original title goes: in which version one will see
    the film may not."""
    original = printer().fonts["text"].draws(facts.original_title)
    whole = _shortened(wording.film_line(facts, locale, original=original), 79.0, 9.0)
    return (
        _shortened(wording.film_line(facts, locale, original=False), 79.0, 9.0)
        if whole.endswith("…")
        else whole
    )


def _foot(ticket: Ticket, count: int, locale: str) -> str:
    _ = partial(translate, locale)
    facts = ticket.facts
    opens = facts.showtime.time(locale, opens_at(facts.starts_at))
    sentences = [
        _("Ticket %(number)d of %(count)d, good for one person.", number=ticket.number, count=count),
        _("The room opens at %(time)s.", time=opens),
        f"{wording.age_label(facts.age_rating, locale)}.",
        _("Until the film begins you can cancel on your order's page and get everything back."),
    ]
    return _text(" ".join(sentences))


def _long_date(ticket: Ticket, locale: str) -> str:
    showtime = ticket.facts.showtime
    joined = " de " if locale.startswith("pt") else " "
    return f"{showtime.day_long(locale)}{joined}{showtime.day.year}"


def _fit(text: str, letters: Sequence[str], width: float, size: float) -> Lettering:
    return fit_line(text, printer().fonts, letters, width, size)


def _display(text: str) -> str:
    """Capitals that the display font has; hours keep their small letters and do not come here."""
    return printer().fonts["display"].printable(text.upper()).upper()


def _text(text: str) -> str:
    return printer().fonts["text"].printable(text)


def _shortened(text: str, width: float, size: float) -> str:
    """A second line may lose its end where it does not fit; what matters stands large elsewhere."""
    font = printer().fonts["text"]
    shown = font.printable(text)
    most = width / (size * 25.4 / 72)
    if font.width(shown) <= most:
        return shown
    while shown and font.width(shown + "…") > most:
        shown = shown[:-1].rstrip(" ·,")
    return shown + "…"
