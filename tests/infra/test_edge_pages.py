"""CloudFront before the pages: caching, what it forwards, and the time limits on the way of live seats."""

from __future__ import annotations

from typing import Any

import pytest

from app.reservations import live
from infra.edge import time_limits
from tests.infra.resources import of_type, only

Documents = dict[str, dict[str, Any]]
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CloudFront's own policy of this name


@pytest.fixture
def config(documents: Documents) -> dict[str, Any]:
    found: dict[str, Any] = only(documents["edge-pages"], "AWS::CloudFront::Distribution")[
        "DistributionConfig"
    ]
    return found


def test_pages_are_not_cached_and_every_method_passes(config: dict[str, Any]) -> None:
    behavior = config["DefaultCacheBehavior"]
    assert behavior["CachePolicyId"] == CACHING_DISABLED
    assert {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} == set(behavior["AllowedMethods"])


def test_pages_are_compressed_by_the_application_alone(config: dict[str, Any]) -> None:
    """A compressed page with a secret and a text of the address tells the secret by its length (BREACH)."""
    assert config["DefaultCacheBehavior"]["Compress"] is False


def test_files_are_cached_long_and_compressed_and_without_cookies(
    config: dict[str, Any], documents: Documents
) -> None:
    (files,) = config["CacheBehaviors"]
    assert files["PathPattern"] == "/static/*"
    assert files["Compress"] is True
    policy = only(documents["edge-pages"], "AWS::CloudFront::CachePolicy")["CachePolicyConfig"]
    assert policy["MaxTTL"] == 365 * 24 * 3600
    assert policy["DefaultTTL"] == 24 * 3600
    forwarded = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert forwarded["EnableAcceptEncodingBrotli"]
    assert forwarded["EnableAcceptEncodingGzip"]
    for name in ("CookiesConfig", "HeadersConfig", "QueryStringsConfig"):
        assert set(forwarded[name].values()) == {"none"}


def test_cookies_and_headers_reach_the_application_but_not_a_made_up_host(documents: Documents) -> None:
    """HX-*, Accept-Language, Sec-Fetch-Site, Host and the `__Host-` cookies pass. X-Forwarded-For is CloudFront's."""
    from infra.edge.distribution import NOT_FORWARDED

    policy = only(documents["edge-pages"], "AWS::CloudFront::OriginRequestPolicy")[
        "OriginRequestPolicyConfig"
    ]
    assert policy["CookiesConfig"]["CookieBehavior"] == "all"
    assert policy["QueryStringsConfig"]["QueryStringBehavior"] == "all"
    assert policy["HeadersConfig"] == {
        "HeaderBehavior": "allExcept",
        "Headers": list(NOT_FORWARDED),
    }
    assert {"X-Forwarded-Host", "Forwarded"} <= set(NOT_FORWARDED)


def test_the_load_balancer_adds_one_address_to_those_that_the_edge_sends(documents: Documents) -> None:
    """CloudFront has one place of its own, and so has API Gateway: BILHETERIA_PROXIES is 2 on both ways."""
    attributes = balancer_attributes(documents)
    assert attributes["routing.http.xff_header_processing.mode"] == "append"
    assert attributes.get("routing.http.xff_client_port.enabled", "false") == "false"
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"


def test_browsers_use_tls_1_2_or_newer_and_may_use_http_3(config: dict[str, Any]) -> None:
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert config["HttpVersion"] == "http2and3"
    behaviors = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    assert {one["ViewerProtocolPolicy"] for one in behaviors} == {"redirect-to-https"}


def test_errors_are_the_applications_own_and_kept_for_nobody_else(config: dict[str, Any]) -> None:
    from infra.edge.distribution import ERRORS

    found = {one["ErrorCode"]: one for one in config["CustomErrorResponses"]}
    assert set(ERRORS) == set(found)
    for one in found.values():
        assert one["ErrorCachingMinTTL"] == 0
        assert "ResponsePagePath" not in one


def test_the_origin_is_the_internal_load_balancer_over_tls(
    config: dict[str, Any], documents: Documents
) -> None:
    (origin,) = config["Origins"]
    assert origin["DomainName"].startswith("origin.")
    way = only(documents["edge-pages"], "AWS::CloudFront::VpcOrigin")["VpcOriginEndpointConfig"]
    assert way["OriginProtocolPolicy"] == "https-only"
    assert way["OriginSSLProtocols"] == ["TLSv1.2"]


def test_the_firewall_stands_before_the_pages(config: dict[str, Any], documents: Documents) -> None:
    acl = next(iter(of_type(documents["edge-pages"], "AWS::WAFv2::WebACL")))
    assert config["WebACLId"] == {"Fn::GetAtt": [acl, "Arn"]}


def test_access_logs_hold_no_address_of_a_person_or_an_order(documents: Documents) -> None:
    fields = set(only(documents["edge-pages"], "AWS::Logs::Delivery")["RecordFields"])
    assert fields
    assert not any(
        one.startswith(("c-ip", "c-port", "x-forwarded", "cs-uri", "cs(", "x-host")) for one in fields
    )


def test_no_time_limit_cuts_live_seats(config: dict[str, Any], documents: Documents) -> None:
    """Each part on the way waits longer than the pause between two lines of a stream, and none limits the whole."""
    (origin,) = config["Origins"]
    read = origin["VpcOriginConfig"]["OriginReadTimeout"]
    assert read == time_limits.ORIGIN_READ >= 2 * live.HEARTBEAT_SECONDS
    assert "ResponseCompletionTimeout" not in origin
    assert balancer_idle(documents) == time_limits.BALANCER_IDLE >= 2 * live.HEARTBEAT_SECONDS


def test_each_part_closes_idle_connections_before_the_next_one_does(
    config: dict[str, Any], documents: Documents
) -> None:
    """CloudFront before the load balancer (an hour, as AWS sets it), and that before the web server."""
    (origin,) = config["Origins"]
    assert origin["VpcOriginConfig"]["OriginKeepaliveTimeout"] == time_limits.ORIGIN_KEEPALIVE < 3600
    assert balancer_idle(documents) < keepalive_behind_proxies()


def balancer_attributes(documents: Documents) -> dict[str, str]:
    balancer = only(documents["services"], "AWS::ElasticLoadBalancingV2::LoadBalancer")
    return {one["Key"]: one["Value"] for one in balancer["LoadBalancerAttributes"]}


def balancer_idle(documents: Documents) -> int:
    return int(balancer_attributes(documents)["idle_timeout.timeout_seconds"])


def keepalive_behind_proxies() -> int:
    """gunicorn's `keepalive` behind a proxy, read from its settings' text: to import them patches the process."""
    import re

    from tests.infra.conftest import ROOT

    text = (ROOT / "app/web/gunicorn_conf.py").read_text()
    found = re.search(r"^keepalive = (\d+) if settings\.web\.trusted_proxies", text, re.MULTILINE)
    assert found is not None
    return int(found[1])
