"""The two REST APIs of API Gateway before the internal load balancer, their firewall, limits and log."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from app.users.partners import USUAL_LIMIT
from infra.edge import gateway, openapi, rate_rules
from infra.edge.firewall import web_acl
from infra.edge.gateway import STAGE, Audience
from infra.environments import Environment
from infra.exceptions import acknowledge
from infra.retention import log_retention
from infra.stacks.identity import IdentityStack
from infra.stacks.network import HTTPS, TASKS, NetworkStack
from infra.stacks.services import ServicesStack
from infra.watching.metrics import edge_namespace, too_many

# Requests a second and their burst: of each API, and of single methods that write to the seats.
PRODUCTION_LIMITS, DEVELOPMENT_LIMITS = (2000, 4000), (50, 100)
SEATS_SHARE = 4  # orders may be a quarter of all requests
# Usage plans: name → requests a minute. The application has the exact limit of each partner (`flask partners`).
USAGE_PLANS = {"usual": USUAL_LIMIT, "large": 10 * USUAL_LIMIT}
# No network address, no token and no path with values: `resourcePath` is the pattern.
LOG_FIELDS = {
    "requestId": "$context.requestId",
    "trace": "$context.xrayTraceId",
    "at": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "firewall": "$context.wafResponseCode",
    "milliseconds": "$context.responseLatency",
    "applicationMilliseconds": "$context.integrationLatency",
    "applicationStatus": "$context.integrationStatus",
    "apiKey": "$context.identity.apiKeyId",
    "bytes": "$context.responseLength",
}

_REASONS = {
    "APIG2": "The body itself has a validator for all methods, which the rule does not read.",
    "APIG6": "Lines of an execution hold the path, and in it the token of an order. The access log has no paths.",
}


class EdgeStack(Stack):
    """`apis`: audience → REST API."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        environment: Environment,
        network: NetworkStack,
        identity: IdentityStack,
        services: ServicesStack,
        **options: Any,
    ) -> None:
        super().__init__(scope, id, **options)
        self._environment = environment
        self._target = gateway.Target(
            balancer_arn=services.alb.load_balancer_arn,
            host=services.origin_domain,
            vpc_link_id=self._vpc_link(network).ref,
        )
        self._user_pool_arn = identity.user_pool.user_pool_arn
        self._document = openapi.document()
        self._log_role = self._let_gateway_log()
        self._zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=environment.hosted_zone_id, zone_name=environment.domain
        )
        firewall = web_acl(
            self,
            name=f"{environment.prefix}-api",
            reach="REGIONAL",
            rates=rate_rules.API,
            retention=log_retention(environment),
        )
        self.apis: dict[Audience, apigateway.SpecRestApi] = {
            "public": self._api("public", environment.api_domain, firewall),
            "partners": self._api("partners", environment.partners_domain, firewall),
        }
        self._add_usage_plans(self.apis["partners"])

    def _vpc_link(self, network: NetworkStack) -> apigatewayv2.CfnVpcLink:
        """The way from API Gateway into the network (version 2, which reaches a load balancer for applications).

        The load balancer accepts requests of the gateway and of CloudFront, and of nobody else.
        """
        group = ec2.SecurityGroup(
            self, "Gateway", vpc=network.vpc, description="API Gateway", allow_all_outbound=False
        )
        balancer = network.load_balancer.security_group_id
        group.add_egress_rule(ec2.Peer.security_group_id(balancer), ec2.Port.tcp(HTTPS), "Requests")
        for id, source in {
            "FromGateway": {"source_security_group_id": group.security_group_id},
            "FromCloudFront": {"source_prefix_list_id": self._environment.cloudfront_prefix_list_id},
        }.items():
            ec2.CfnSecurityGroupIngress(
                self,
                id,
                description="Requests",
                group_id=balancer,
                ip_protocol="tcp",
                from_port=HTTPS,
                to_port=HTTPS,
                **source,
            )
        return apigatewayv2.CfnVpcLink(
            self,
            "Link",
            name=self._environment.prefix,
            subnet_ids=network.vpc.select_subnets(subnet_type=TASKS.subnet_type).subnet_ids,
            security_group_ids=[group.security_group_id],
        )

    def _let_gateway_log(self) -> apigateway.CfnAccount:
        """The role by which API Gateway writes its logs: one for the account and region."""
        role = iam.Role(
            self,
            "GatewayLogs",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name(
                    "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
                )
            ],
        )
        policy = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
        acknowledge(role, {f"IAM4[Policy::{policy}]": "AWS keeps this policy for this purpose alone."})
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        account.apply_removal_policy(RemovalPolicy.RETAIN)
        return account

    def _api(self, audience: Audience, domain: str, firewall: waf.CfnWebACL) -> apigateway.SpecRestApi:
        name = audience.title()
        api = apigateway.SpecRestApi(
            self,
            name,
            rest_api_name=f"{self._environment.prefix}-{audience}",
            api_definition=apigateway.ApiDefinition.from_inline(
                gateway.body(self._document, audience, self._target, self._user_pool_arn)
            ),
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            disable_execute_api_endpoint=True,  # the firewall's and certificate's host alone
            fail_on_warnings=True,
            cloud_watch_role=False,
            deploy=True,
            deploy_options=self._stage(audience),
        )
        api.deployment_stage.node.add_dependency(self._log_role)
        acknowledge(api, _REASONS)
        waf.CfnWebACLAssociation(
            self,
            f"{name}Firewall",
            resource_arn=api.deployment_stage.stage_arn,
            web_acl_arn=firewall.attr_arn,
        )
        self._publish(name, domain, api)
        return api

    def _log(self, audience: Audience) -> logs.LogGroup:
        """The access log of an API, with a metric of the answers 429: from the gateway, firewall and application."""
        name = audience.title()
        log = logs.LogGroup(
            self,
            f"{name}Log",
            retention=log_retention(self._environment),
            removal_policy=RemovalPolicy.DESTROY,
        )
        logs.MetricFilter(
            self,
            f"{name}TooMany",
            log_group=log,
            filter_pattern=logs.FilterPattern.string_value("$.status", "=", "429"),
            metric_namespace=edge_namespace(self._environment),
            metric_name=too_many(audience),
            metric_value="1",
            default_value=0,
        )
        return log

    def _stage(self, audience: Audience) -> apigateway.StageOptions:
        rate, burst = PRODUCTION_LIMITS if self._environment.is_production else DEVELOPMENT_LIMITS
        log = self._log(audience)
        return apigateway.StageOptions(
            stage_name=STAGE,
            throttling_rate_limit=rate,
            throttling_burst_limit=burst,
            method_options={
                "/v1/orders/POST": apigateway.MethodDeploymentOptions(
                    throttling_rate_limit=rate // SEATS_SHARE,
                    throttling_burst_limit=burst // SEATS_SHARE,
                    metrics_enabled=True,
                )
            },
            tracing_enabled=True,
            metrics_enabled=True,
            # See APIG6 above.
            logging_level=apigateway.MethodLoggingLevel.OFF,
            data_trace_enabled=False,
            access_log_destination=apigateway.LogGroupLogDestination(log),
            access_log_format=apigateway.AccessLogFormat.custom(json.dumps(LOG_FIELDS)),
        )

    def _publish(self, name: str, domain: str, api: apigateway.SpecRestApi) -> None:
        host = apigateway.DomainName(
            self,
            f"{name}Host",
            domain_name=domain,
            certificate=acm.Certificate(
                self,
                f"{name}Certificate",
                domain_name=domain,
                validation=acm.CertificateValidation.from_dns(self._zone),
            ),
            endpoint_type=apigateway.EndpointType.REGIONAL,
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
        )
        host.add_base_path_mapping(api, base_path=STAGE, stage=api.deployment_stage)
        route53.ARecord(
            self,
            f"{name}Address",
            zone=self._zone,
            record_name=domain,
            target=route53.RecordTarget.from_alias(targets.ApiGatewayDomain(host)),
        )

    def _add_usage_plans(self, api: apigateway.SpecRestApi) -> None:
        """The plans; a partner's key is made and added by a command when a contract is signed."""
        for plan, a_minute in USAGE_PLANS.items():
            api.add_usage_plan(
                f"Plan{plan.title()}",
                name=f"{self._environment.prefix}-{plan}",
                throttle=apigateway.ThrottleSettings(rate_limit=a_minute / 60, burst_limit=a_minute // 6),
                api_stages=[apigateway.UsagePlanPerApiStage(api=api, stage=api.deployment_stage)],
            )
