"""The OpenAPI document of the whole API, and the page on which people read it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, make_response, render_template
from flask_smorest import Api
from marshmallow import Schema, fields

from app.api.reference import reference_of
from app.core.config import settings

PREFIX = "/api/v1"
VERSION = "1"
JSON, PROBLEM = "application/json", "application/problem+json"
ABOUT = """\
The programme of the cinemas, their seats and snacks, and the purchase of tickets.

Amounts are integers in centavos of the Brazilian real. Times are ISO 8601 in UTC; `local_start` is by the clock of the
cinema. Lists come in pages: pass `next` of an answer as `cursor`. An error is a problem document (RFC 9457) whose
`type` never changes. Fields may be added to answers; a client ignores those that it does not know.

A purchase: `GET /screenings` and `GET /screenings/{screening_id}/seats` show what there is; `POST /orders` holds seats
until a deadline; `PUT /orders/{token}/types` chooses full or half price for each seat;
`POST /orders/{token}/payments` asks for the payment; `GET /orders/{token}/payments` has the Pix code or the address of
the card page; and when `GET /orders/{token}` says `paid`, `GET /orders/{token}/tickets` has the QR codes.

A guest needs no token of access: the `token` of an order is enough to act on it, so keep it secret. Each POST that acts
has an `Idempotency-Key`: send it again with the same key when no answer came, and nothing happens twice.
"""
BEARER = "bearer"
BEARER_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": (
        "An access token of the identity provider (JWT), of a person or of a partner's client; or the token that a"
        " device of the cinema got when it was paired. The names beside an operation are the roles of people"
        " (`customer`, `door`, `supervisor`, `manager`), scopes of partners (`bilheteria/orders.write`) and kinds of"
        " devices (`device:door`, `device:kiosk`) that may call it: one of them is enough."
    ),
}
blueprint = Blueprint("api_document", __name__)


class PlaceSchema(Schema):
    field = fields.String(
        metadata={"description": "name of the argument or member, with dots inside of objects"}
    )
    code = fields.String()
    detail = fields.String()


class ProblemSchema(Schema):
    """An error (RFC 9457). `app.api.problems` writes it."""

    type = fields.String(metadata={"description": "`urn:bilheteria:problem:CODE`; it never changes"})
    title = fields.String()
    status = fields.Integer()
    code = fields.String(metadata={"description": "the end of the type"})
    detail = fields.String(
        metadata={"description": "a sentence for people, in the language of `Accept-Language`"}
    )
    errors = fields.List(fields.Nested(PlaceSchema), metadata={"description": "the places that are wrong"})
    lost = fields.List(
        fields.Integer(), metadata={"description": "of `seats.lost`: the seats that have gone"}
    )
    alternatives = fields.List(
        fields.List(fields.Integer()),
        metadata={"description": "of `seats.lost`: sets of free seats that replace the lost ones"},
    )
    waiting_list = fields.String(
        metadata={"description": "of `seats.nothing_fits`: POST there to wait for seats"}
    )
    total = fields.Integer(metadata={"description": "of `order.total_changed`: the total now, in centavos"})
    refund = fields.Integer(
        metadata={"description": "of `order.refund_changed`: the refund now, in centavos"}
    )


class BoxOfficeApi(Api):
    """flask-smorest without its own error handlers: they would answer the errors of pages too."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_RESPONSE_CONTENT_TYPE = JSON

    def _register_error_handlers(self) -> None:
        """Register none: `app.api.problems` answers the errors of the API's blueprints."""

    def _register_responses(self) -> None:
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = JSON


def open_api(app: Flask) -> BoxOfficeApi:
    """The collection of the API's blueprints in `app`."""
    app.config.update(
        API_TITLE="Bilheteria",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=None,
        API_SPEC_OPTIONS={"info": {"description": ABOUT}, "servers": [{"url": settings().web.api_url}]},
    )
    api = BoxOfficeApi(app)
    app.cli.commands.pop("openapi", None)  # flask-smorest's command: the document is at its address
    api.spec.components.security_scheme(BEARER, BEARER_SCHEME)
    return api


def as_dict() -> dict[str, Any]:
    """The OpenAPI document of the whole API, also where other processes serve its resources."""
    found: dict[str, Any] = current_app.extensions["api"].spec.to_dict()
    return found


@blueprint.get(f"{PREFIX}/openapi.json")
def openapi() -> Response:
    response = jsonify(as_dict())
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get(PREFIX)
def page() -> Response:
    """The document for people."""
    body = render_template("api/page_reference.html", reference=reference_of(as_dict()))
    return make_response(body)
