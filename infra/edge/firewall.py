"""The web ACLs: AWS's managed rules first, then the rate rules; and a log of what was refused or counted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final, Literal

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from app.api.document import PREFIX
from app.api.problems import TYPE
from infra.edge.managed_rules import managed_rules, refuse_labelled_bodies
from infra.edge.rate_rules import RateRule
from infra.edge.statements import Statement, all_of, metric, no, path_begins, path_is

Scope = Literal["CLOUDFRONT", "REGIONAL"]
API_ELSEWHERE = "api-at-its-own-address"
_PAGE = """<!doctype html><html lang="pt-BR"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><h1>{title}</h1><p>{text}</p><p lang="en">{english}</p></html>"""
PAGE_ANSWERS: Final = {
    "too-many": _PAGE.format(
        title="Muitas tentativas",
        text="Espere alguns minutos e tente de novo.",
        english="Too many tries. Wait a few minutes and try again.",
    ),
    "refused": _PAGE.format(
        title="Não deu para aceitar",
        text="O que você enviou parece um ataque. Volte e mude o texto.",
        english="What you sent looks like an attack. Go back and change the text.",
    ),
}

_LOGGED: Final = {
    "DefaultBehavior": "DROP",
    "Filters": [
        {
            "Behavior": "KEEP",
            "Requirement": "MEETS_ANY",
            "Conditions": [
                {"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
            ],
        }
    ],
}


def _problem(status: int, code: str, detail: str) -> str:
    title = HTTPStatus(status).phrase
    found = {"type": TYPE + code, "title": title, "status": status, "code": code, "detail": detail}
    return json.dumps(found)


API_ANSWERS: Final = {
    "too-many": _problem(429, "too_many", "Too many requests. Try again in a few minutes."),
    "refused": _problem(403, "forbidden", "The request was refused."),
}


def web_acl(
    scope: Construct,
    *,
    name: str,
    reach: Scope,
    rates: Sequence[RateRule],
    retention: logs.RetentionDays,
    api_host: str = "",
) -> waf.CfnWebACL:
    """A web ACL that lets through what no rule refuses. `api_host`: for the pages, where the API is instead."""
    answers = dict(PAGE_ANSWERS if reach == "CLOUDFRONT" else API_ANSWERS)
    if api_host:
        answers["elsewhere"] = _problem(404, "not_found", f"The API is at https://{api_host}{PREFIX}.")
    kinds = {"too-many": "TEXT_HTML", "refused": "TEXT_HTML", "elsewhere": "APPLICATION_JSON"}
    acl = waf.CfnWebACL(
        scope,
        "Firewall",
        name=name,
        scope=reach,
        default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
        visibility_config=metric(name),
        custom_response_bodies={
            key: waf.CfnWebACL.CustomResponseBodyProperty(
                content=content,
                content_type=kinds[key] if reach == "CLOUDFRONT" else "APPLICATION_JSON",
            )
            for key, content in answers.items()
        },
        rules=list(_rules(rates, elsewhere=bool(api_host))),
    )
    _log(scope, acl, retention)
    return acl


def _rules(rates: Sequence[RateRule], *, elsewhere: bool) -> Iterator[waf.CfnWebACL.RuleProperty]:
    if elsewhere:
        yield _refuse(API_ELSEWHERE, 0, _api_on_pages(), 404, "elsewhere")
    yield from managed_rules()
    yield _refuse("refuse-labelled-bodies", 20, refuse_labelled_bodies(), 403, "refused")
    for number, rate in enumerate(rates):
        yield _refuse(rate.name, 30 + number, rate.statement(), 429, "too-many")


def _api_on_pages() -> Statement:
    """The API's addresses at the host of the pages: they must not pass by the gateway. The document is there too."""
    return all_of([path_begins(f"{PREFIX}/"), no(path_is(f"{PREFIX}/openapi.json"))])


def _refuse(
    name: str, priority: int, statement: Statement, status: int, body: str
) -> waf.CfnWebACL.RuleProperty:
    headers: list[Any] | None = None
    if status == 429:
        headers = [waf.CfnWebACL.CustomHTTPHeaderProperty(name="Retry-After", value="300")]
    response = waf.CfnWebACL.CustomResponseProperty(
        response_code=status, custom_response_body_key=body, response_headers=headers
    )
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        statement=statement,
        action=waf.CfnWebACL.RuleActionProperty(
            block=waf.CfnWebACL.BlockActionProperty(custom_response=response)
        ),
        visibility_config=metric(name),
    )


def _log(scope: Construct, acl: waf.CfnWebACL, retention: logs.RetentionDays) -> None:
    """Log what was refused or counted, without addresses of pages, cookies and tokens.

    The log has the caller's network address, which tells an attack from a mistake; so it is kept no longer than others.
    """
    group = logs.LogGroup(
        scope,
        "FirewallLog",
        log_group_name=f"aws-waf-logs-{acl.name}",  # WAF accepts no other beginning
        retention=retention,
        removal_policy=RemovalPolicy.DESTROY,
    )
    destination = Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"aws-waf-logs-{acl.name}",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    configuration = waf.CfnLoggingConfiguration(
        scope,
        "FirewallLogging",
        resource_arn=acl.attr_arn,
        log_destination_configs=[destination],
        logging_filter=_LOGGED,
        redacted_fields=[
            waf.CfnLoggingConfiguration.FieldToMatchProperty(uri_path={}),
            waf.CfnLoggingConfiguration.FieldToMatchProperty(query_string={}),
            *(
                waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": name})
                for name in ("cookie", "authorization", "x-api-key", "referer")
            ),
        ],
    )
    configuration.node.add_dependency(group)
