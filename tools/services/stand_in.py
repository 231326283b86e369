"""The stand-in for AWS: a server with the APIs of SQS and S3 on this machine, with our queues and our bucket."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from app.adapters.sqs import Queues
from app.core.messages import CONSUMERS
from tools.build.services import COMMAND
from tools.services.plan import BUCKET, CREDENTIALS, HOST, REGION, Site

HEALTH = "/_ministack/health"


def environment(port: int, folder: Path) -> dict[str, str]:
    """The environment of the stand-in. Its data stay in `folder`; it listens on this machine alone."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "BIND_HOST": HOST,  # its default is every address of the machine
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
    }


def command() -> list[str]:
    return [str(COMMAND)]


def create_resources(site: Site, env: Mapping[str, str]) -> None:
    """Create the queues with their dead letters, and the bucket, where they do not exist."""
    os.environ.update(CREDENTIALS)  # boto3 reads them there
    Queues(env["BILHETERIA_QUEUE"]).create(CONSUMERS)
    client = boto3.session.Session().client("s3", region_name=REGION, endpoint_url=site.aws_url)
    try:
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
