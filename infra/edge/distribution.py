"""CloudFront before the pages: what it caches, what it forwards, and what it logs."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_logs as logs
from constructs import Construct

from app.web.static_files import ONE_DAY
from infra.edge.time_limits import ORIGIN_KEEPALIVE, ORIGIN_READ

# Headers by which a caller could tell the application another address or host than its own. The load balancer writes
# X-Forwarded-Proto and -Port itself. All other headers reach the application: Host, Accept-Language, HX-*, Origin,
# Sec-Fetch-Site, Referer, Range; and all cookies.
NOT_FORWARDED: Final = ("X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-Server", "Forwarded")
# Errors of the application and of the load balancer pass as they are, and none is kept for the next visitor.
ERRORS: Final = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
# Without addresses of pages, query, cookies, referrer and the visitor's network address.
LOG_FIELDS: Final = (
    "timestamp(ms)",
    "x-edge-location",
    "x-edge-request-id",
    "cs-method",
    "sc-status",
    "sc-bytes",
    "time-taken",
    "time-to-first-byte",
    "x-edge-result-type",
    "x-edge-detailed-result-type",
    "cs-protocol",
    "cs-protocol-version",
    "ssl-protocol",
    "c-country",
)


def distribution(
    scope: Construct,
    *,
    domain: str,
    certificate: acm.ICertificate,
    balancer: elb.IApplicationLoadBalancer,
    origin_domain: str,
    web_acl_arn: str,
    name: str,
) -> cloudfront.Distribution:
    """The distribution of the pages. `origin_domain`: the name in the load balancer's certificate."""
    origin = origins.VpcOrigin.with_application_load_balancer(
        balancer,
        domain_name=origin_domain,
        protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
        read_timeout=Duration.seconds(ORIGIN_READ),
        keepalive_timeout=Duration.seconds(ORIGIN_KEEPALIVE),
        vpc_origin_name=name,
    )
    return cloudfront.Distribution(
        scope,
        "Pages",
        comment=name,
        domain_names=[domain],
        certificate=certificate,
        web_acl_id=web_acl_arn,
        minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
        http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        price_class=cloudfront.PriceClass.PRICE_CLASS_ALL,  # the only one with places in South America
        publish_additional_metrics=True,  # the origin's latency is one of them
        default_behavior=_pages(origin, _forward_all(scope, name)),
        additional_behaviors={"/static/*": _files(origin, _keep_files(scope, name))},
        error_responses=[
            cloudfront.ErrorResponse(http_status=status, ttl=Duration.seconds(0)) for status in ERRORS
        ],
    )


def _pages(
    origin: cloudfront.IOrigin, forwarded: cloudfront.OriginRequestPolicy
) -> cloudfront.BehaviorOptions:
    return cloudfront.BehaviorOptions(
        origin=origin,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        origin_request_policy=forwarded,
        # The application compresses what holds no secret (`app/web/compression.py`).
        compress=False,
    )


def _files(origin: cloudfront.IOrigin, kept: cloudfront.CachePolicy) -> cloudfront.BehaviorOptions:
    return cloudfront.BehaviorOptions(
        origin=origin,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
        cache_policy=kept,
        compress=True,
    )


def _forward_all(scope: Construct, name: str) -> cloudfront.OriginRequestPolicy:
    return cloudfront.OriginRequestPolicy(
        scope,
        "Forwarded",
        origin_request_policy_name=f"{name}-pages",
        header_behavior=cloudfront.OriginRequestHeaderBehavior.deny_list(*NOT_FORWARDED),
        cookie_behavior=cloudfront.OriginRequestCookieBehavior.all(),
        query_string_behavior=cloudfront.OriginRequestQueryStringBehavior.all(),
    )


def _keep_files(scope: Construct, name: str) -> cloudfront.CachePolicy:
    """Files are kept as long as their answers say: for ever with a hash in the name, for a day without."""
    return cloudfront.CachePolicy(
        scope,
        "Files",
        cache_policy_name=f"{name}-files",
        min_ttl=Duration.seconds(0),
        default_ttl=Duration.seconds(ONE_DAY),
        max_ttl=Duration.days(365),
        cookie_behavior=cloudfront.CacheCookieBehavior.none(),
        header_behavior=cloudfront.CacheHeaderBehavior.none(),
        query_string_behavior=cloudfront.CacheQueryStringBehavior.none(),
        enable_accept_encoding_brotli=True,
        enable_accept_encoding_gzip=True,
    )


def log_access(
    scope: Construct, logged: cloudfront.Distribution, name: str, retention: logs.RetentionDays
) -> None:
    """Write a line for each request, with the fields above alone: CloudFront's older log has no choice of fields."""
    group = logs.LogGroup(scope, "AccessLog", retention=retention, removal_policy=RemovalPolicy.DESTROY)
    source = logs.CfnDeliverySource(
        scope,
        "AccessLogSource",
        name=f"{name}-pages",
        log_type="ACCESS_LOGS",
        resource_arn=logged.distribution_arn,
    )
    destination = logs.CfnDeliveryDestination(
        scope,
        "AccessLogDestination",
        name=f"{name}-pages",
        output_format="json",
        destination_resource_arn=group.log_group_arn,
    )
    delivery = logs.CfnDelivery(
        scope,
        "AccessLogDelivery",
        delivery_source_name=source.name,
        delivery_destination_arn=destination.attr_arn,
        record_fields=list(LOG_FIELDS),
    )
    delivery.add_resource_dependency(source)
