"""The files for search engines: robots.txt and the sitemap."""

from __future__ import annotations

from flask import Response, make_response, render_template, url_for

from app.events import service as events
from app.shop import blueprint
from app.web.links import absolute


@blueprint.get("/robots.txt")
def robots() -> Response:
    lines = [
        "User-agent: *",
        "Disallow: /orders/",
        "Disallow: /requests/",
        "Disallow: /account/",
        "Disallow: /staff/",
    ]
    lines += ["Disallow: /screenings/", f"Sitemap: {absolute(url_for('shop.sitemap'))}", ""]
    response = make_response("\n".join(lines))
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    paths = [url_for("shop.programme")]
    paths += [url_for("shop.programme", cinema=site.slug) for site in events.cinemas()]
    paths += [url_for("shop.film", slug=one.slug) for one in events.films()]
    addresses = [absolute(path) for path in paths]
    response = make_response(render_template("shop/sitemap.xml", addresses=addresses))
    response.headers["Content-Type"] = "application/xml; charset=utf-8"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
