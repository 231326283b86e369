"""The payment providers of this process, made once from its settings."""

from __future__ import annotations

import uuid
from functools import lru_cache

from app.adapters import psp
from app.adapters.postgres_limits import Limits
from app.adapters.psp.sandbox import Sandbox
from app.adapters.terminal.sandbox import SandboxTerminals
from app.core import db
from app.core.config import Settings, settings
from app.payments.provider_spans import TracedProvider
from app.payments.terminals import CARD_PRESENT, TerminalProvider, sandbox_terminals


def provider(name: str | None = None, terminal: uuid.UUID | None = None) -> psp.Provider:
    """The provider called `name`, or the one that the settings choose; for a charge at a terminal, this terminal.

    Raises LookupError for an unknown one.
    """
    wanted = name or settings().payments.provider
    if wanted == "sandbox":
        return TracedProvider(sandbox())
    if wanted == SandboxTerminals.name and terminal is not None:
        return TracedProvider(TerminalProvider(sandbox_terminals(), terminal))
    raise LookupError(f"no payment provider is called {wanted!r}")


def name_for(method: str) -> str:
    """The name of the provider that makes new charges by this method."""
    return SandboxTerminals.name if method == CARD_PRESENT else settings().payments.provider


def sandbox() -> Sandbox:
    """The sandbox bank itself: its pages and the tests set how it behaves."""
    url = db.direct_url()
    current: Settings = settings()
    return _sandbox(url, current.web.secret_key, current.payments.sandbox_pix, db.limits())


@lru_cache(maxsize=4)
def _sandbox(url: str, secret_key: str, pix: str, limits: Limits) -> Sandbox:
    return Sandbox(url, secret_key=secret_key, pix=pix, limits=limits)
