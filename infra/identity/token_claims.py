"""What Cognito asks before it gives out a person's tokens (pre token generation, version 2).

The access token gets the verified e-mail, by which the application finds the account. Groups of staff are in the token
only if the person signs in with a second factor: Cognito asks everybody who has one, and cannot require it of some.
The stack puts this file into the function as it is, so it stays below 4,096 characters and imports nothing of ours.
"""

from __future__ import annotations

from typing import Any

CUSTOMER_GROUPS = frozenset({"customer"})


def handler(event: dict[str, Any], _context: object, client: Any = None) -> dict[str, Any]:
    """Add what the token of this person shall have. If Cognito does not answer, nobody gets a token."""
    attributes = event["request"]["userAttributes"]
    groups = event["request"]["groupConfiguration"].get("groupsToOverride") or []
    staff_groups = set(groups) - CUSTOMER_GROUPS
    if staff_groups and not has_second_factor(event, client):
        groups = [one for one in groups if one in CUSTOMER_GROUPS]
    claims = {name: attributes[name] for name in ("name",) if attributes.get(name)}
    if attributes.get("email_verified") == "true":
        claims |= {"email": attributes["email"], "email_verified": "true"}
    event["response"]["claimsAndScopeOverrideDetails"] = {
        "accessTokenGeneration": {"claimsToAddOrOverride": claims},
        "groupOverrideDetails": {"groupsToOverride": groups},
    }
    return event


def has_second_factor(event: dict[str, Any], client: Any) -> bool:
    """Whether Cognito asks this person for a second factor at each sign-in."""
    if client is None:
        import boto3  # the runtime has it

        client = boto3.client("cognito-idp")
    person = client.admin_get_user(UserPoolId=event["userPoolId"], Username=event["userName"])
    return bool(person.get("UserMFASettingList"))
