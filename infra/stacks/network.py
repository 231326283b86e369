"""The network: three zones with public subnets for the NAT gateways, private ones for tasks, isolated ones for the
database; and the security groups of all parts, which name each other."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Fn, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.environments import Environment
from infra.retention import log_retention

WEB_PORT, HTTPS, POSTGRES = 8000, 443, 5432
TASKS = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
ISOLATED = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
# The services that tasks call all day. What they call rarely (SES, Cognito, banks) goes through the NAT gateways.
_ENDPOINTS = {
    "EcrApi": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Metrics": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
    "Secrets": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    "Sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
    "XRay": ec2.InterfaceVpcEndpointAwsService.XRAY,
}


class NetworkStack(Stack):
    """`load_balancer`, `web_tasks`, `other_tasks`, `database_proxy`, `database`: the security groups."""

    def __init__(self, scope: Construct, id: str, environment: Environment, **options: Any) -> None:
        super().__init__(scope, id, **options)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.20.0.0/16"),
            # The first zones of the account: without an account CDK would take two.
            availability_zones=[Fn.select(number, Fn.get_azs()) for number in range(environment.zones)],
            nat_gateways=environment.nat_gateways,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public",
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=24,
                    map_public_ip_on_launch=False,
                ),
                ec2.SubnetConfiguration(
                    name="tasks", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20
                ),
                ec2.SubnetConfiguration(
                    name="database", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
                ),
            ],
        )
        self._log_flows(environment)
        self.load_balancer = self._group("LoadBalancer", "The internal load balancer")
        self.web_tasks = self._group("WebTasks", "Tasks that serve pages or REST")
        self.other_tasks = self._group("OtherTasks", "Workers, relay and migrations: nobody calls them")
        self.database_proxy = self._group("DatabaseProxy", "The pool of connections")
        self.database = self._group("Database", "The database")
        self._allow_calls()
        self._add_endpoints(environment)
        # Where the delivery workflow runs the task of the migrations.
        tasks = self.vpc.select_subnets(subnet_type=TASKS.subnet_type)
        CfnOutput(self, "CommandsGroup", value=self.other_tasks.security_group_id)
        CfnOutput(self, "CommandsSubnets", value=",".join(tasks.subnet_ids))

    def _group(self, id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, id, vpc=self.vpc, description=description, allow_all_outbound=False)

    def _allow_calls(self) -> None:
        """Who may open a connection to whom. LISTEN goes past the proxy, straight to the database.

        Tasks reach AWS, banks and the servers of partners by HTTPS, and nothing else outside of the network.
        """
        for tasks in (self.web_tasks, self.other_tasks):
            tasks.add_egress_rule(
                ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), "AWS, banks, webhooks of partners"
            )
        self.web_tasks.connections.allow_from(self.load_balancer, ec2.Port.tcp(WEB_PORT), "Requests")
        for tasks in (self.web_tasks, self.other_tasks):
            self.database_proxy.connections.allow_from(tasks, ec2.Port.tcp(POSTGRES), "Statements")
            self.database.connections.allow_from(tasks, ec2.Port.tcp(POSTGRES), "LISTEN and migrations")
        self.database.connections.allow_from(self.database_proxy, ec2.Port.tcp(POSTGRES), "The pool")

    def _log_flows(self, environment: Environment) -> None:
        group = logs.LogGroup(
            self, "FlowLogs", retention=log_retention(environment), removal_policy=RemovalPolicy.DESTROY
        )
        self.vpc.add_flow_log(
            "Flows",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
            traffic_type=ec2.FlowLogTrafficType.REJECT
            if environment.is_production
            else ec2.FlowLogTrafficType.ALL,
        )

    def _add_endpoints(self, environment: Environment) -> None:
        """Keep the traffic to AWS in the network. An interface costs by the hour: development uses the NAT gateway."""
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        if not environment.is_production:
            return
        group = self._group("Endpoints", "The endpoints of AWS services")
        for tasks in (self.web_tasks, self.other_tasks):
            group.connections.allow_from(tasks, ec2.Port.tcp(HTTPS), "Calls of AWS")
        for id, service in _ENDPOINTS.items():
            self.vpc.add_interface_endpoint(
                id, service=service, subnets=TASKS, security_groups=[group], open=False
            )
