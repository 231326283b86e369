"""What a printer says about itself: the four answers of the real-time command DLE EOT n.

Source of the bits: the ESC/POS command reference of Epson, which other makers follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

QUERIES = {n: bytes((0x10, 0x04, n)) for n in (1, 2, 3, 4)}
PAPER_LOW = "paper_low"
PAPER_OUT = "paper_out"
COVER_OPEN = "cover_open"
OFFLINE = "offline"
ERROR = "error"  # the cutter is stuck, or a fault that needs a technician
ABSENT = "absent"  # the machine is set up without a printer
PROBLEMS = (PAPER_LOW, PAPER_OUT, COVER_OPEN, OFFLINE, ERROR, ABSENT)

# (query, bits, problem)
_BITS = (
    (1, 0x08, OFFLINE),
    (2, 0x04, COVER_OPEN),
    (2, 0x20, PAPER_OUT),
    (2, 0x40, ERROR),
    (3, 0x08, ERROR),
    (3, 0x20, ERROR),
    (4, 0x0C, PAPER_LOW),
    (4, 0x60, PAPER_OUT),
)
_FIXED, _FIXED_VALUE = 0x93, 0x12  # bits 0 and 7 are 0, bits 1 and 4 are 1 in each answer


@dataclass(frozen=True)
class Status:
    """`problems` in the order of PROBLEMS. Only a printer that is low on paper still prints."""

    problems: tuple[str, ...] = ()

    @property
    def prints(self) -> bool:
        return set(self.problems) <= {PAPER_LOW}


def of_problems(problems: Iterable[str]) -> Status:
    """Paper that is out is not low as well."""
    found = set(problems)
    if PAPER_OUT in found:
        found.discard(PAPER_LOW)
    return Status(tuple(one for one in PROBLEMS if one in found))


def of_answers(answers: Mapping[int, int]) -> Status:
    """`answers` has the byte that came for each query. A missing or impossible byte means offline."""
    if any(n not in answers or answers[n] & _FIXED != _FIXED_VALUE for n in QUERIES):
        return Status((OFFLINE,))
    return of_problems(problem for n, bits, problem in _BITS if answers[n] & bits)
