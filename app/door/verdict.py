"""An answer of the door as staff read it. Four kinds share a colour, a symbol and a sound."""

from __future__ import annotations

from dataclasses import dataclass

IN, ALREADY, ELSEWHERE, REFUSED = "in", "already", "elsewhere", "refused"
NOT_YET = ALREADY  # amber and a clock too: a good ticket, but not at this moment


@dataclass(frozen=True, slots=True)
class Verdict:
    """`title` in two lines; `big` a seat or an hour with two lines beside it; `demand` and its `detail` in a box.

    `move_to` is the screening whose door would let the ticket in, if staff may go over to it. `early_id` is the
    try of a ticket that came too early, which a supervisor may let in all the same. `others` are the answers
    to further codes that came in one go.
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
        """Letters of its longest line."""
        return max(len(line) for line in self.title.splitlines())
