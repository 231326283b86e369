"""Statements of the web application firewall, by short names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from aws_cdk import aws_wafv2 as waf

Statement: TypeAlias = waf.CfnWebACL.StatementProperty
_AS_IT_IS = [waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")]
_PATH = waf.CfnWebACL.FieldToMatchProperty(uri_path={})


def all_of(statements: Sequence[Statement]) -> Statement:
    return Statement(and_statement=waf.CfnWebACL.AndStatementProperty(statements=list(statements)))


def one_of(statements: Sequence[Statement]) -> Statement:
    return Statement(or_statement=waf.CfnWebACL.OrStatementProperty(statements=list(statements)))


def no(statement: Statement) -> Statement:
    return Statement(not_statement=waf.CfnWebACL.NotStatementProperty(statement=statement))


def labelled(label: str) -> Statement:
    return Statement(
        label_match_statement=waf.CfnWebACL.LabelMatchStatementProperty(scope="LABEL", key=label)
    )


def path_begins(text: str) -> Statement:
    return _bytes(_PATH, "STARTS_WITH", text)


def path_is(text: str) -> Statement:
    return _bytes(_PATH, "EXACTLY", text)


def path_matches(pattern: str) -> Statement:
    """`pattern`: a regular expression for the path."""
    return Statement(
        regex_match_statement=waf.CfnWebACL.RegexMatchStatementProperty(
            field_to_match=_PATH, regex_string=pattern, text_transformations=_AS_IT_IS
        )
    )


def method_is(method: str) -> Statement:
    return _bytes(waf.CfnWebACL.FieldToMatchProperty(method={}), "EXACTLY", method)


def has_cookie(name: str) -> Statement:
    """Whether the request has this cookie with a value."""
    cookies = waf.CfnWebACL.FieldToMatchProperty(
        cookies=waf.CfnWebACL.CookiesProperty(
            match_pattern=waf.CfnWebACL.CookieMatchPatternProperty(included_cookies=[name]),
            match_scope="VALUE",
            oversize_handling="CONTINUE",
        )
    )
    return _not_empty(cookies)


def has_header(name: str) -> Statement:
    """Whether the request has this header with a value. `name` is in lower case."""
    return _not_empty(waf.CfnWebACL.FieldToMatchProperty(single_header={"Name": name}))


def metric(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    """A metric of this name. No sampled requests are kept: they hold addresses with tokens."""
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )


def _not_empty(field: waf.CfnWebACL.FieldToMatchProperty) -> Statement:
    return Statement(
        size_constraint_statement=waf.CfnWebACL.SizeConstraintStatementProperty(
            comparison_operator="GT", field_to_match=field, size=0, text_transformations=_AS_IT_IS
        )
    )


def _bytes(field: waf.CfnWebACL.FieldToMatchProperty, where: str, text: str) -> Statement:
    return Statement(
        byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
            field_to_match=field,
            positional_constraint=where,
            search_string=text,
            text_transformations=_AS_IT_IS,
        )
    )
