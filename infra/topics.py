"""Topics of SNS: encrypted by a key of their own, and published to by services of AWS alone."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns


def encrypted_topic(
    stack: Stack, name: str, *, key_name: str, topic_name: str, contents: str
) -> tuple[sns.Topic, kms.Key]:
    """A topic and its key. `name` and `key_name` name them in the template; `contents` is what the topic carries."""
    key = kms.Key(
        stack,
        key_name,
        description=f"Encrypts the topic of {contents}",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.DESTROY,
    )
    return sns.Topic(stack, name, topic_name=topic_name, master_key=key, enforce_ssl=True), key


def publisher(stack: Stack, key: kms.Key, service: str) -> iam.ServicePrincipal:
    """A service of AWS that acts for this account and may use the key of a topic, as it must to publish there."""
    principal = iam.ServicePrincipal(
        service, conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
    )
    key.grant(principal, "kms:Decrypt", "kms:GenerateDataKey")
    return principal
