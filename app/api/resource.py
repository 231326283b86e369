"""Blueprints of the API's resources: rate limit, errors as problem documents, and strict arguments."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE

from app.api import limits, problems
from app.web.security import csrf


class Resource(Blueprint):
    """A blueprint of flask-smorest. `about` describes its operations in the document."""

    def __init__(self, name: str, *, about: str) -> None:
        super().__init__(name, f"api_{name}", description=about)
        self.before_request(limits.count_request)
        problems.answer_errors_of(self)
        csrf.exempt(self)  # no cookie identifies a caller of the API

    def query(self, schema: Any) -> Any:
        """Pass the arguments in the address to the view by name; unknown ones are errors."""
        return self.arguments(schema, location="query", as_kwargs=True, unknown=RAISE)
