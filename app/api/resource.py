"""Blueprints of the API's resources: their callers, errors as problem documents, and strict arguments."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Request, Response
from flask_smorest import Blueprint
from marshmallow import RAISE
from webargs.flaskparser import FlaskParser, abort, is_json_request

from app.adapters import incoming_json
from app.adapters.incoming_json import UnreadableJson
from app.api import identity, limits, problems
from app.api.idempotent import PARAMETER, once
from app.web.security import csrf


class BodyParser(FlaskParser):
    """Reads a JSON body with limits on its depth, numbers and texts (`app.adapters.incoming_json`)."""

    def _raw_load_json(self, req: Request) -> Any:
        if not is_json_request(req):
            abort(415)
        try:
            return incoming_json.read(req.get_data(cache=True))
        except UnreadableJson as error:
            what = str(error) if error.line is None else f"no JSON: line {error.line}"
            abort(400, messages={"json": [what]})


class Resource(Blueprint):
    """A blueprint of flask-smorest. `about` describes its operations in the document."""

    ARGUMENTS_PARSER = BodyParser()

    def __init__(self, name: str, *, about: str) -> None:
        super().__init__(name, f"api_{name}", description=about)
        self.before_request(identity.recognise)
        self.after_request(limits.add_headers)
        self.after_request(_not_stored)
        problems.answer_errors_of(self)
        csrf.exempt(self)  # no cookie identifies a caller of the API

    def query(self, schema: Any) -> Any:
        """Pass the arguments in the address to the view by name; unknown ones are errors."""
        return self.arguments(schema, location="query", as_kwargs=True, unknown=RAISE)

    def body(self, schema: Any) -> Any:
        """Pass the members of the JSON body to the view by name; unknown ones are errors.

        `schema` has an example of such a body, `EXAMPLE`, for the document.
        """
        return self.arguments(schema, location="json", as_kwargs=True, unknown=RAISE, example=schema.EXAMPLE)

    def act(
        self, rule: str, schema: Any = None, *, allowed: Collection[str] = (), guests: bool = False
    ) -> Any:
        """Route a POST that acts once for each Idempotency-Key (`app.api.idempotent`).

        Without `schema` it has no body. `allowed` are the grants of which the caller needs one (`identity.require`);
        without any it is for everybody.
        """

        def decorate(view: Any) -> Any:
            parsing = self.body(schema)(view) if schema is not None else view
            acting = once(self.doc(parameters=[PARAMETER])(parsing))
            return self.post(rule)(identity.require(*allowed, guests=guests)(acting) if allowed else acting)

        return decorate


def _not_stored(response: Response) -> Response:
    """Keep answers out of caches, unless the view allows it: they name an order, or change at every moment."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response
