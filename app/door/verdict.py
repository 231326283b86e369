"""The verdict as staff read it, of one of four kinds. Each kind has a colour, a symbol and a sound."""

from __future__ import annotations

from dataclasses import dataclass

IN, ALREADY, ELSEWHERE, REFUSED = "in", "already", "elsewhere", "refused"
NOT_YET = ALREADY  # it is amber too: the ticket is valid, but not at this moment


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict. `title` has two lines; `big` is a seat or a time, with two lines `beside` it; a box holds `demand` and
    `detail`.

    `move_to` is the ticket's screening, if staff may change the device to it. `early_id` is the try of a ticket that
    came too early, which a supervisor may admit. `others` are the verdicts on other codes that were sent together.
    """

    kind: str
    title: str
    big: str = ""
    beside: tuple[str, ...] = ()
    demand: str = ""
    detail: str = ""
    more: tuple[str, ...] = ()
    move_to: int | None = None
    early_id: int | None = None
    others: tuple[Verdict, ...] = ()

    @property
    def width(self) -> int:
        """The length of the longest line of the title, in characters."""
        return max(len(line) for line in self.title.splitlines())
