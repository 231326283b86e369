"""The image's repository, and the role with which the workflow deploys: by OIDC, without keys."""

from __future__ import annotations

from typing import Any

from aws_cdk import ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.environments import Environment
from infra.exceptions import acknowledge
from infra.image import REPOSITORY
from infra.permissions import objects
from infra.stacks.data import PROGRAMME, bucket_name

GITHUB = "token.actions.githubusercontent.com"
KEPT_IMAGES, UNTAGGED_DAYS = 50, 7
# The qualifier of `cdk bootstrap`, and the regions that it prepares: ours, and that of CloudFront's stack.
BOOTSTRAP, EDGE_REGION = "hnb659fds", "us-east-1"


class DeliveryStack(Stack):
    """`repository`: of the one image; `role`: of the workflow. Deploy it first: the others need an image."""

    def __init__(self, scope: Construct, id: str, environment: Environment, **options: Any) -> None:
        super().__init__(scope, id, **options)
        self._environment = environment
        self.repository = ecr.Repository(
            self,
            "Images",
            repository_name=f"{environment.prefix}-{REPOSITORY}",
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    description="Layers of builds that were broken off",
                    tag_status=ecr.TagStatus.UNTAGGED,
                    max_image_age=Duration.days(UNTAGGED_DAYS),
                ),
                ecr.LifecycleRule(
                    description="Older releases: a roll-back goes back by one",
                    tag_status=ecr.TagStatus.ANY,
                    max_image_count=KEPT_IMAGES,
                ),
            ],
            removal_policy=RemovalPolicy.RETAIN if environment.is_production else RemovalPolicy.DESTROY,
        )
        self.role = self._role()
        CfnOutput(self, "RoleArn", value=self.role.role_arn)

    def _provider_arn(self) -> str:
        """An account has one provider for GitHub: production makes it, and development uses it too."""
        if self._environment.is_production:
            provider = iam.CfnOIDCProvider(
                self, "GitHub", url=f"https://{GITHUB}", client_id_list=["sts.amazonaws.com"]
            )
            return provider.attr_arn
        return self.format_arn(service="iam", region="", resource="oidc-provider", resource_name=GITHUB)

    def _role(self) -> iam.Role:
        """For the workflow of our repository, in the environment of this name, which GitHub protects by an approval."""
        environment = self._environment
        trusted = f"repo:{environment.repository}:environment:{environment.name}"
        role = iam.Role(
            self,
            "Deploy",
            role_name=f"{environment.prefix}-deploy",
            description="The workflow deploy.yml",
            max_session_duration=Duration.hours(1),
            assumed_by=iam.FederatedPrincipal(
                self._provider_arn(),
                {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": trusted}},
                "sts:AssumeRoleWithWebIdentity",
            ),
        )
        self.repository.grant_pull_push(role)
        for statement in self._rights():
            role.add_to_policy(statement)
        acknowledge(role, {"IAM5[Resource::*]": "ECR signs in by account, and ECS defines tasks by account."})
        own = "<AWS::AccountId>"
        ecs = f"arn:<AWS::Partition>:ecs:{environment.region}:{own}"
        stacks = f"arn:<AWS::Partition>:cloudformation:{environment.region}:{own}:stack"
        numbered = (
            f"{ecs}:task-definition/{environment.prefix}-commands-next:*",
            f"{ecs}:task/{environment.prefix}/*",
            f"arn:<AWS::Partition>:iam::{own}:role/{environment.prefix}-services-*",
            f"{stacks}/{environment.prefix}-network/*",
            f"arn:<AWS::Partition>:s3:::{environment.prefix}-tickets-{own}/programme/*",
        )
        reason = "The last part is of AWS (a revision, the id of a task, role or stack) or a file of the programme."
        acknowledge(role, {f"IAM5[Resource::{one}]": reason for one in numbered})
        return role

    def _rights(self) -> list[iam.PolicyStatement]:
        """What is done with this role itself: migrations, and commands such as the import of a programme.

        All else is done by the roles of the CDK.
        """
        prefix = self._environment.prefix
        roles = [
            self._arn("iam", "role", f"cdk-{BOOTSTRAP}-{kind}-role-{self.account}-{region}")
            for kind in ("deploy", "file-publishing", "lookup")
            for region in (self.region, EDGE_REGION)
        ]
        return [
            _allow("DeployByCdk", ["sts:AssumeRole"], roles),
            _allow("ReadScans", ["ecr:DescribeImageScanFindings"], [self.repository.repository_arn]),
            _allow("DefineMigrations", ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"], ["*"]),
            _allow(
                "RunMigrations",
                ["ecs:RunTask"],
                [self._arn("ecs", "task-definition", f"{prefix}-commands-next:*", self.region)],
            ),
            _allow(
                "WatchMigrations",
                ["ecs:DescribeTasks"],
                [self._arn("ecs", "task", f"{prefix}/*", self.region)],
            ),
            iam.PolicyStatement(
                sid="PassRoles",
                actions=["iam:PassRole"],
                resources=[self._arn("iam", "role", f"{prefix}-services-*")],
                conditions={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            ),
            _allow(
                "ReadOutputs",
                ["cloudformation:DescribeStacks"],
                [self._arn("cloudformation", "stack", f"{prefix}-network/*", self.region)],
            ),
            _allow("WriteProgramme", ["s3:PutObject"], [objects(bucket_name(self._environment), PROGRAMME)]),
        ]

    def _arn(self, service: str, resource: str, name: str, region: str = "") -> str:
        return self.format_arn(
            service=service, region=region, resource=resource, resource_name=name,
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )  # fmt: skip


def _allow(sid: str, actions: list[str], resources: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=actions, resources=resources)
