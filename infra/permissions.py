"""What the role of each task may do: its own secrets and queue, and the bucket and mail where its code uses them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from infra.parts import IDENTITY_CLIENTS, RELAYED, Part
from infra.stacks.data import PROGRAMME, TICKETS, DataStack
from infra.stacks.identity import IdentityStack
from infra.stacks.messaging import MessagingStack

# Parts that read PDFs, and those that also write and delete them. The code of the others does not open the storage.
PDF_READERS = ("pages", "tickets", "users-worker")
PDF_WRITERS = ("tickets-worker",)
MAIL_SENDERS = ("users-worker",)
_CONSUME = ("sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility")
_SEND = ("sqs:GetQueueUrl", "sqs:SendMessage")
_MEASURE = ("sqs:GetQueueUrl", "sqs:GetQueueAttributes")


def statements(
    part: Part, data: DataStack, messaging: MessagingStack, identity: IdentityStack
) -> Iterator[iam.PolicyStatement]:
    """The statements of a part's role."""
    yield _allow(["secretsmanager:GetSecretValue"], [data.secrets[part.database_role].secret_arn])
    yield _allow(["secretsmanager:GetSecretValue"], [data.secret_key.secret_arn])
    if part.name in IDENTITY_CLIENTS:
        yield _allow(["secretsmanager:GetSecretValue"], [identity.client_secret.secret_arn])
    yield from _queue_statements(part, messaging)
    if part.name in (*PDF_READERS, *PDF_WRITERS):
        # Without the right to list, S3 answers 403 instead of 404 for an object that does not exist.
        yield _allow(["s3:ListBucket"], [data.bucket.bucket_arn])
        actions = ["s3:GetObject"]
        if part.name in PDF_WRITERS:
            actions += ["s3:PutObject", "s3:DeleteObject"]
        yield _allow(actions, [objects(data.bucket_name, TICKETS)])
    if part.name in MAIL_SENDERS:
        yield _allow(["ses:SendEmail", "ses:SendRawEmail"], messaging.mail_arns)


def _queue_statements(part: Part, messaging: MessagingStack) -> Iterator[iam.PolicyStatement]:
    if part.kind == "relay":
        yield _allow(_SEND, [messaging.queues[name].queue_arn for name in RELAYED])
        # A relay reports the depth of all queues.
        yield _allow(
            _MEASURE, [one.queue_arn for one in (*messaging.queues.values(), *messaging.dead.values())]
        )
    elif part.kind == "worker" and (names := part.queues):
        yield _allow(_CONSUME, [messaging.queues[name].queue_arn for name in names])
        yield _allow(_SEND, [messaging.dead[name].queue_arn for name in names])


def objects(bucket: str, prefix: str) -> str:
    """The ARN of all objects of the bucket below a prefix."""
    return f"arn:{Aws.PARTITION}:s3:::{bucket}/{prefix}/*"


def command_statements(data: DataStack, messaging: MessagingStack) -> Iterator[iam.PolicyStatement]:
    """Of the task that migrates and runs single commands.

    It makes the roles of the database, moves dead letters, and reads the files of a programme.
    """
    secrets = [data.owner_secret, data.secret_key, *data.secrets.values()]
    yield _allow(["secretsmanager:GetSecretValue"], [one.secret_arn for one in secrets])
    yield _allow(
        sorted({*_CONSUME, *_SEND, *_MEASURE}),
        [queue.queue_arn for queue in (*messaging.queues.values(), *messaging.dead.values())],
    )
    yield iam.PolicyStatement(
        actions=["s3:ListBucket"],
        resources=[data.bucket.bucket_arn],
        conditions={"StringLike": {"s3:prefix": f"{PROGRAMME}/*"}},
    )
    yield _allow(["s3:GetObject"], [objects(data.bucket_name, PROGRAMME)])


def _allow(actions: Sequence[str], resources: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources))
