"""How current the account and the device behind a request must be.

Most views look both up in the database. Views that are called many times a second accept a look of the last two
seconds: a session that ended, or a device that was revoked, in another process counts for two seconds longer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g


def accept_recent(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a view for which a recent look is enough. It goes above decorators that ask who is signed in."""

    @wraps(view)
    def marked(*args: Any, **kwargs: Any) -> Any:
        g.recent_lookup = True
        return view(*args, **kwargs)

    return marked


def recent_is_enough() -> bool:
    """Whether the view of this request accepts a recent look."""
    return bool(g.get("recent_lookup"))
