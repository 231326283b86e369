"""The cluster, the internal load balancer, and a service of ECS for each part of the application."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_route53 as route53
from constructs import Construct

from infra.edge.time_limits import BALANCER_IDLE
from infra.environments import Environment
from infra.parts import PARTS, WEB_PARTS, Part
from infra.permissions import command_statements, statements
from infra.routes import listener_rules
from infra.scaling import scale
from infra.stacks.data import DataStack
from infra.stacks.identity import IdentityStack
from infra.stacks.messaging import MessagingStack
from infra.stacks.network import TASKS, WEB_PORT, NetworkStack
from infra.task_environment import command_environment, task_environment
from infra.tasks import TaskFactory
from infra.watching.roll_back import end_roll_outs

STOP_SECONDS = 20  # of a target that leaves: the process itself has 30


class ServicesStack(Stack):
    """`cluster`, `alb`, `listener`; `services` and `target_groups` by the name of the part; `commands`: the task
    definition of migrations; `origin_domain`: the name in the load balancer's `certificate`; `roll_back_alarms`."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        messaging: MessagingStack,
        identity: IdentityStack,
        **options: Any,
    ) -> None:
        super().__init__(scope, id, **options)
        self._environment, self._network = environment, network
        self._data, self._messaging, self._identity = data, messaging, identity
        self.origin_domain = f"origin.{environment.domain}"
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=network.vpc,
            cluster_name=environment.prefix,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
            enable_fargate_capacity_providers=True,
        )
        self._tasks = TaskFactory(self, environment)
        self.alb = self._load_balancer()
        self.listener = self._listener()
        self.services: dict[str, ecs.FargateService] = {}
        self.target_groups: dict[str, elb.ApplicationTargetGroup] = {}
        for part in PARTS:
            self.services[part.name] = self._service(part)
        for part in WEB_PARTS:
            self.target_groups[part.name] = self._target_group(part)
        self._route()
        self.roll_back_alarms = end_roll_outs(self, environment, self.services, self.target_groups, self.alb)
        self._scale()
        self.commands = self._commands()

    def _scale(self) -> None:
        """After the routes: the number of requests is a metric of the load balancer."""
        for part in PARTS:
            scale(
                self.services[part.name],
                part,
                self._environment,
                queues=[self._messaging.queues[name] for name in part.queues],
                target_group=self.target_groups.get(part.name),
            )

    def _load_balancer(self) -> elb.ApplicationLoadBalancer:
        alb = elb.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=self._network.vpc,
            vpc_subnets=TASKS,
            internet_facing=False,
            security_group=self._network.load_balancer,
            drop_invalid_header_fields=True,
            # Its entry of X-Forwarded-For is one of the two that count (BILHETERIA_PROXIES).
            xff_header_processing_mode=elb.XffHeaderProcessingMode.APPEND,
            idle_timeout=Duration.seconds(BALANCER_IDLE),
            deletion_protection=self._environment.is_production,
        )
        alb.log_access_logs(self._data.access_logs, "load-balancer")
        return alb

    def _listener(self) -> elb.ApplicationListener:
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=self._environment.hosted_zone_id, zone_name=self._environment.domain
        )
        self.certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=self.origin_domain,
            validation=acm.CertificateValidation.from_dns(zone),
        )
        return self.alb.add_listener(
            "Https",
            port=443,
            protocol=elb.ApplicationProtocol.HTTPS,
            certificates=[self.certificate],
            ssl_policy=elb.SslPolicy.TLS13_RES,
            open=False,
            default_action=elb.ListenerAction.fixed_response(404, content_type="text/plain"),
        )

    def _service(self, part: Part) -> ecs.FargateService:
        network = self._network
        task = self._tasks.define(
            part.id,
            part.name,
            command=part.command,
            health_command=part.health_command,
            is_web=part.kind == "web",
            variables=task_environment(
                part, self._environment, network, self._data, self._messaging, self._identity
            ),
            statements=statements(part, self._data, self._messaging, self._identity),
        )
        return ecs.FargateService(
            self,
            f"{part.id}Service",
            service_name=part.name,
            cluster=self.cluster,
            task_definition=task,
            # Without a number a roll-out keeps the one that scaling has chosen.
            desired_count=0 if self._environment.is_first else None,
            assign_public_ip=False,
            vpc_subnets=TASKS,
            security_groups=[network.web_tasks if part.kind == "web" else network.other_tasks],
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.ENABLED,
            capacity_provider_strategies=self._capacity(part),
            health_check_grace_period=Duration.seconds(60) if part.kind == "web" else None,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            enable_ecs_managed_tags=True,
        )

    def _capacity(self, part: Part) -> list[ecs.CapacityProviderStrategy]:
        """The first task of a worker that can wait runs on demand, all others on Spot."""
        if not part.can_wait:
            return [ecs.CapacityProviderStrategy(capacity_provider="FARGATE", weight=1)]
        return [
            ecs.CapacityProviderStrategy(capacity_provider="FARGATE", base=1, weight=0),
            ecs.CapacityProviderStrategy(capacity_provider="FARGATE_SPOT", weight=1),
        ]

    def _target_group(self, part: Part) -> elb.ApplicationTargetGroup:
        """The check is /healthz, not /readyz: tasks that wait for the database must not be replaced."""
        return elb.ApplicationTargetGroup(
            self,
            f"{part.id}Targets",
            vpc=self._network.vpc,
            port=WEB_PORT,
            protocol=elb.ApplicationProtocol.HTTP,
            targets=[self.services[part.name]],
            deregistration_delay=Duration.seconds(STOP_SECONDS),
            load_balancing_algorithm_type=elb.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
            health_check=elb.HealthCheck(
                path="/healthz",
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
        )

    def _route(self) -> None:
        for number, rule in enumerate(listener_rules(), 1):
            elb.ApplicationListenerRule(
                self,
                f"Rule{number}",
                listener=self.listener,
                priority=number * 10,
                conditions=[elb.ListenerCondition.path_patterns(list(rule.patterns))],
                action=elb.ListenerAction.forward([self.target_groups[rule.service]]),
            )

    def _commands(self) -> ecs.FargateTaskDefinition:
        """Runs `prepare` before a roll-out, and other commands when its command is replaced."""
        task = self._tasks.define(
            "Commands",
            "commands",
            command=("python", "-m", "app.cli.prepare"),
            health_command=(),
            is_web=False,
            variables=command_environment(self._environment, self._network, self._data, self._identity),
            statements=command_statements(self._data, self._messaging),
        )
        CfnOutput(self, "CommandsTaskArn", value=task.task_definition_arn)
        return task
