"""What watches: the dashboard, the alarms with their runbooks, the canary, the budget, and the topic that calls."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_rds as rds
from constructs import Construct

from infra.capacity import money
from infra.environments import Environment
from infra.stacks.data import DataStack
from infra.stacks.edge import EdgeStack
from infra.stacks.edge_pages import EdgePagesStack
from infra.stacks.messaging import MessagingStack
from infra.stacks.services import ServicesStack
from infra.watching import alarms, database_alarms, edge_alarms
from infra.watching.canary import purchase_canary
from infra.watching.dashboard import Shown, dashboard
from infra.watching.groups import call_once
from infra.watching.metrics import Metrics
from infra.watching.other_region import publish_changes
from infra.watching.topic import alarm_topic
from infra.watching.watch import Group, Watch


class ObservabilityStack(Stack):
    """`topic`, and `alarms`: name → alarm. The dashboard shows CloudFront, whose id comes from us-east-1."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        environment: Environment,
        data: DataStack,
        messaging: MessagingStack,
        services: ServicesStack,
        edge: EdgeStack,
        pages: EdgePagesStack,
        **options: Any,
    ) -> None:
        super().__init__(scope, id, cross_region_references=True, **options)
        self._environment = environment
        self.topic = alarm_topic(self, environment)
        self.canary = purchase_canary(self, environment)
        watches = self._watches(services)
        self.alarms: dict[str, cloudwatch.IAlarm] = {
            watch.name: watch.alarm(self, environment) for watch in watches
        }
        grouped: dict[Group, list[cloudwatch.IAlarm]] = defaultdict(list)
        for watch in watches:
            grouped[watch.group].append(self.alarms[watch.name])
        grouped["answers"] += services.roll_back_alarms.values()
        calls = call_once(self, environment, grouped, self.topic)
        publish_changes(self, environment, self.topic)
        shown = Shown(services.target_groups, services.alb, pages.distribution.distribution_id)
        dashboard(self, environment, shown, list(calls.values()))
        self._failovers(data)
        self._budget()

    def _watches(self, services: ServicesStack) -> list[Watch]:
        metrics = Metrics(self._environment)
        return [
            *alarms.of_sales(metrics),
            *alarms.of_payments(metrics),
            *alarms.of_doors_and_ticks(metrics),
            *alarms.of_targets(services.target_groups, services.alb),
            *alarms.of_tasks(metrics),
            *alarms.of_queues(metrics),
            *alarms.of_mail(metrics),
            *database_alarms.of_database(metrics, self._environment),
            *database_alarms.of_pool(metrics, self._environment),
            *edge_alarms.of_gateway(metrics),
            *edge_alarms.of_firewall(metrics, "api"),
            *alarms.of_certificates({"load-balancer": services.certificate}),
        ]

    def _failovers(self, data: DataStack) -> None:
        """RDS tells of failovers and failures by events: docs/runbooks/database.md#failover."""
        rds.CfnEventSubscription(
            self,
            "DatabaseEvents",
            sns_topic_arn=self.topic.topic_arn,
            source_type="db-instance",
            source_ids=[data.database.instance_identifier],
            event_categories=["availability", "failover", "failure", "low storage"],
        )

    def _budget(self) -> None:
        """Tell when 80 % of the month's budget is spent, and when all of it will be: docs/runbooks/cost.md."""
        environment = self._environment
        kinds = budgets.CfnBudget
        notices = [
            kinds.NotificationWithSubscribersProperty(
                notification=kinds.NotificationProperty(
                    notification_type=kind, comparison_operator="GREATER_THAN", threshold=percent
                ),
                subscribers=[kinds.SubscriberProperty(subscription_type="SNS", address=self.topic.topic_arn)],
            )
            for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
        ]
        kinds(
            self,
            "Budget",
            budget=kinds.BudgetDataProperty(
                budget_name=environment.prefix,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=kinds.SpendProperty(amount=money.budget(environment), unit="USD"),
                cost_filters={"TagKeyValue": [f"user:environment${environment.name}"]},
            ),
            notifications_with_subscribers=notices,
        )
