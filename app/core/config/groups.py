"""The settings as frozen values in groups by topic: `settings().holds.max_seats`.

The environment sets the fields that are made by `variable` and `secret`, by the names given there; docs/settings.md
explains each one. The other fields are constants of the product, which only tests change. Each field has its limits and
checks. The name of the field or of its group says whether it is in seconds, minutes or days.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from app.core.config import checks
from app.core.config.checks import OUTBOX, PAGES, SERVICES

LogLevel = Literal["debug", "info", "warning", "error"]
WebAddress = Annotated[str, AfterValidator(checks.web_address)]


# An adapter checks the settings that it reads. It is imported only if its setting is set, to save memory.
def _sandbox_pix(text: str) -> str:
    from app.adapters.psp.sandbox_customers import auto_after

    auto_after(text)
    return text


def _mail_url(text: str) -> str:
    from app.adapters.mail_address import check_address

    check_address(text)
    return text


def _mail_sender(text: str) -> str:
    from app.adapters.mail_address import check_sender

    check_sender(text)
    return text


def _storage_url(text: str) -> str:
    from app.adapters.storage_port import check_address

    check_address(text)
    return text


def _queue_url(text: str) -> str:
    if text != OUTBOX:
        from app.adapters.sqs import check_address

        check_address(text)
    return text


def _secrets_url(text: str) -> str:
    from app.adapters.secrets_manager import check_address

    check_address(text)
    return text


def variable(name: str, default: Any, **limits: int) -> Any:
    """A field that the environment sets as `name`; a whole number has the limits `ge` and `le`."""
    return Field(default, validation_alias=name, **limits)  # type: ignore[call-overload]


def secret(name: str, default: Any) -> Any:
    """A field that the environment sets as `name`, as the content of the file that `name`_FILE names, or as the value
    of the secret that `name`_SECRET names."""
    return Field(default, validation_alias=name, json_schema_extra={"secret": True}, repr=False)


class Group(BaseModel):
    """A frozen group of settings. Code names the fields; the environment names the variables."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, hide_input_in_errors=True)


class Process(Group):
    """The services of a process, its signs of health (`health_port` 0: none), its log and its collector of traces."""

    services: Annotated[tuple[str, ...], BeforeValidator(checks.services)] = variable(
        "SERVICES", (PAGES, *SERVICES)
    )
    hang_seconds: int = variable("BILHETERIA_HANG_SECONDS", 30, ge=1, le=3600)
    heartbeat: Path | None = variable("BILHETERIA_HEARTBEAT", None)
    health_port: int = variable("BILHETERIA_HEALTH_PORT", 0, ge=0, le=65535)
    log_level: Annotated[LogLevel, BeforeValidator(str.lower)] = variable("BILHETERIA_LOG", "info")
    collector: WebAddress | None = variable("OTEL_EXPORTER_OTLP_ENDPOINT", None)
    traces_percent: int = variable("BILHETERIA_TRACES_PERCENT", 5, ge=0, le=100)
    testing: bool = False


class Web(Group):
    """Where the web server listens, and how people and proxies reach it."""

    host: str = variable("BILHETERIA_HOST", "127.0.0.1")
    port: int = variable("PORT", 8000, ge=1, le=65535)
    workers: int = variable("WEB_WORKERS", 2, ge=1, le=100)
    public_url: Annotated[str, AfterValidator(checks.site_address)] = Field(
        default_factory=lambda given: f"http://localhost:{given.get('port')}",
        validation_alias="BILHETERIA_PUBLIC_URL",
    )
    api_url: Annotated[str, AfterValidator(checks.site_address)] = Field(
        default_factory=lambda given: given.get("public_url", ""), validation_alias="BILHETERIA_API_URL"
    )
    behind_tls: bool = variable("BILHETERIA_TLS", False)
    trusted_proxies: int = variable("BILHETERIA_PROXIES", 0, ge=0, le=9)
    forwarded_allow_ips: Annotated[str, AfterValidator(checks.networks)] = variable(
        "FORWARDED_ALLOW_IPS", "127.0.0.1"
    )
    secret_key: str = secret("SECRET_KEY", "")
    previous_secret_key: str | None = secret("SECRET_KEY_PREVIOUS", None)

    @property
    def accepted_keys(self) -> list[str]:
        """The keys by which signed values are read; the last one signs."""
        return [key for key in (self.previous_secret_key, self.secret_key) if key]

    @property
    def listens_at(self) -> str:
        """Host and port as in an address: an IPv6 host is in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Database(Group):
    """`url` None means the embedded Postgres in the data folder. `direct_url`: the server, if `url` is a proxy."""

    url: Annotated[str, AfterValidator(checks.database_url)] | None = secret("DATABASE_URL", None)
    direct_url: Annotated[str, AfterValidator(checks.direct_database_url)] | None = variable(
        "DATABASE_DIRECT_URL", None
    )
    pool_size: int = variable("BILHETERIA_DB_POOL", 8, ge=6, le=200)
    statement_seconds: int = variable("BILHETERIA_DB_SECONDS", 2, ge=1, le=60)

    @property
    def connection(self) -> dict[str, Any]:
        """The arguments of `core.db.connect`."""
        return {"url": self.url, "direct_url": self.direct_url, "pool_size": self.pool_size}


class Secrets(Group):
    """The store of the secrets that variables NAME_SECRET name, and how often they are read again."""

    url: Annotated[str, AfterValidator(_secrets_url)] = variable("BILHETERIA_SECRETS", "secretsmanager:")
    refresh_seconds: int = variable("BILHETERIA_SECRETS_SECONDS", 300, ge=5, le=3600)


class Queue(Group):
    """Where workers take their messages from: the outbox itself, or queues of SQS that a relay fills."""

    url: Annotated[str, AfterValidator(_queue_url)] = variable("BILHETERIA_QUEUE", OUTBOX)

    @property
    def is_sqs(self) -> bool:
        return self.url != OUTBOX


class Storage(Group):
    """The data folder `var`, and the place of the PDF tickets."""

    var: Annotated[Path, AfterValidator(Path.absolute)] = variable("BILHETERIA_VAR", Path("var").absolute())
    url: Annotated[str, AfterValidator(_storage_url)] = variable("BILHETERIA_STORAGE", "folder:")


class Mail(Group):
    """Where mail goes, and who sends it."""

    url: Annotated[str, AfterValidator(_mail_url)] = secret("BILHETERIA_MAIL", "folder:")
    sender: Annotated[str, AfterValidator(_mail_sender)] = variable(
        "BILHETERIA_MAIL_FROM", "Cine Lanterna <ingressos@cinelanterna.example>"
    )


class Cinema(Group):
    """The cinema as its customers see it."""

    name: str = variable("BILHETERIA_CINEMA", "Cine Lanterna")
    default_locale: str = "pt_BR"
    demo: bool = variable("BILHETERIA_DEMO", True)
    doors_open_minutes: int = variable("BILHETERIA_DOORS_OPEN_MINUTES", 20, ge=1, le=1440)
    key_lead_hours: int = variable("BILHETERIA_KEY_LEAD_HOURS", 24, ge=0, le=720)
    counter_queue_minutes: int = variable("BILHETERIA_COUNTER_QUEUE_MINUTES", 20, ge=0, le=240)


class Holds(Group):
    """The limits of holds."""

    max_seats: int = variable("BILHETERIA_MAX_SEATS", 8, ge=1, le=50)
    minutes: int = variable("BILHETERIA_HOLD_MINUTES", 10, ge=1, le=60)
    grace_seconds: int = variable("BILHETERIA_GRACE_SECONDS", 120, ge=0, le=900)
    extension_minutes: int = 5
    max_extensions: int = 2
    offer_minutes: int = 15
    max_per_visitor: int = variable("BILHETERIA_HOLDS_PER_VISITOR", 4, ge=1, le=10**6)
    max_per_address: int = variable("BILHETERIA_HOLDS_PER_ADDRESS", 200, ge=1, le=10**6)


class Kiosk(Group):
    """The screens in the foyer."""

    pairing_minutes: int = variable("BILHETERIA_PAIRING_MINUTES", 10, ge=1, le=60)
    idle_seconds: int = variable("BILHETERIA_KIOSK_IDLE_SECONDS", 60, ge=5, le=600)
    countdown_seconds: int = variable("BILHETERIA_KIOSK_COUNTDOWN_SECONDS", 20, ge=5, le=120)
    paying_seconds: int = variable("BILHETERIA_KIOSK_PAYING_SECONDS", 180, ge=5, le=1800)
    agent_port: int = variable("BILHETERIA_KIOSK_AGENT_PORT", 9321, ge=1, le=65535)


class Identity(Group):
    """The identity provider whose access tokens the API accepts; none without an issuer.

    With a `client_id` its pages sign people in, too.
    """

    issuer: WebAddress | None = variable("BILHETERIA_OIDC_ISSUER", None)
    jwks: WebAddress = Field(
        default_factory=lambda given: f"{(given.get('issuer') or '').rstrip('/')}/.well-known/jwks.json",
        validation_alias="BILHETERIA_OIDC_JWKS",
    )
    audiences: Annotated[tuple[str, ...], BeforeValidator(checks.items)] = variable(
        "BILHETERIA_OIDC_AUDIENCE", ()
    )
    client_id: str = variable("BILHETERIA_OIDC_CLIENT_ID", "")
    client_key: str = secret("BILHETERIA_OIDC_CLIENT_KEY", "")
    discovery: WebAddress | None = variable("BILHETERIA_OIDC_DISCOVERY", None)

    @property
    def discovery_address(self) -> str:
        """The address of the provider's discovery document."""
        return self.discovery or f"{(self.issuer or '').rstrip('/')}/.well-known/openid-configuration"

    @property
    def signs_in(self) -> bool:
        """Whether the pages of the provider sign people in, in place of passwords here."""
        return bool(self.issuer and self.client_id)


class Webhooks(Group):
    """Where webhooks may go. `loopback`, for tests and development: also to this machine, without TLS."""

    ports: Annotated[tuple[int, ...], BeforeValidator(checks.ports)] = variable(
        "BILHETERIA_WEBHOOK_PORTS", (443,)
    )
    loopback: bool = variable("BILHETERIA_WEBHOOK_LOOPBACK", False)


class Payments(Group):
    """`minutes` is the least time that a customer has to pay; `terminal` reads cards at the kiosks."""

    provider: str = "sandbox"
    terminal: Literal["sandbox", "none"] = variable("BILHETERIA_TERMINAL", "sandbox")
    sandbox_pix: Annotated[str, AfterValidator(_sandbox_pix)] = variable("BILHETERIA_SANDBOX_PIX", "manual")
    minutes: int = 5


class Retention(Group):
    """The days for which data is kept."""

    unpaid_days: int = variable("BILHETERIA_KEEP_UNPAID_DAYS", 30, ge=1, le=3650)
    requests_days: int = variable("BILHETERIA_KEEP_REQUESTS_DAYS", 30, ge=1, le=3650)
    pdf_days: int = variable("BILHETERIA_KEEP_PDF_DAYS", 365, ge=1, le=36500)
    pickup_days: int = variable("BILHETERIA_KEEP_PICKUP_DAYS", 90, ge=1, le=3650)
    webhook_days: int = variable("BILHETERIA_KEEP_WEBHOOK_DAYS", 30, ge=2, le=365)
    buyer_days: int = variable("BILHETERIA_KEEP_BUYER_DAYS", 1826, ge=30, le=36500)
