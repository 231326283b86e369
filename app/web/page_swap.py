"""Answers htmx with the body of the next page, which replaces the page (`#page`) that sent a form.

Without htmx a form that was accepted gets 303 to the next page. With htmx it gets that page's body at once, with its
title and its address: no redirect and no second request. A GET of the same address always gives the whole page.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, Response, current_app, g, make_response, redirect, request, url_for
from htmx_flask import request as htmx_request

TARGET = "#page"


def init_app(app: Flask) -> None:
    app.jinja_env.globals["page_shell"] = _shell
    app.jinja_env.globals["page_address"] = page_address


def asked_by_htmx() -> bool:
    """Whether htmx sent this request."""
    return bool(htmx_request.htmx)


def _shell() -> str:
    """The outermost layout: a whole document, or to htmx the body and the title alone."""
    sent_form = request.method == "POST" and asked_by_htmx()
    return "layouts/body.html" if sent_form or g.get("body_only") else "layouts/base.html"


def next_page(endpoint: str, **values: Any) -> Response:
    """Answer a form that was accepted: 303 to the page of `endpoint`, or to htmx that page's body and its address."""
    address = url_for(endpoint, **values)
    if not asked_by_htmx():
        return make_response(redirect(address, 303))
    g.page_address = address
    return _with_address(make_response(current_app.view_functions[endpoint](**values)), address)


def replace_page(endpoint: str, **values: Any) -> Response:
    """Answer a part of a page that asked by GET: the page of `endpoint` takes the place of the whole page."""
    address = url_for(endpoint, **values)
    g.body_only, g.page_address = True, address
    response = make_response(current_app.view_functions[endpoint](**values))
    response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = TARGET
    response.headers["HX-Reswap"] = "outerHTML"
    return redirect_by_navigation(_with_address(response, address))


def page_address() -> str:
    """The address of the page in this answer: to htmx that of the next page, not that of the form that it sent."""
    return str(g.get("page_address") or request.full_path.rstrip("?"))


def _with_address(response: Response, address: str) -> Response:
    """Add the address to the browser's history, unless it is the current one."""
    current = re.split("[?#]", htmx_request.htmx.current_url or "")[0]
    if response.status_code == 200 and not current.endswith(address):
        response.headers["HX-Push-Url"] = address
    return response


def redirect_by_navigation(response: Response) -> Response:
    """Turn a redirect for htmx into a navigation: fetch would follow it without a change of the address bar."""
    if not (asked_by_htmx() and response.status_code in (301, 302, 303)):
        return response
    answer = make_response("", 204)
    answer.headers["HX-Redirect"] = response.headers["Location"]
    for cookie in response.headers.getlist("Set-Cookie"):
        answer.headers.add("Set-Cookie", cookie)
    return answer
