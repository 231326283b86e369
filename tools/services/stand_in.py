"""The stand-in for AWS: a server with the APIs of SQS and S3 on this machine, with our queues and our bucket."""

from __future__ import annotations

import os
from pathlib import Path

from app.adapters.sqs import Queues
from app.adapters.storage import open_storage
from app.adapters.storage_s3 import S3Storage
from app.core.messages import CONSUMERS
from tools.build.services import COMMAND
from tools.services.plan import CREDENTIALS, HOST, Site

HEALTH = "/_ministack/health"


def environment(port: int, folder: Path) -> dict[str, str]:
    """The environment of the stand-in. Its files are in `folder`, which is made; it listens on this machine alone."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "BIND_HOST": HOST,  # its default is every address of the machine
        "IOT_MTLS_ENABLED": "0",  # its MQTT server listens at port 8883 of every address
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder),
    }


def command() -> list[str]:
    # The program itself names the folder in which it was installed: it would not run in a checkout that was moved.
    return [str(COMMAND.with_name("python")), "-m", "ministack"]


def create_resources(site: Site) -> Site:
    """Create the queues with their dead letters, and the bucket, where they do not exist. Returns the site as it is."""
    env = site.env(os.environ)
    os.environ.update(CREDENTIALS)  # boto3 reads them there
    Queues(env["BILHETERIA_QUEUE"]).create(CONSUMERS)
    storage = open_storage(env["BILHETERIA_STORAGE"], site.var)
    if isinstance(storage, S3Storage):
        storage.create_bucket()
    return site
