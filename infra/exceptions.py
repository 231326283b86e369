"""Exceptions from the rules of cdk-nag (`AwsSolutions`), each with its reason, beside the resource that needs it."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(scope: IConstruct, reasons: Mapping[str, str]) -> None:
    """`reasons`: rule, as `COG1` or `IAM5[Resource::*]`, and why the scope does not keep it."""
    Validations.of(scope).acknowledge(
        *(
            Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
            for rule, reason in reasons.items()
        )
    )
