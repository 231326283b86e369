"""Cognito: the pool's rules, its groups and scopes from the code, and what its trigger puts into tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.adapters.identity import access_tokens
from app.core import config
from app.users.group_roles import GROUP_ROLES
from app.users.service import SCOPES, SESSION_DAYS
from infra.edge import openapi
from infra.identity import token_claims
from tests.infra.resources import of_type, only, policy_statements

Documents = dict[str, dict[str, Any]]


@pytest.fixture
def pool(documents: Documents) -> dict[str, Any]:
    return only(documents["identity"], "AWS::Cognito::UserPool")


@pytest.fixture
def clients(documents: Documents) -> dict[str, dict[str, Any]]:
    found = of_type(documents["identity"], "AWS::Cognito::UserPoolClient").values()
    return {one["ClientName"]: one for one in found}


def test_groups_are_those_whose_roles_the_code_knows(documents: Documents) -> None:
    groups = of_type(documents["identity"], "AWS::Cognito::UserPoolGroup").values()
    assert {one["GroupName"] for one in groups} == set(GROUP_ROLES)


def test_scopes_of_partners_are_those_of_the_code(
    documents: Documents, clients: dict[str, dict[str, Any]]
) -> None:
    server = only(documents["identity"], "AWS::Cognito::UserPoolResourceServer")
    assert {f"{server['Identifier']}/{one['ScopeName']}" for one in server["Scopes"]} == set(SCOPES)
    assert clients["partner"]["AllowedOAuthFlows"] == ["client_credentials"]
    assert len(clients["partner"]["AllowedOAuthScopes"]) == len(SCOPES)


def test_people_sign_in_by_the_code_flow_and_come_back_to_the_pages_alone(
    clients: dict[str, dict[str, Any]],
) -> None:
    pages = clients["pages"]
    assert pages["AllowedOAuthFlows"] == ["code"]
    assert set(pages["AllowedOAuthScopes"]) == {"openid", "email", "profile"}
    before = config._current
    routes = {
        rule.rule for rule in openapi.application().url_map.iter_rules() if "GET" in (rule.methods or ())
    }
    config._current = before
    for address in (*pages["CallbackURLs"], *pages["LogoutURLs"]):
        assert address.startswith("https://ingressos.")
        assert urlsplit(address).path in routes


def test_the_pages_client_has_a_secret_that_no_template_shows(
    documents: Documents, clients: dict[str, dict[str, Any]]
) -> None:
    assert clients["pages"]["GenerateSecret"] is True
    kept = only(documents["identity"], "AWS::SecretsManager::Secret")
    pages = next(
        id
        for id, one in of_type(documents["identity"], "AWS::Cognito::UserPoolClient").items()
        if one["ClientName"] == "pages"
    )
    assert kept["SecretString"] == {"Fn::GetAtt": [pages, "ClientSecret"]}
    exported = [one["Value"] for one in documents["identity"]["Outputs"].values()]
    assert kept["SecretString"] not in exported, "the tasks get its address alone"


def test_no_client_takes_passwords_itself(clients: dict[str, dict[str, Any]]) -> None:
    for one in clients.values():
        flows = set(one.get("ExplicitAuthFlows", ()))
        assert flows <= {"ALLOW_REFRESH_TOKEN_AUTH"}
        assert one["PreventUserExistenceErrors"] == "ENABLED"
    assert clients["partner"]["GenerateSecret"] is True


def test_tokens_of_people_are_short_and_revocable(clients: dict[str, dict[str, Any]]) -> None:
    from infra.stacks.identity import TOKEN_MINUTES

    pages = clients["pages"]
    assert pages["AccessTokenValidity"] == pages["IdTokenValidity"] == TOKEN_MINUTES
    assert set(pages["TokenValidityUnits"].values()) == {"minutes"}
    assert pages["RefreshTokenValidity"] == SESSION_DAYS * 24 * 60
    assert pages["EnableTokenRevocation"] is True


def test_the_pool_offers_second_factors_that_are_no_text_messages(pool: dict[str, Any]) -> None:
    assert pool["MfaConfiguration"] == "OPTIONAL"
    assert set(pool["EnabledMfas"]) == {"SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}


def test_passwords_are_long_accounts_recover_by_mail_and_the_pool_is_protected(pool: dict[str, Any]) -> None:
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
    assert pool["AccountRecoverySetting"]["RecoveryMechanisms"] == [{"Name": "verified_email", "Priority": 1}]
    assert pool["DeletionProtection"] == "ACTIVE"
    assert pool["UserPoolTier"] == "PLUS"
    assert pool["UserPoolAddOns"]["AdvancedSecurityMode"] == "ENFORCED"


def test_sign_in_is_by_an_email_that_cognito_has_verified(pool: dict[str, Any]) -> None:
    assert pool["UsernameAttributes"] == ["email"]
    assert pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["UserAttributeUpdateSettings"]["AttributesRequireVerificationBeforeUpdate"] == ["email"]


def test_the_trigger_is_the_file_of_the_repository_and_may_read_people_of_the_pool_alone(
    documents: Documents, pool: dict[str, Any]
) -> None:
    assert pool["LambdaConfig"]["PreTokenGenerationConfig"]["LambdaVersion"] == "V2_0"
    code = only(documents["identity"], "AWS::Lambda::Function")["Code"]["ZipFile"]
    assert code == Path(token_claims.__file__).read_text()
    assert len(code.encode()) < 4096
    statements = [one for _, one in policy_statements(documents["identity"])]
    assert all(one["Resource"] != "*" for one in statements)
    assert "cognito-idp:AdminGetUser" in [one["Action"] for one in statements]


class Cognito:
    """Answers as Cognito's API does for a person with these second factors."""

    def __init__(self, *factors: str) -> None:
        self._factors = list(factors)

    def admin_get_user(self, **_: str) -> dict[str, Any]:
        return {"UserMFASettingList": self._factors} if self._factors else {}


def event(*groups: str, **attributes: str) -> dict[str, Any]:
    return {
        "userPoolId": "sa-east-1_Pool",
        "userName": "a-person",
        "request": {
            "userAttributes": attributes,
            "groupConfiguration": {"groupsToOverride": list(groups)},
        },
        "response": {},
    }


def overrides(given: dict[str, Any], cognito: Cognito) -> dict[str, Any]:
    found: dict[str, Any] = token_claims.handler(given, None, cognito)["response"][
        "claimsAndScopeOverrideDetails"
    ]
    return found


def test_access_tokens_get_the_email_that_the_api_needs_if_it_is_verified() -> None:
    verified = event(email="ana@example.org", email_verified="true", name="Ana")
    claims = overrides(verified, Cognito())["accessTokenGeneration"]["claimsToAddOrOverride"]
    read = {"iss": "i", "sub": "s", "client_id": "c", "token_use": "access", **claims}
    assert access_tokens._token(read).email == "ana@example.org"
    unverified = overrides(event(email="ana@example.org", email_verified="false"), Cognito())
    assert unverified["accessTokenGeneration"]["claimsToAddOrOverride"] == {}


@pytest.mark.parametrize(
    ("factors", "groups"),
    [
        ((), ["customer"]),
        (("EMAIL_OTP",), ["customer", "manager"]),
        (("SOFTWARE_TOKEN_MFA",), ["customer", "manager"]),
    ],
)
def test_staff_without_a_second_factor_are_customers(factors: tuple[str, ...], groups: list[str]) -> None:
    found = overrides(event("customer", "manager"), Cognito(*factors))
    assert found["groupOverrideDetails"]["groupsToOverride"] == groups


def test_customers_need_no_second_factor_and_cognito_is_not_asked() -> None:
    class Unreachable(Cognito):
        def admin_get_user(self, **_: str) -> dict[str, Any]:
            raise AssertionError

    assert overrides(event("customer"), Unreachable())["groupOverrideDetails"]["groupsToOverride"] == [
        "customer"
    ]
