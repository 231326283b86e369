"""How long logs are kept."""

from __future__ import annotations

from aws_cdk import aws_logs as logs

from infra.environments import Environment

_KNOWN = {7: logs.RetentionDays.ONE_WEEK, 90: logs.RetentionDays.THREE_MONTHS}


def log_retention(environment: Environment) -> logs.RetentionDays:
    """The retention of every log group of the environment."""
    return _KNOWN[environment.log_days]
