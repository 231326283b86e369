"""The account of the caller's token."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from app.api import identity
from app.api.identity import require
from app.api.order_access import ROLES
from app.api.resource import Resource

SERVICE, PATH = "users", "/me"
blueprint = Resource("me", about="The account of a person, and their orders")


class AccountSchema(Schema):
    name = fields.String()
    email = fields.String()
    email_verified = fields.Boolean()
    language = fields.String(metadata={"description": "`pt-BR` or `en`"})
    roles = fields.List(
        fields.String(),
        metadata={"description": "`customer`, `door`, `supervisor`, `manager`, by the groups of the token"},
    )


@blueprint.get("")
@require(*ROLES)
@blueprint.response(200, AccountSchema)
@blueprint.doc(operationId="readAccount")
def read_account() -> dict[str, Any]:
    """Read the account of the token"""
    caller = identity.caller()
    user = caller.user
    assert user is not None  # only accounts have roles
    return {
        "name": user.name,
        "email": user.email,
        "email_verified": user.verified,
        "language": user.locale.replace("_", "-"),
        "roles": sorted(caller.grants),
    }
