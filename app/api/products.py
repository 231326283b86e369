"""Products: popcorn, chocolate, soda and combos."""

from __future__ import annotations

from marshmallow import Schema, fields

from app.api.programme_schemas import CENTAVOS
from app.api.resource import Resource
from app.events import service as events
from app.products import service as products
from app.web.locale import locale

SERVICE, PATH = "products", "/products"
blueprint = Resource("products", about="The menu of a cinema")


class ProductArguments(Schema):
    cinema = fields.String(required=True, metadata={"description": "slug"})


class ProductSchema(Schema):
    id = fields.Integer()
    slug = fields.String()
    name = fields.String(metadata={"description": "in the language of `Accept-Language`"})
    description = fields.String()
    kind = fields.String(metadata={"description": "`combo` or the kind of a single product"})
    price = fields.Integer(metadata=CENTAVOS)
    separate_price = fields.Integer(
        metadata={"description": "in centavos: a combo's items bought one by one; otherwise the price"}
    )
    available = fields.Integer(metadata={"description": "in stock, not held by other orders"})


class MenuSchema(Schema):
    items = fields.List(fields.Nested(ProductSchema))


@blueprint.get("")
@blueprint.query(ProductArguments)
@blueprint.response(200, MenuSchema)
@blueprint.doc(operationId="listProducts")
def menu(cinema: str) -> object:
    """List what a cinema sells, combos first"""
    return {"items": products.menu(events.cinema(cinema).id, locale())}
