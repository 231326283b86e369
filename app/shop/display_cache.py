"""One-second in-process caches, for display only.

Visitors of the same second see the same page. The database decides each write (a hold, a half-price place, stock), so
a page that is a second old costs its visitor at most a message that something is no longer available.
"""

from __future__ import annotations

from typing import Any

from app.core.cache import Cache
from app.orders import service as orders
from app.products import service as products
from app.products.service import MenuItem
from app.shop.programme_filter import ProgrammeFilter

# The programme and the pages of films, rendered, some 50 KB each: by film (None: the programme), filter and language.
PROGRAMME_PAGES: Cache[tuple[str | None, ProgrammeFilter, str], dict[str, Any]] = Cache(
    "programme pages", most=50, seconds=1.0
)
# Claiming a half-price place counts them again under a lock.
_HALF_PRICE_LEFT: Cache[int, tuple[int, int]] = Cache("half price left", most=1_000, seconds=1.0)
# Holding a product counts its stock again under a lock.
_MENUS: Cache[tuple[int, str], list[MenuItem]] = Cache("menu pages", most=200, seconds=1.0)


def half_price_left(screening_id: int) -> tuple[int, int]:
    """(half-price places left, in all)."""
    return _HALF_PRICE_LEFT.get(screening_id, lambda: orders.half_price_left(screening_id))


def menu(cinema_id: int, language: str) -> list[MenuItem]:
    """The menu of a site, with what is left of each product."""
    return _MENUS.get((cinema_id, language), lambda: products.menu(cinema_id, language))
