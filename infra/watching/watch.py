"""An alarm as the code lists it: what is watched, its limit, its group, and the runbook for the engineer on duty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.environments import Environment

# Each group calls once: a composite alarm of all of its alarms.
Group = Literal["database", "answers", "messages", "edge", "capacity", "business"]
MISSING_IS_FINE = cloudwatch.TreatMissingData.NOT_BREACHING
MISSING_IS_BAD = cloudwatch.TreatMissingData.BREACHING


@dataclass(frozen=True)
class Watch:
    """`of` of the last `periods` values must be beyond `limit`. `runbook` is a file of docs/runbooks and a heading."""

    name: str
    about: str
    runbook: str
    group: Group
    metric: cloudwatch.IMetric
    limit: float
    periods: int = 5
    of: int | None = None
    is_below: bool = False
    missing: cloudwatch.TreatMissingData = MISSING_IS_FINE

    def alarm(self, scope: Construct, environment: Environment) -> cloudwatch.Alarm:
        """Make the alarm in the stack `scope`. It calls nobody itself: its group does."""
        operators = cloudwatch.ComparisonOperator
        return cloudwatch.Alarm(
            scope,
            "".join(word.title() for word in self.name.split("-")),
            alarm_name=alarm_name(environment, self.name),
            alarm_description=f"{self.about} Runbook: {runbook_link(environment, self.runbook)}",
            metric=self.metric,
            threshold=self.limit,
            comparison_operator=operators.LESS_THAN_THRESHOLD
            if self.is_below
            else operators.GREATER_THAN_THRESHOLD,
            evaluation_periods=self.periods,
            datapoints_to_alarm=self.of or self.periods,
            treat_missing_data=self.missing,
        )


def alarm_name(environment: Environment, name: str) -> str:
    return f"{environment.prefix}-{name}"


def runbook_link(environment: Environment, runbook: str) -> str:
    """The address of a heading: `queues.md#dead-letters`."""
    return f"https://github.com/{environment.repository}/blob/main/docs/runbooks/{runbook}"
