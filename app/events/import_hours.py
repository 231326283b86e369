"""The hour at which a screening of a file begins: by its site's clock, and as a moment in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.i18n import local
from app.core.showtime import moment_at
from app.events.import_values import Wrong


@dataclass(frozen=True, slots=True)
class Start:
    """`clock` is naive, `moment` aware. `converted`: the file had it in UTC, and the clock was read from that."""

    clock: datetime
    moment: datetime
    converted: bool = False


def start_at(said: datetime, timezone: str) -> Start:
    """What a file says of a start, at a site in that zone.

    Without an offset it is the site's clock. With the site's own offset too; what is in UTC is turned to that clock.
    Raises Wrong for another offset (one of the two is a mistake, and nobody but the cinema knows which), for an hour
    that the site's clocks skip, and for the second of two equal hours, which no clock can tell from the first.
    """
    if said.tzinfo is None:
        moment = moment_at(said, timezone)
        if moment is None:
            raise Wrong(f"the clocks of {timezone} skip {said:%Y-%m-%d %H:%M}")
        return Start(said, moment)
    there = local(said, timezone)
    if said.utcoffset() not in (timedelta(0), there.utcoffset()):
        raise Wrong(
            f"the clocks of {timezone} do not have the offset of {said.isoformat(timespec='minutes')}: at that moment "
            f"they show {there:%Y-%m-%d %H:%M}; write the hour as it is at the cinema, without an offset"
        )
    clock = there.replace(tzinfo=None)
    moment = moment_at(clock, timezone)
    if moment != said:
        raise Wrong(f"{clock:%Y-%m-%d %H:%M} comes twice by the clocks of {timezone}, and this is the second")
    return Start(clock, moment, converted=said.utcoffset() != there.utcoffset())
