"""AWS's managed rules, and what of them only counts, with the reason.

Rules that look into bodies and cookies refuse by patterns. A scanner at the door sends whatever a QR code holds, banks
send what they like, and a good password looks like an attack. There the rules count, and the label that they leave is
judged by a rule of ours (`refuse_labelled_bodies`), which leaves these addresses out. The application binds every value
in SQL and escapes every value in pages, so that what passes there does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aws_cdk import aws_wafv2 as waf

from infra.edge.statements import all_of, labelled, metric, no, one_of, path_begins

_SIGNED = "Our cookies are signed or random texts, and their values never reach SQL."
_SIZE = "Bodies of more than 8 KB are ours: scans made offline. The application refuses more than 256 KB."
_LABELLED = "`refuse_labelled_bodies` judges the label, and leaves out addresses with free text."
# Paths whose bodies hold texts of others: scanned codes, the banks' messages, passwords.
FREE_TEXT: Final = ("/staff/", "/webhooks/", "/account/")


@dataclass(frozen=True)
class ManagedGroup:
    """A group of AWS's rules. `counted`: rule → why it refuses nothing."""

    name: str
    priority: int
    counted: Mapping[str, str] = field(default_factory=dict)


GROUPS: Final = (
    ManagedGroup("AWSManagedRulesAmazonIpReputationList", 10),
    ManagedGroup("AWSManagedRulesKnownBadInputsRuleSet", 11),
    ManagedGroup(
        "AWSManagedRulesCommonRuleSet",
        12,
        {
            "SizeRestrictions_BODY": _SIZE,
            "NoUserAgent_HEADER": "Turnstiles, banks and partners' systems often send no User-Agent.",
            "CrossSiteScripting_COOKIE": _SIGNED,
            "CrossSiteScripting_BODY": _LABELLED,
            "GenericLFI_BODY": _LABELLED,
            "GenericRFI_BODY": _LABELLED,
        },
    ),
    ManagedGroup(
        "AWSManagedRulesSQLiRuleSet",
        13,
        {
            "SQLi_COOKIE": _SIGNED,
            "SQLi_URIPATH": "Tokens in addresses are random and may contain `--`; each is compared as a value.",
            "SQLi_BODY": _LABELLED,
            "SQLiExtendedPatterns_BODY": _LABELLED,
        },
    ),
)
BODY_LABELS: Final = (
    "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body",
    "awswaf:managed:aws:core-rule-set:GenericLFI_Body",
    "awswaf:managed:aws:core-rule-set:GenericRFI_Body",
    "awswaf:managed:aws:sql-database:SQLi_Body",
    "awswaf:managed:aws:sql-database:SQLiExtendedPatterns_Body",
)


def managed_rules() -> Iterator[waf.CfnWebACL.RuleProperty]:
    """The groups, and after them the rule for their labels."""
    for group in GROUPS:
        yield waf.CfnWebACL.RuleProperty(
            name=group.name,
            priority=group.priority,
            statement=waf.CfnWebACL.StatementProperty(
                managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                    vendor_name="AWS",
                    name=group.name,
                    rule_action_overrides=[_counted(name) for name in group.counted] or None,
                )
            ),
            override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
            visibility_config=metric(group.name),
        )


def refuse_labelled_bodies() -> waf.CfnWebACL.StatementProperty:
    """Bodies that the managed rules find, except where free text is usual."""
    free_text = one_of([path_begins(one) for one in FREE_TEXT])
    return all_of([one_of([labelled(one) for one in BODY_LABELS]), no(free_text)])


def _counted(name: str) -> Any:
    count = waf.CfnWebACL.RuleActionProperty(count={})
    return waf.CfnWebACL.RuleActionOverrideProperty(name=name, action_to_use=count)
