"""The words of a door without network: verdicts and phrases with slots, such as `{seat}`, which its page fills."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from app.door import demands, verdict_words
from app.door.verdict import ELSEWHERE, REFUSED, Verdict
from app.door.verdicts import CODE_VERDICTS
from app.tickets import service as tickets

_AGE_RATINGS = ("10", "12", "14", "16", "18")
_MANY = 99  # stands for `{num}` in the plural


@dataclass(frozen=True, slots=True)
class OfflineTexts:
    """`verdicts` by their names in door_offline_verdict.js; `age_rules` by rating; `phrases` and `layouts` as JSON."""

    verdicts: dict[str, Verdict]
    age_rules: dict[str, str]
    phrases: str
    layouts: str


def offline_texts() -> OfflineTexts:
    """The texts in the language of the page."""
    return OfflineTexts(
        _ticket_verdicts() | _elsewhere_verdicts() | {name: make() for name, make in CODE_VERDICTS.items()},
        {rating: demands.age_rule(rating) for rating in _AGE_RATINGS},
        json.dumps(_phrases() | _conflict_phrases()),
        json.dumps(tickets.layout_tables()),
    )


def _ticket_verdicts() -> dict[str, Verdict]:
    where, film = ("{room}", "{starts}"), ("{film}", "{room}")
    return {
        "admitted": verdict_words.admitted(
            big="{seat}",
            beside=("{room}", "{place}", "{type_line}", "{people}"),
            ticket_type="{type}",
            proof="{proof}",
            more=("{note}",),
        ),
        "new_ticket": verdict_words.admitted(
            big="{starts}",
            beside=(*film, "{type_line}"),
            ticket_type="{type}",
            proof="{proof}",
            more=(
                _("Sold after this device's last data (%(time)s): the seat is on the ticket.", time="{data}"),
            ),
        ),
        "already": verdict_words.already(
            admitted_at="{at}",
            beside=("{gate}",),
            seat="{seat}",
            room="{room}",
            starts="{starts}",
            ago="{ago}",
        ),
        "revoked": verdict_words.revoked(seat="{seat}", beside=where, order_code="{order}"),
        "called_off": verdict_words.called_off(starts="{starts}", beside=film, reason=""),
        "replaced": verdict_words.replaced(seat="{seat}", beside=where),
        "other_screening": verdict_words.other_screening(
            room="{room}", starts="{starts}", beside=film, seat="{seat}"
        ),
        "other_time": verdict_words.other_screening(room="", starts="{starts}", beside=film, seat="{seat}"),
        "too_early": verdict_words.too_early(opens="{opens}", starts="{starts}", beside=film, seat="{seat}"),
        "over": verdict_words.over(starts="{starts}", beside=film, ended="{ends}"),
        "unknown_code": _unknown_code(),
    }


def _elsewhere_verdicts() -> dict[str, Verdict]:
    """The verdicts on tickets for another day or another cinema."""
    return {
        "other_day": _other_day(is_past=False),
        "past_day": _other_day(is_past=True),
        "other_cinema": verdict_words.other_cinema(
            cinema="{cinema}", address="{address}", screening="{film}, {room}, {starts}", on_day="{on_day}"
        ),
        "not_here": _not_here(),
    }


def _other_day(*, is_past: bool) -> Verdict:
    return verdict_words.other_day(
        is_past=is_past,
        day_short="{day_short}",
        weekday="{weekday}",
        starts="{starts}",
        film="{film}",
        day="{day}",
    )


def _not_here() -> Verdict:
    return Verdict(
        ELSEWHERE,
        _("Not for\ntoday here"),
        demand=_("The ticket is for another day or another cinema"),
        detail=_("This device's data does not have its screening."),
        more=(_("The day and the cinema are printed on the ticket."),),
    )


def _unknown_code() -> Verdict:
    return Verdict(
        REFUSED,
        _("Code not\nknown here"),
        demand=_("No ticket in this device's data of %(time)s has this code", time="{data}"),
        detail=_("It may have been sold since."),
        more=(_("Check the letters, or scan the QR code: it works without network too."),),
    )


def _phrases() -> dict[str, str]:
    return {
        "no_document": _("%(type)s, no document needed", type="{type}"),
        "one_person": _("1 person"),
        "order_all_in": _numbered(lambda num: _("All %(num)d of the order are in", num=num)),
        **_plural(
            "order_left",
            lambda num: ngettext(
                "%(num)d more person of the order to come", "%(num)d more people of the order to come", num
            ),
        ),
        "just_now": demands.scanned_ago(""),
        "ago": demands.scanned_ago("{duration}"),
        "back": _("Back from outside."),
        "no_network": _("no network, data of %(time)s", time="{time}"),
        "no_network_long": _("no network, data of %(time)s, more than 10 minutes old", time="{time}"),
        "stale": _("no new data since %(time)s", time="{time}"),
        "is_back": _("The network is back."),
        **_plural("unsent", lambda num: ngettext("%(num)d entry to send", "%(num)d entries to send", num)),
        "all_rooms": _("All rooms"),
        "in": _("in"),
        **_plural("to_come", lambda num: ngettext("to come", "to come", num)),
        "outside": _("outside"),
        **_plural("sold", lambda num: ngettext("sold", "sold", num)),
        "in_at": _("in at %(time)s", time="{time}"),
        **_plural("found", lambda num: ngettext("%(num)d ticket", "%(num)d tickets", num)),
        "tried": _numbered(lambda num: _("%(num)d codes came in one go. Each was tried.", num=num)),
    }


def _conflict_phrases() -> dict[str, str]:
    """What staff read when the server would not have let a person in, by the reason."""
    who = {"seat": "{seat}", "first": "{first}", "time": "{time}", "gate": "{gate}"}
    but = {
        "called_off": _("the screening was called off"),
        "undone": _("a supervisor had undone the entry"),
        "replaced": _("the QR code was replaced by a newer one"),
        "other_screening": _("the ticket is for another screening"),
        "other_day": _("the ticket is for another day"),
        "other_cinema": _("the ticket is for another cinema"),
        "too_early": _("the room was not open yet"),
        "over": _("the screening was over"),
    }
    return {
        "conflict_twice": _(
            "%(seat)s went in at two doors: %(first)s %(gate_1)s, %(time)s %(gate)s",
            gate_1="{gate_1}",
            **who,
        ),
        "conflict_revoked": _(
            "%(seat)s went in at %(time)s, %(gate)s, with a ticket cancelled at %(first)s", **who
        ),
        **{
            f"conflict_{reason}": _(
                "%(seat)s went in at %(time)s, %(gate)s, but %(reason)s", reason=why, **who
            )
            for reason, why in but.items()
        },
    }


def _plural(name: str, phrase: Callable[[int], str]) -> dict[str, str]:
    return {f"{name}_one": phrase(1), f"{name}_many": _numbered(phrase)}


def _numbered(phrase: Callable[[int], str]) -> str:
    return phrase(_MANY).replace(str(_MANY), "{num}")
