"""The verdict as staff read it. Each of its four kinds has a colour, a symbol and a sound; a note has none."""

from __future__ import annotations

from dataclasses import dataclass

IN, ALREADY, ELSEWHERE, REFUSED = "in", "already", "elsewhere", "refused"
NOT_YET = ALREADY  # it is amber too: the ticket is valid, but not at this moment
NOTED = "noted"  # a decision was recorded: no colour and no sound


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict. `title` has two lines; `big` is a seat or a time, with two lines `beside` it; a box holds `demand` and
    `detail`.

    `age` is the film's age rating if the door has a rule for it, `age_rule` that rule. `move_to` is the ticket's
    screening, if staff may change the device to it. `try_id` is the row of the try, if a supervisor may decide about
    it. `others` are the verdicts on other codes that were sent together.
    """

    kind: str
    title: str
    big: str = ""
    beside: tuple[str, ...] = ()
    demand: str = ""
    detail: str = ""
    more: tuple[str, ...] = ()
    move_to: int | None = None
    try_id: int | None = None
    age: str = ""
    age_rule: str = ""
    others: tuple[Verdict, ...] = ()

    @property
    def width(self) -> int:
        """The length of the longest line of the title, in characters."""
        return max(len(line) for line in self.title.splitlines())
