"""The environment of each task: the settings of the application that differ from their defaults on AWS.

`tests/infra/test_task_environment.py` compares it with the settings that `app/core/config` reads, in both directions.
"""

from __future__ import annotations

from infra.environments import Environment
from infra.parts import IDENTITY_CLIENTS, Part
from infra.stacks.data import DATABASE_NAME, TICKETS, DataStack
from infra.stacks.identity import IdentityStack
from infra.stacks.messaging import MessagingStack
from infra.stacks.network import POSTGRES, WEB_PORT, NetworkStack
from infra.watching import collector

HEALTH_PORT = 8001
# Read by others than our settings: by the driver of Postgres, and by the libraries of AWS.
FOREIGN = frozenset({"PGAPPNAME"})
# CloudFront or the API gateway, and the load balancer: so many entries of X-Forwarded-For are ours.
_PROXIES = 2
# The proxy's certificate is of a public authority, and Debian knows that one.
_PROXY_TLS = "sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt"
# RDS signs the instance's certificate itself. SCRAM with channel binding proves that the server knows the password.
_INSTANCE_TLS = "sslmode=require&channel_binding=require"


def task_environment(
    part: Part,
    environment: Environment,
    network: NetworkStack,
    data: DataStack,
    messaging: MessagingStack,
    identity: IdentityStack,
) -> dict[str, str]:
    """The variables of a part. Its password and the secret key are not among them: the process reads the secrets."""
    found = shared(environment, network, data, identity) | {
        "DATABASE_URL": f"postgresql://{data.proxy.endpoint}:{POSTGRES}/{DATABASE_NAME}?{_PROXY_TLS}",
        "DATABASE_DIRECT_URL": _instance_url(data),
        "DATABASE_URL_SECRET": data.secrets[part.database_role].secret_arn,
        "PGAPPNAME": part.name,
    }
    if part.name in IDENTITY_CLIENTS:
        found["BILHETERIA_OIDC_CLIENT_KEY_SECRET"] = identity.client_secret.secret_arn
    if part.service:
        found["SERVICES"] = part.service
    if part.kind == "web":
        found |= {"BILHETERIA_HOST": "0.0.0.0", "PORT": str(WEB_PORT), "WEB_WORKERS": "2"}  # noqa: S104
    else:
        found["BILHETERIA_HEALTH_PORT"] = str(HEALTH_PORT)
    return found


def command_environment(
    environment: Environment, network: NetworkStack, data: DataStack, identity: IdentityStack
) -> dict[str, str]:
    """The variables of the task that migrates: it connects as the owner of the tables, past the proxy."""
    return shared(environment, network, data, identity) | {
        "DATABASE_URL": _instance_url(data),
        "DATABASE_URL_SECRET": data.owner_secret.secret_arn,
        "PGAPPNAME": "commands",
    }


def _instance_url(data: DataStack) -> str:
    host = data.database.db_instance_endpoint_address
    return f"postgresql://{host}:{POSTGRES}/{DATABASE_NAME}?{_INSTANCE_TLS}"


def shared(
    environment: Environment, network: NetworkStack, data: DataStack, identity: IdentityStack
) -> dict[str, str]:
    """The variables of every task."""
    region = environment.region
    return {
        "BILHETERIA_API_URL": f"https://{environment.api_domain}",
        "BILHETERIA_DEMO": "0",
        "BILHETERIA_HEARTBEAT": "/tmp/heartbeat",  # noqa: S108 - a file system of the container's own
        "BILHETERIA_MAIL": f"ses://{environment.prefix}?region={region}",
        "BILHETERIA_MAIL_FROM": f"Cine Lanterna <ingressos@{environment.domain}>",
        "BILHETERIA_OIDC_AUDIENCE": ",".join(one.user_pool_client_id for one in identity.clients.values()),
        "BILHETERIA_OIDC_CLIENT_ID": identity.clients["pages"].user_pool_client_id,
        "BILHETERIA_OIDC_ISSUER": identity.user_pool.user_pool_provider_url,
        "BILHETERIA_PROXIES": str(_PROXIES),
        "BILHETERIA_PUBLIC_URL": f"https://{environment.domain}",
        "BILHETERIA_QUEUE": f"sqs://{environment.prefix}?region={region}",
        "BILHETERIA_SECRETS": f"secretsmanager:?region={region}",
        "BILHETERIA_STORAGE": f"s3://{data.bucket.bucket_name}/{TICKETS}?region={region}",
        "BILHETERIA_TERMINAL": "none",
        "BILHETERIA_TLS": "1",
        "BILHETERIA_TRACES_PERCENT": str(round(environment.trace_share * 100)),
        "BILHETERIA_VAR": "/tmp/var",  # noqa: S108 - the same; nothing that stays is written there
        "FORWARDED_ALLOW_IPS": network.vpc.vpc_cidr_block,
        "SECRET_KEY_SECRET": data.secret_key.secret_arn,
    } | collector.VARIABLES
