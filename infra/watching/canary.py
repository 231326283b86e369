"""The canary in the cloud: `infra/canary` every five minutes, with a role that may write its results alone."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_synthetics as synthetics

from infra.environments import Environment
from infra.exceptions import acknowledge
from infra.watching.metrics import canary_name

FOLDER = Path(__file__).resolve().parents[1] / "canary"
RESULTS_DAYS = 31
MINUTES = 5


def purchase_canary(stack: Stack, environment: Environment) -> synthetics.Canary:
    """Try a purchase at the address that customers type."""
    results = s3.Bucket(
        stack,
        "CanaryResults",
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(RESULTS_DAYS))],
        removal_policy=RemovalPolicy.DESTROY,
    )
    acknowledge(results, {"S1": "It has the results of the canary alone, and ends with them."})
    return synthetics.Canary(
        stack,
        "Purchase",
        canary_name=canary_name(environment),
        runtime=synthetics.Runtime.SYNTHETICS_PYTHON_SELENIUM_7_0,
        test=synthetics.Test.custom(
            code=synthetics.Code.from_asset(str(FOLDER), exclude=["__pycache__", "__init__.py"]),
            handler="purchase.handler",
        ),
        schedule=synthetics.Schedule.rate(Duration.minutes(MINUTES)),
        timeout=Duration.minutes(2),
        memory=Size.mebibytes(960),
        environment_variables={"PUBLIC_URL": f"https://{environment.domain}"},
        artifacts_bucket_location=synthetics.ArtifactsBucketLocation(bucket=results, prefix="purchase"),
        role=_role(stack, environment, results),
        success_retention_period=Duration.days(7),
        failure_retention_period=Duration.days(RESULTS_DAYS),
        start_after_creation=True,
        provisioned_resource_cleanup=True,
    )


def _role(stack: Stack, environment: Environment, results: s3.Bucket) -> iam.Role:
    role = iam.Role(stack, "CanaryRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log = stack.format_arn(
        service="logs",
        resource="log-group",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
        resource_name=f"/aws/lambda/cwsyn-{canary_name(environment)}-*",
    )
    for sid, acts, resources, conditions in (
        ("WriteResults", ["s3:PutObject"], [results.arn_for_objects("purchase/*")], {}),
        ("FindResults", ["s3:GetBucketLocation"], [results.bucket_arn], {}),
        ("WriteLog", ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], [log], {}),
        # CloudWatch knows no resources for these two: the first is limited to a namespace, the second lists names.
        ("SendMetrics", ["cloudwatch:PutMetricData"], ["*"],
         {"StringEquals": {"cloudwatch:namespace": "CloudWatchSynthetics"}}),
        ("ListBuckets", ["s3:ListAllMyBuckets"], ["*"], {}),
    ):  # fmt: skip
        role.add_to_policy(
            iam.PolicyStatement(sid=sid, actions=acts, resources=resources, conditions=conditions or None)
        )
    acknowledge(
        role,
        {
            f"IAM5[{one}]": "CloudWatch makes the names of results and logs; two of its actions have no resources."
            for one in (
                "Resource::*",
                "Resource::<CanaryResults0F98E0DB.Arn>/purchase/*",
                f"Resource::arn:<AWS::Partition>:logs:{environment.region}:<AWS::AccountId>:log-group:"
                f"/aws/lambda/cwsyn-{canary_name(environment)}-*",
            )
        },
    )
    return role
