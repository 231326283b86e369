"""Settings: read once from the environment, handed around as one frozen object."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from app.adapters.host_names import ascii_host
from app.core.telemetry import LEVELS

SERVICES = ("events", "products", "tickets", "reservations", "orders", "payments", "users")
PAGES = "pages"
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class BadSetting(ValueError):
    """A setting in the environment cannot be read; the message names it."""


@dataclass(frozen=True)
class Settings:
    """Times are minutes or seconds as named; `database_url` None means the embedded Postgres in `var`."""

    var: Path = Path("var")
    database_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    web_workers: int = 2
    hang_seconds: int = 30
    heartbeat: Path | None = None
    secret_key: str = ""
    public_url: str = ""
    behind_tls: bool = False
    trusted_proxies: int = 0
    forwarded_allow_ips: str = "127.0.0.1"
    services: tuple[str, ...] = (PAGES, *SERVICES)
    cinema_name: str = "Cine Lanterna"
    default_locale: str = "pt_BR"
    provider: str = "sandbox"
    sandbox_pix: str = "manual"
    mail_url: str = "folder:"
    mail_from: str = "Cine Lanterna <ingressos@cinelanterna.example>"
    storage_url: str = "folder:"
    max_seats: int = 8
    hold_minutes: int = 10
    grace_seconds: int = 120
    extension_minutes: int = 5
    max_extensions: int = 2
    payment_minutes: int = 5
    offer_minutes: int = 15
    doors_open_minutes: int = 20
    max_live_holds_per_visitor: int = 4
    max_live_holds_per_address: int = 200
    keep_unpaid_days: int = 30
    keep_requests_days: int = 30
    keep_pdf_days: int = 365
    keep_buyer_days: int = 1826
    db_pool_size: int = 8
    db_seconds: int = 2
    demo: bool = True
    log_level: str = "info"
    testing: bool = False

    @property
    def listens_at(self) -> str:
        """Host and port as addresses write them: an IPv6 host stands in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def mail_folder(self) -> Path:
        return self.var / "mail"

    @property
    def ticket_folder(self) -> Path:
        return self.var / "tickets"

    @classmethod
    def from_env(cls) -> Settings:
        """Read the environment. Raises BadSetting with one clear line."""
        var = Path(os.environ.get("BILHETERIA_VAR") or "var").absolute()
        port = _whole_number("PORT", 8000, 1, 65535)
        return cls(
            var=var,
            database_url=_text("DATABASE_URL", "", _check_database_url) or None,
            host=_text("BILHETERIA_HOST", cls.host),
            port=port,
            web_workers=_whole_number("WEB_WORKERS", cls.web_workers, 1, 100),
            hang_seconds=_whole_number("BILHETERIA_HANG_SECONDS", cls.hang_seconds, 1, 3600),
            heartbeat=Path(path) if (path := os.environ.get("BILHETERIA_HEARTBEAT")) else None,
            secret_key=os.environ.get("SECRET_KEY") or _secret_key(var),
            public_url=_public_url(f"http://localhost:{port}"),
            behind_tls=_flag("BILHETERIA_TLS"),
            trusted_proxies=_whole_number("BILHETERIA_PROXIES", 0, 0, 9),
            forwarded_allow_ips=_text("FORWARDED_ALLOW_IPS", cls.forwarded_allow_ips, _check_networks),
            services=_services(os.environ.get("SERVICES", "")),
            cinema_name=_text("BILHETERIA_CINEMA", cls.cinema_name),
            sandbox_pix=_text("BILHETERIA_SANDBOX_PIX", cls.sandbox_pix, _check_sandbox_pix),
            mail_url=_text("BILHETERIA_MAIL", cls.mail_url, _check_mail_url),
            mail_from=_text("BILHETERIA_MAIL_FROM", cls.mail_from, _check_mail_from),
            storage_url=_text("BILHETERIA_STORAGE", cls.storage_url, _check_storage_url),
            max_seats=_whole_number("BILHETERIA_MAX_SEATS", 8, 1, 50),
            hold_minutes=_whole_number("BILHETERIA_HOLD_MINUTES", 10, 1, 60),
            doors_open_minutes=_whole_number("BILHETERIA_DOORS_OPEN_MINUTES", 20, 1, 1440),
            grace_seconds=_whole_number("BILHETERIA_GRACE_SECONDS", 120, 0, 900),
            max_live_holds_per_visitor=_whole_number("BILHETERIA_HOLDS_PER_VISITOR", 4, 1, 10**6),
            max_live_holds_per_address=_whole_number("BILHETERIA_HOLDS_PER_ADDRESS", 200, 1, 10**6),
            keep_unpaid_days=_whole_number("BILHETERIA_KEEP_UNPAID_DAYS", 30, 1, 3650),
            keep_requests_days=_whole_number("BILHETERIA_KEEP_REQUESTS_DAYS", 30, 1, 3650),
            keep_pdf_days=_whole_number("BILHETERIA_KEEP_PDF_DAYS", 365, 1, 36500),
            keep_buyer_days=_whole_number("BILHETERIA_KEEP_BUYER_DAYS", 1826, 30, 36500),
            db_pool_size=_whole_number("BILHETERIA_DB_POOL", 8, 6, 200),
            db_seconds=_whole_number("BILHETERIA_DB_SECONDS", cls.db_seconds, 1, 60),
            demo=_flag("BILHETERIA_DEMO", cls.demo),
            log_level=_one_of("BILHETERIA_LOG", cls.log_level, tuple(LEVELS)),
        )


def _text(name: str, default: str, check: Callable[[str], None] = lambda text: None) -> str:
    """`check` raises ValueError, whose words follow the setting's name."""
    text = os.environ.get(name, "").strip()
    try:
        if text:
            check(text)
    except ValueError as error:
        raise BadSetting(f"{name}: {error}") from None
    return text or default


def _check_database_url(text: str) -> None:
    if not text.startswith(("postgresql://", "postgresql+psycopg2://")):
        raise ValueError(
            "a database is postgresql://user:password@host/name"
        )  # what stands there is a secret


def _public_url(default: str) -> str:
    """With the host in ASCII: mail programs read other letters each in their own way."""
    url = urlsplit(_text("BILHETERIA_PUBLIC_URL", default, _check_public_url))
    host, colon, port = url.netloc.partition(":") if not url.netloc.startswith("[") else (url.netloc, "", "")
    return f"{url.scheme}://{ascii_host(host)}{colon}{port}"


def _check_public_url(text: str) -> None:
    with suppress(ValueError):
        url = urlsplit(text)
        if re.fullmatch(r"https?://[^\s/?#@]+/?", text) and url.port != 0 and ascii_host(url.hostname or ""):
            return
    raise ValueError(f"an address that people type is http://host or https://host:port, not {text!r}")


def _check_networks(text: str) -> None:
    for part in text.split(","):
        if part.strip() != "*":
            ip_network(part.strip())


# What an adapter reads, it checks itself. It is loaded only where its setting is set: processes stay small.
def _check_sandbox_pix(text: str) -> None:
    from app.adapters.psp.sandbox_customers import auto_after

    auto_after(text)


def _check_mail_url(text: str) -> None:
    from app.adapters.mail import check_address

    check_address(text)


def _check_mail_from(text: str) -> None:
    from app.adapters.mail import check_sender

    check_sender(text)


def _check_storage_url(text: str) -> None:
    from app.adapters.storage import check_address

    check_address(text)


def _whole_number(name: str, default: int, least: int, most: int) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or not least <= int(text) <= most:
        raise BadSetting(f"{name} must be a whole number from {least} to {most}, not {text!r}")
    return int(text)


def _flag(name: str, default: bool = False) -> bool:
    text = os.environ.get(name, "").strip().lower()
    if text not in {"", *_YES, *_NO}:
        raise BadSetting(f"{name} must be 1 or 0, not {text!r}")
    return text in _YES if text else default


def _one_of(name: str, default: str, known: tuple[str, ...]) -> str:
    text = os.environ.get(name, "").strip().lower() or default
    if text not in known:
        raise BadSetting(f"{name} must be one of {', '.join(known)}, not {text!r}")
    return text


def _services(text: str) -> tuple[str, ...]:
    if not text.strip():
        return (PAGES, *SERVICES)
    wanted = tuple(part.strip() for part in text.split(",") if part.strip())
    for name in wanted:
        if name not in (PAGES, *SERVICES):
            raise BadSetting(f"SERVICES names {name!r}; known are {', '.join((PAGES, *SERVICES))}")
    return wanted


def _secret_key(var: Path) -> str:
    """One machine: the key is made at first start and kept in `var`, readable by its owner alone."""
    path = var / "secret-key"
    try:
        if not path.exists():
            var.mkdir(parents=True, exist_ok=True)
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text().strip()
    except OSError as error:
        raise BadSetting(
            f"the data folder {var} cannot be used ({error.strerror}): set BILHETERIA_VAR"
        ) from None


def _write_once(path: Path, content: str) -> None:
    """Another process may be quicker: then its content stays."""
    with suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(content)


_current: Settings | None = None


def use(settings: Settings) -> Settings:
    """Make `settings` the process's current ones; create_app, the worker and the tests call it."""
    global _current
    _current = settings
    return settings


def settings() -> Settings:
    """The process's settings; reads the environment on first use."""
    return _current if _current is not None else use(Settings.from_env())
