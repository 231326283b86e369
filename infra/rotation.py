"""Rotation of the passwords of the database's roles: one function of AWS, once a month for each secret.

Running tasks read the new password when the old one is refused (docs/decisions/43-secrets.md).
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_sam as sam
from aws_cdk import aws_secretsmanager as secretsmanager

from infra.environments import Environment

DAYS = 30


def rotate_passwords(
    stack: Stack,
    environment: Environment,
    secrets: Mapping[str, secretsmanager.Secret],
    subnets: ec2.SelectedSubnets,
    group: ec2.ISecurityGroup,
) -> None:
    """Rotate each secret. The function is an application of AWS that runs in the network, beside the tasks.

    The first rotation comes after DAYS: before, the roles may not exist in the database.
    """
    program = secretsmanager.SecretRotationApplication.POSTGRES_ROTATION_SINGLE_USER
    application = sam.CfnApplication(
        stack,
        "Rotation",
        location=sam.CfnApplication.ApplicationLocationProperty(
            application_id=program.application_arn_for_partition("aws"),
            semantic_version=program.semantic_version_for_partition("aws"),
        ),
        parameters={
            "endpoint": f"https://secretsmanager.{environment.region}.amazonaws.com",
            "functionName": f"{environment.prefix}-rotation",
            "vpcSubnetIds": ",".join(subnets.subnet_ids),
            "vpcSecurityGroupIds": group.security_group_id,
            "excludePunctuation": "true",
            "passwordLength": "40",
        },
    )
    function = functions.Function.from_function_arn(
        stack, "RotationFunction", application.get_att("Outputs.RotationLambdaARN").to_string()
    )
    for part, secret in secrets.items():
        secretsmanager.RotationSchedule(
            stack,
            f"Rotation{part.title()}",
            secret=secret,
            rotation_lambda=function,
            automatically_after=Duration.days(DAYS),
            rotate_immediately_on_update=False,
        )
