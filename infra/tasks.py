"""Task definitions: the image with its environment, health check, log and role, on Graviton with a read-only root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.environments import Environment
from infra.exceptions import acknowledge
from infra.image import image
from infra.retention import log_retention
from infra.stacks.network import WEB_PORT
from infra.watching.collector import add_collector

USER = "10001"  # as in the Dockerfile
STOP_SECONDS = 30
TEMPORARY_MEGABYTES = 64
GRAVITON = ecs.RuntimePlatform(
    cpu_architecture=ecs.CpuArchitecture.ARM64,
    operating_system_family=ecs.OperatingSystemFamily.LINUX,
)

_REASONS = {
    "ECS2": "No variable has a secret: the processes read those from Secrets Manager by their names.",
    "IAM5[Resource::*]": "ecr:GetAuthorizationToken knows no resources; ECS alone has the role that may call it.",
}


class TaskFactory:
    """Defines the tasks of one stack."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        self._scope = scope
        self._environment = environment
        self._image = image(scope, environment)
        self._collector_log = self._log_group("Collector", "collector")

    def define(
        self,
        id: str,
        name: str,
        *,
        command: Sequence[str],
        health_command: Sequence[str],
        is_web: bool,
        variables: Mapping[str, str],
        statements: Iterable[iam.PolicyStatement],
    ) -> ecs.FargateTaskDefinition:
        """A task definition with a role and a log group of its own. `health_command` may be empty."""
        environment = self._environment
        task = ecs.FargateTaskDefinition(
            self._scope,
            f"{id}Task",
            family=f"{environment.prefix}-{name}",
            cpu=environment.task_cpu if is_web else environment.worker_cpu,
            memory_limit_mib=environment.task_memory if is_web else environment.worker_memory,
            runtime_platform=GRAVITON,
            task_role=self._role(id, name, statements),
        )
        acknowledge(task, _REASONS)
        container = task.add_container(
            "app",
            image=self._image,
            command=list(command),
            environment=dict(variables),
            user=USER,
            readonly_root_filesystem=True,
            linux_parameters=self._linux(id),
            stop_timeout=Duration.seconds(STOP_SECONDS),
            logging=ecs.LogDrivers.aws_logs(stream_prefix=name, log_group=self._log_group(id, name)),
            health_check=_health_check(health_command) if health_command else None,
        )
        add_collector(task, environment, self._collector_log, name)
        if is_web:
            container.add_port_mappings(ecs.PortMapping(container_port=WEB_PORT))
        return task

    def _role(self, id: str, name: str, statements: Iterable[iam.PolicyStatement]) -> iam.Role:
        principal = iam.ServicePrincipal("ecs-tasks.amazonaws.com")
        role = iam.Role(self._scope, f"{id}Role", assumed_by=principal, description=f"The task {name}")
        for statement in statements:
            role.add_to_policy(statement)
        bucket = f"arn:<AWS::Partition>:s3:::{self._environment.prefix}-tickets-<AWS::AccountId>"
        acknowledge(
            role,
            {
                f"IAM5[Resource::{bucket}/tickets/*]": "The PDFs of all orders, and nothing else of the bucket.",
                f"IAM5[Resource::{bucket}/programme/*]": "The files of a programme, whatever their names are.",
            },
        )
        return role

    def _log_group(self, id: str, name: str) -> logs.LogGroup:
        return logs.LogGroup(
            self._scope,
            f"{id}Log",
            log_group_name=f"/{self._environment.prefix}/{name}",
            retention=log_retention(self._environment),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _linux(self, id: str) -> ecs.LinuxParameters:
        """A /tmp in memory, for the heartbeat and temporary files; an init process that ends orphans."""
        parameters = ecs.LinuxParameters(self._scope, f"{id}Linux", init_process_enabled=True)
        parameters.add_tmpfs(
            ecs.Tmpfs(
                container_path="/tmp",  # noqa: S108
                size=TEMPORARY_MEGABYTES,
                mount_options=[ecs.TmpfsMountOption.NOSUID, ecs.TmpfsMountOption.NODEV],
            )
        )
        return parameters


def _health_check(command: Sequence[str]) -> ecs.HealthCheck:
    return ecs.HealthCheck(
        command=["CMD", *command],
        interval=Duration.seconds(10),
        timeout=Duration.seconds(5),
        retries=3,
        start_period=Duration.seconds(60),
    )
