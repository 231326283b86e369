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

# "callers": the rows by which a process of the API knows who calls it, and nothing else of user-service.
Access = Literal["read", "write", "callers"]

RELAY = "relay"

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
# Service → what the resources call that its web server of the REST API serves (`web.service_routes`). A payment is a
# verb of orders. The tickets of an order are found by the order's token.
_API_CALLS: Mapping[str, Mapping[str, Access]] = {
    "orders": {"orders": "write"},
    "payments": {"orders": "write"},
    "reservations": {"reservations": "write"},
    "tickets": {"tickets": "write", "orders": "read"},
    "events": {"events": "read"},
    "products": {"products": "read", "events": "read"},
    "users": {"users": "write", "events": "read"},
}
# The pages read from any service, and call verbs that change something. Commands alone change the programme.
_PAGES: Mapping[str, Access] = {one: "read" if one == "events" else "write" for one in SERVICES}


def api_part(service: str) -> str:
    """The part that is the web server of the REST API of a service."""
    return f"{service}_api"


API_PARTS: Mapping[str, str] = {api_part(service): service for service in SERVICES}
FRONT_ENDS = (PAGES, *API_PARTS)


def accesses(part: str) -> Mapping[str, Access]:
    """Schema → what a process of `part` needs there, apart from `core`.

    `part` is a service (its worker), the web server of a service's REST API (`api_part`), "pages", or "relay".
    """
    if part in CALLS:
        return _with_calls({part: "write"})
    if part in API_PARTS:
        return {"users": "callers", **_with_calls(_API_CALLS[API_PARTS[part]])}
    return _PAGES if part == PAGES else {}


def _with_calls(own: Mapping[str, Access]) -> Mapping[str, Access]:
    """The accesses, with those of the services that the writing ones call, or that the reading ones read."""
    found: dict[str, Access] = {}
    for service, access in own.items():
        for called, needed in {service: access, **CALLS[service]}.items():
            limited = "read" if access == "read" else needed
            if found.get(called) != "write":
                found[called] = limited
    return found
