"""Labels of screenings and seats, and counts of things: `F7 and F8`, `2 tickets`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from app.shop import blueprint

MANY_SEATS = 4  # From here on the sign shows the number of seats, not their names.
PLURAL_EXAMPLE = 7  # an example of a plural: a script replaces it by its own number


def tickets(count: int) -> str:
    return ngettext("%(num)d ticket", "%(num)d tickets", count)


def seats(count: int) -> str:
    return ngettext("%(num)d seat", "%(num)d seats", count)


def popcorn_for(count: int) -> str:
    """The heading of the concessions, with the number of tickets spelled out."""
    spelled = {
        1: _("Popcorn?"),
        2: _("Popcorn for two?"),
        3: _("Popcorn for three?"),
        4: _("Popcorn for four?"),
        5: _("Popcorn for five?"),
        6: _("Popcorn for six?"),
    }
    return spelled.get(count) or _("Popcorn for everybody?")


@blueprint.app_template_filter("in_words")
def seats_in_words(names: Iterable[str]) -> str:
    """`F7`, `F7 and F8`, `F7, F8 and F9`."""
    *before, last = names
    return _("%(seats)s and %(last)s", seats=", ".join(before), last=last) if before else last


def seats_counted(names: Sequence[str]) -> str:
    """`2 seats: F7, F8`."""
    return ngettext("%(num)d seat: %(seats)s", "%(num)d seats: %(seats)s", len(names), seats=", ".join(names))


def seat_kind(kind: str) -> str:
    """The label of a kind of seat; empty for a standard seat."""
    match kind:
        case "wheelchair":
            return _("wheelchair space")
        case "companion":
            return _("companion's seat")
        case "love":
            return _("love seat for two")
        case "wide":
            return _("wide seat")
    return ""


def seat(name: str, kind: str) -> str:
    """`F7`, or `J1, wheelchair space`."""
    return ", ".join(part for part in (name, seat_kind(kind)) if part)


def full_price(count: int) -> str:
    return ngettext("%(num)d full price", "%(num)d at full price", count)


def half_price(count: int) -> str:
    return ngettext("%(num)d half price", "%(num)d at half price", count)


def combos(count: int) -> str:
    return ngettext("%(num)d combo", "%(num)d combos", count)


def snacks(count: int) -> str:
    return ngettext("%(num)d snack", "%(num)d snacks", count)


def plural_forms(count: Callable[[int], str]) -> list[str]:
    """Singular and plural with `#` for the number, for a script that updates a count."""
    return [count(1).replace("1", "#"), count(PLURAL_EXAMPLE).replace(str(PLURAL_EXAMPLE), "#")]


def short_version(version: str) -> str:
    return {"dubbed": _("Dub"), "subtitled": _("Sub"), "original": _("Orig")}[version]


def long_version(version: str) -> str:
    return {"dubbed": _("dubbed"), "subtitled": _("subtitled"), "original": _("original version")}[version]
