"""A queue with a dead-letter queue for each service that consumes messages.

Names, retention and redrive are those of `app/adapters/sqs.py`, which makes the same queues on a stand-in server.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from app.adapters.sqs import DEAD, DEAD_KEPT_SECONDS, KEPT_SECONDS, MOST_RECEIVED
from app.core.worker import LEASE_SECONDS
from infra.environments import Environment
from infra.mail_events import mail_events
from infra.parts import MAIL_EVENTS, QUEUES


class MessagingStack(Stack):
    """`queues` and `dead`: service → its queue, and the queue of its dead letters; `mail_arns`: what sends mail."""

    def __init__(self, scope: Construct, id: str, environment: Environment, **options: Any) -> None:
        super().__init__(scope, id, **options)
        self.queues: dict[str, sqs.Queue] = {}
        self.dead: dict[str, sqs.Queue] = {}
        for service in QUEUES:
            name = f"{environment.prefix}-{service}"
            self.dead[service] = sqs.Queue(
                self,
                f"{service.title()}Dead",
                queue_name=f"{name}-{DEAD}",
                retention_period=Duration.seconds(DEAD_KEPT_SECONDS),
                encryption=sqs.QueueEncryption.SQS_MANAGED,
                enforce_ssl=True,
            )
            self.queues[service] = sqs.Queue(
                self,
                service.title(),
                queue_name=name,
                retention_period=Duration.seconds(KEPT_SECONDS),
                # The worker sets it with each receipt; this is for people who look at a queue.
                visibility_timeout=Duration.seconds(LEASE_SECONDS),
                dead_letter_queue=sqs.DeadLetterQueue(
                    queue=self.dead[service], max_receive_count=MOST_RECEIVED
                ),
                encryption=sqs.QueueEncryption.SQS_MANAGED,
                enforce_ssl=True,
            )
        self.mail_arns = self._mail(environment)

    def _mail(self, environment: Environment) -> list[str]:
        """SES for the domain of the environment: its identity with DKIM, and a configuration set that asks for TLS."""
        zone = route53.PublicHostedZone.from_public_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=environment.hosted_zone_id, zone_name=environment.domain
        )
        identity = ses.EmailIdentity(self, "Mail", identity=ses.Identity.public_hosted_zone(zone))
        settings = ses.ConfigurationSet(
            self,
            "MailSettings",
            configuration_set_name=environment.prefix,
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            reputation_metrics=True,
            # Not of complaints: who reported a mail as spam still gets the tickets that they buy.
            suppression_reasons=ses.SuppressionReasons.BOUNCES_ONLY,
        )
        mail_events(self, environment, settings, self.queues[MAIL_EVENTS])
        return [
            identity.email_identity_arn,
            self.format_arn(
                service="ses", resource="configuration-set", resource_name=settings.configuration_set_name
            ),
        ]
