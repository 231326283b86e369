"""The firewall: managed rules, and rate rules that are never tighter than the application's own limits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.resources import only

Documents = dict[str, dict[str, Any]]
STACKS = ("edge", "edge-pages")


def rules(documents: Documents, stack: str) -> dict[str, dict[str, Any]]:
    return {one["Name"]: one for one in only(documents[stack], "AWS::WAFv2::WebACL")["Rules"]}


@pytest.mark.parametrize("stack", STACKS)
def test_managed_rules_for_injection_scripts_known_bad_inputs_and_reputation(
    documents: Documents, stack: str
) -> None:
    from infra.edge.managed_rules import GROUPS

    found = rules(documents, stack)
    for group in GROUPS:
        statement = found[group.name]["Statement"]["ManagedRuleGroupStatement"]
        assert statement["VendorName"] == "AWS"
        assert found[group.name]["OverrideAction"] == {"None": {}}
        counted = statement.get("RuleActionOverrides", [])
        assert {one["Name"] for one in counted} == set(group.counted)
        assert all(one["ActionToUse"] == {"Count": {}} for one in counted)
    assert all(len(reason) > 20 for group in GROUPS for reason in group.counted.values())


@pytest.mark.parametrize("stack", STACKS)
def test_bodies_that_the_managed_rules_find_are_refused_except_at_addresses_with_free_text(
    documents: Documents, stack: str
) -> None:
    from infra.edge.managed_rules import BODY_LABELS, FREE_TEXT, GROUPS

    rule = rules(documents, stack)["refuse-labelled-bodies"]
    assert "Block" in rule["Action"]
    text = json.dumps(rule["Statement"])
    assert all(one in text for one in (*BODY_LABELS, *FREE_TEXT))
    assert rule["Priority"] > max(rules(documents, stack)[group.name]["Priority"] for group in GROUPS)


def test_the_firewall_of_the_pages_is_cloudfronts_and_that_of_the_api_regional(documents: Documents) -> None:
    assert only(documents["edge-pages"], "AWS::WAFv2::WebACL")["Scope"] == "CLOUDFRONT"
    assert only(documents["edge"], "AWS::WAFv2::WebACL")["Scope"] == "REGIONAL"


def test_no_rate_rule_is_tighter_than_the_applications_limit_for_one_address() -> None:
    from infra.edge import rate_rules

    for rule in (*rate_rules.PAGES, *rate_rules.API):
        assert rule.limit >= max(10, 2 * rule.own), rule.name


@pytest.mark.parametrize("stack", STACKS)
def test_rate_rules_answer_429_and_say_when_to_try_again(documents: Documents, stack: str) -> None:
    from infra.edge import rate_rules

    found = rules(documents, stack)
    for rule in rate_rules.PAGES if stack == "edge-pages" else rate_rules.API:
        answer = found[rule.name]["Action"]["Block"]["CustomResponse"]
        assert answer["ResponseCode"] == 429
        assert answer["ResponseHeaders"] == [{"Name": "Retry-After", "Value": "300"}]


def test_holds_are_counted_by_address_and_by_visit_and_kiosks_apart(documents: Documents) -> None:
    from infra.edge.rate_rules import DEVICE, SESSION

    found = {
        name: one["Statement"]["RateBasedStatement"]
        for name, one in rules(documents, "edge-pages").items()
        if name.startswith("holds")
    }
    assert set(found) == {"holds-of-address", "holds-of-foyer", "holds-of-visit"}
    keys = [next(iter(one)) for one in found["holds-of-visit"]["CustomKeys"]]
    assert keys == ["IP", "Cookie"]
    assert SESSION in json.dumps(found["holds-of-visit"]["CustomKeys"])
    assert found["holds-of-foyer"]["Limit"] >= 500  # fifty kiosks with a buyer a minute, in ten minutes
    for name, statement in found.items():
        scope = json.dumps(statement["ScopeDownStatement"])
        assert "/screenings/" in scope
        assert "POST" in scope
        assert DEVICE in scope
        assert ("NotStatement" in scope) == (name != "holds-of-foyer")


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("sign-in", ("/account/sign-in", "/account/sign-up")),
        ("order-codes", ("/orders/find",)),
        ("pairing-codes", ("/kiosk/pairing", "/staff/devices")),
        ("ticket-codes", ("/staff/admissions",)),
    ],
)
def test_sign_in_and_guessing_of_codes_have_rates(
    documents: Documents, name: str, paths: tuple[str, ...]
) -> None:
    scope = json.dumps(rules(documents, "edge-pages")[name]["Statement"])
    assert "POST" in scope
    assert all(path in scope for path in paths)


def test_the_api_is_not_reached_past_the_gateway(documents: Documents) -> None:
    rule = rules(documents, "edge-pages")["api-at-its-own-address"]
    assert rule["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 404
    assert "/api/v1/" in json.dumps(rule["Statement"])
    assert "openapi.json" in json.dumps(rule["Statement"])


@pytest.mark.parametrize("stack", STACKS)
def test_the_firewalls_log_holds_no_address_of_an_order_and_no_token(
    documents: Documents, stack: str
) -> None:
    logging = only(documents[stack], "AWS::WAFv2::LoggingConfiguration")
    redacted = json.dumps(logging["RedactedFields"])
    for one in ("UriPath", "QueryString", "cookie", "authorization", "referer"):
        assert one in redacted
    acl = only(documents[stack], "AWS::WAFv2::WebACL")
    assert all(not one["VisibilityConfig"]["SampledRequestsEnabled"] for one in (acl, *acl["Rules"]))
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"


@pytest.mark.parametrize("stack", STACKS)
def test_the_rules_fit_into_the_capacity_without_a_further_price(documents: Documents, stack: str) -> None:
    """1,500 units of capacity. Prices of the managed groups by AWS's list; a rate rule is 2, 30 for each own key, and
    its scope; a comparison of bytes is up to 10, a regular expression 3."""
    managed = {
        "AWSManagedRulesCommonRuleSet": 700,
        "AWSManagedRulesSQLiRuleSet": 200,
        "AWSManagedRulesKnownBadInputsRuleSet": 200,
        "AWSManagedRulesAmazonIpReputationList": 25,
    }
    used = 0
    for name, rule in rules(documents, stack).items():
        text = json.dumps(rule["Statement"])
        used += managed.get(name, 0)
        used += 2 * text.count("RateBasedStatement") + 30 * ("CustomKeys" in text) * text.count("TextTransf")
        used += 10 * text.count("ByteMatchStatement") + 3 * text.count("RegexMatchStatement")
        used += text.count("LabelMatchStatement") + text.count("SizeConstraintStatement")
    assert used <= 1500
