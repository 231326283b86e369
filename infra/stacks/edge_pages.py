"""CloudFront before pages and files. Its firewall, certificate and metrics are in us-east-1 alone, so all of it is."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from infra.edge import distribution, rate_rules
from infra.edge.firewall import web_acl
from infra.environments import Environment
from infra.exceptions import acknowledge
from infra.retention import log_retention
from infra.stacks.services import ServicesStack
from infra.watching import edge_alarms, other_region
from infra.watching.metrics import Metrics


class EdgePagesStack(Stack):
    """`distribution`, `firewall`, `alarms`: name → alarm.

    The addresses of the load balancer come from the other region by `cdk` itself.
    """

    def __init__(
        self, scope: Construct, id: str, environment: Environment, services: ServicesStack, **options: Any
    ) -> None:
        super().__init__(scope, id, cross_region_references=True, **options)
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=environment.hosted_zone_id, zone_name=environment.domain
        )
        self.firewall = web_acl(
            self,
            name=f"{environment.prefix}-pages",
            reach="CLOUDFRONT",
            rates=rate_rules.PAGES,
            retention=log_retention(environment),
            api_host=environment.api_domain,
        )
        self.distribution = distribution.distribution(
            self,
            domain=environment.domain,
            certificate=self._certificate(environment.domain, zone),
            balancer=services.alb,
            origin_domain=services.origin_domain,
            web_acl_arn=self.firewall.attr_arn,
            name=environment.prefix,
        )
        acknowledge(
            self.distribution,
            {
                "CFR1": "Tickets are sold to people on a journey too.",
                "CFR3": "It has the newer log, whose fields can be chosen: without addresses of people and orders.",
            },
        )
        distribution.log_access(self, self.distribution, environment.prefix, log_retention(environment))
        target = route53.RecordTarget.from_alias(targets.CloudFrontTarget(self.distribution))
        route53.ARecord(self, "Address", zone=zone, record_name=environment.domain, target=target)
        route53.AaaaRecord(self, "AddressV6", zone=zone, record_name=environment.domain, target=target)
        self.alarms = self._alarms(environment)

    def _certificate(self, domain: str, zone: route53.IHostedZone) -> acm.Certificate:
        validation = acm.CertificateValidation.from_dns(zone)
        return acm.Certificate(self, "Certificate", domain_name=domain, validation=validation)

    def _alarms(self, environment: Environment) -> dict[str, cloudwatch.Alarm]:
        """What watches CloudFront and its firewall; it calls in our region."""
        metrics = Metrics(environment)
        watches = [
            *edge_alarms.of_cloudfront(metrics, self.distribution.distribution_id),
            *edge_alarms.of_firewall(metrics, "pages"),
        ]
        made = {watch.name: watch.alarm(self, environment) for watch in watches}
        other_region.send_changes(self, environment, list(made.values()))
        return made
