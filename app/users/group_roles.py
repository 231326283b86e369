"""The roles that the groups of an identity provider give."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import text

from app.core import db
from app.users import sessions
from app.users.models import ROLES

# The provider's groups, and the roles that they give. A person in none of them is a customer.
GROUP_ROLES: Final = {
    "customer": "customer",
    "staff": "door",
    "supervisor": "supervisor",
    "manager": "manager",
}


def roles_of_groups(groups: Collection[str]) -> frozenset[str]:
    """The roles of a person in these groups."""
    return frozenset(GROUP_ROLES[one] for one in groups if one in GROUP_ROLES) or frozenset({"customer"})


def give_role(user_id: int, groups: Collection[str]) -> None:
    """Give the account the role of these groups, in all its sessions."""
    role = max(roles_of_groups(groups), key=ROLES.index)
    changed = db.session().execute(
        text("update users.users set role = :role where id = :id and role <> :role returning 1"),
        {"id": user_id, "role": role},
    )
    if changed.first() is not None:
        sessions.forget_recent()
