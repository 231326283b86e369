"""Who may call whom: the one list behind an import rule and behind the grants of the database's roles.

A call to a lower service joins the caller's transaction, so the caller's database role needs what the lower service
does: "write" where that changes rows, "read" where it reads them, or locks them against changes of others. The list is
complete: a service's list contains what the services that it calls need in their turn.

`tests/setup/test_imports.py` compares it with the contracts in pyproject.toml, which import-linter checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from app.core.config import PAGES, SERVICES

Access = Literal["read", "write"]

API, RELAY = "api", "relay"

# Service → the services below that it calls.
CALLS: Mapping[str, Mapping[str, Access]] = {
    "orders": {
        "reservations": "write",
        "tickets": "write",
        "events": "read",
        "products": "write",
        "payments": "write",
    },
    "reservations": {"events": "read"},
    "tickets": {"events": "read"},
    "events": {},
    "products": {},
    "payments": {},
    "users": {},
}
# A front end reads from any service, and calls verbs that change something. Commands alone change the programme.
_FRONT_END: Mapping[str, Access] = {one: "read" if one == "events" else "write" for one in SERVICES}
FRONT_ENDS: Mapping[str, Mapping[str, Access]] = {PAGES: _FRONT_END, API: _FRONT_END}


def accesses(part: str) -> Mapping[str, Access]:
    """Schema → what a process of `part` (a service, "pages", "api" or "relay") needs there, apart from `core`."""
    if part in CALLS:
        return {part: "write", **CALLS[part]}
    return FRONT_ENDS.get(part, {})
