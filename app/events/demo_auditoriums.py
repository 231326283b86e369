"""The demo's two sites and five auditoriums, which differ in shape and in the colour of their tickets.

Each auditorium keeps to the law: 2 % wheelchair spaces, each with a companion's seat, and wide seats (see the
Decreto 5.296/2004, art. 23), rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.events.auditorium_plans import PlannedRow

ZONES = {"standard": ("Sala", "Standard"), "vip": ("VIP", "VIP"), "love": ("Casal", "Love seats")}


@dataclass(frozen=True, slots=True)
class DemoAuditorium:
    label: str
    paper_colour: str
    rows: tuple[PlannedRow, ...]


@dataclass(frozen=True, slots=True)
class DemoCinema:
    slug: str
    name: str
    address: str
    city: str
    sales_cutoff_minutes: int
    rooms: tuple[DemoAuditorium, ...]


def _rows(*rows: str) -> tuple[PlannedRow, ...]:
    """Return rows written as `A standard __ss__`; the zone may be left out."""
    planned = []
    for row in rows:
        label, *zone, cells = row.split()
        planned.append(PlannedRow(label, cells, *zone))
    return tuple(planned)


CINEMAS = (
    DemoCinema(
        slug="centro",
        name="Centro",
        address="Rua da Lanterna, 58",
        city="Santos",
        sales_cutoff_minutes=15,
        rooms=(
            DemoAuditorium(
                "1",
                "salmon",
                _rows(
                    "A __sss_WCssssssssCW_sss__",
                    "B sssss_ssssssssssss_sssss",
                    "C Bbsss_ssssssssssss_sssBb",
                    "D sssss_ssssssssssss_sssss",
                    "E sssss_ssssssssssss_sssss",
                    "F sssss_ssssssssssss_sssss",
                    "G sssss_ssssssssssss_sssss",
                    "H WCsCW_ssssssssssss_WCsCW",
                    "I vip sssss_ssssssssssss_sssss",
                    "J vip sssss_ssssssssssss_sssss",
                    "K sssss_ssssssssssss_sssss",
                    "L sssss_ssssssssssss_sssss",
                    "M Bbsss_ssssssssssss_sssBb",
                    "N sssss_ssssssssssss_sssss",
                ),
            ),
            DemoAuditorium(
                "2",
                "green",
                _rows(
                    "A __WCss_ssCWCW",
                    "B ssssss_ssssss",
                    "C Bbssss_ssssBb",
                    "D ssssss_ssssss",
                    "E ssssss_ssssss",
                    "F ssssss_ssssss",
                    "G vip ssssss_ssssss",
                    "H vip ssssss_ssssss",
                    "I ssssss_ssssss",
                    "J love LLLLLL_LLLLLL",
                ),
            ),
            DemoAuditorium(
                "3",
                "blue",
                _rows(
                    "A __WCsssBb_",
                    "B _ssssssss_",
                    "C _ssssssss_",
                    "D _ssssssss_",
                    "E love LLLLLLLLLL",
                ),
            ),
        ),
    ),
    DemoCinema(
        slug="praia",
        name="Praia",
        address="Avenida da Praia, 1200",
        city="Santos",
        sales_cutoff_minutes=10,
        rooms=(
            DemoAuditorium(
                "4",
                "manila",
                _rows(
                    "A __WC_ssssssBb",
                    "B ssss_ssssssss",
                    "C ssss_ssssssss",
                    "D ssss_ssssssss",
                    "E ssss_ssssssss",
                    "F ssss_ssssssss",
                    "G ssss_ssssssss",
                    "H __WC_ssssssBb",
                ),
            ),
            DemoAuditorium(
                "5",
                "lilac",
                _rows(
                    "A _ss_WCssssssCW_ss_",
                    "B sss_ssssssssss_sss",
                    "C sss_ssssssssss_sss",
                    "D sBb_ssssssssss_Bbs",
                    "E sss_ssssssssss_sss",
                    "F vip sss_ssssssssss_sss",
                    "G vip sss_ssssssssss_sss",
                    "H sss_ssssssssss_sss",
                    "I sss_ssssssssss_sss",
                    "J WCs_ssssssssss_sCW",
                    "K love _LL_LLLLLLLLLL_LL_",
                ),
            ),
        ),
    ),
)
