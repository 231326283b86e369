"""The start of a screening in a file: the local time of its site, and the time in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.i18n import local
from app.core.showtime import moment_at
from app.events.import_values import InvalidValue


@dataclass(frozen=True, slots=True)
class Start:
    """A start. `clock` is the naive local time, `moment` aware. `converted`: the file had it in UTC."""

    clock: datetime
    moment: datetime
    converted: bool = False


def start_at(written: datetime, timezone: str) -> Start:
    """Return the start that a file gives as `written`, for a site in a time zone.

    A time without an offset, or with that of the site, is local time; a time in UTC is converted. Raises InvalidValue
    for another offset (only the cinema knows whether hour or offset is wrong), for an hour that the site's clocks skip,
    and for the second of two equal local hours.
    """
    if written.tzinfo is None:
        moment = moment_at(written, timezone)
        if moment is None:
            raise InvalidValue(f"the clocks of {timezone} skip {written:%Y-%m-%d %H:%M}")
        return Start(written, moment)
    there = local(written, timezone)
    if written.utcoffset() not in (timedelta(0), there.utcoffset()):
        raise InvalidValue(
            f"the clocks of {timezone} do not have the offset of {written.isoformat(timespec='minutes')}: at that "
            f"moment they show {there:%Y-%m-%d %H:%M}; write the hour as it is at the cinema, without an offset"
        )
    clock = there.replace(tzinfo=None)
    moment = moment_at(clock, timezone)
    if moment != written:
        raise InvalidValue(
            f"{clock:%Y-%m-%d %H:%M} comes twice by the clocks of {timezone}, and this is the second"
        )
    return Start(clock, moment, converted=written.utcoffset() != there.utcoffset())
