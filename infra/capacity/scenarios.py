"""The three scenarios. Rates that no installation has measured are assumptions, named as such in docs/capacity.md."""

from __future__ import annotations

from dataclasses import dataclass

DAY = 86_400
TICKETS_AN_ORDER = 2.0


@dataclass(frozen=True)
class Scenario:
    """Sales of one installation.

    `tickets_a_day`: of its busiest day. `peak_factor`: the busiest minute against the mean of that day.
    `tickets_a_month` and `peak_hours` (a month in which as many tasks run as the peak needs) are for the money.
    """

    name: str
    tickets_a_day: float
    peak_factor: float
    tickets_a_month: float
    peak_hours: float
    programmes_an_order: float = 10.0
    maps_an_order: float = 4.0
    map_seconds: float = 60.0
    scanned_in_the_peak: float = 0.5  # scans a sold ticket, at the moment of the peak

    @property
    def orders_a_second(self) -> float:
        """At the peak."""
        return self.tickets_a_day / DAY * self.peak_factor / TICKETS_AN_ORDER

    @property
    def scans_a_second(self) -> float:
        return self.orders_a_second * TICKETS_AN_ORDER * self.scanned_in_the_peak

    @property
    def open_maps(self) -> float:
        """Seat maps open at once at the peak; each is a stream."""
        return self.orders_a_second * self.maps_an_order * self.map_seconds


ONE_CINEMA = Scenario("one cinema", 2_000, 10, 20_000, 60)
CHAIN = Scenario("chain of 700 screens", 250_000, 20, 2_500_000, 60)
NATIONAL = Scenario("national on-sale", 10_000_000, 50, 10_000_000, 24, scanned_in_the_peak=0.0)
SCENARIOS = (ONE_CINEMA, CHAIN, NATIONAL)
