"""A browser without a server: the Flask application in this process answers every request of the page.

The visitor's cookies are those of Flask's test client, so that a test can make any state with services and
forms, and then show it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, Route
from werkzeug.test import TestResponse

from tests.late_assets import wait_for_asset
from tests.shop.visitor import Visitor

ADDRESS = "http://localhost"


class InProcessBrowser:
    """`page` shows what the application answers `visitor`."""

    def __init__(self, new_page: Callable[..., Page], visitor: Visitor, **options: object) -> None:
        self.visitor = visitor
        self.page = new_page(reduced_motion="reduce", service_workers="block", **options)
        self.page.route("**/*", self._answer)
        self._next: TestResponse | None = None

    def open(self, path: str) -> int:
        """Go to the path; returns the status of the answer, which may be no redirect."""
        answer = self.page.goto(ADDRESS + path)
        assert answer is not None
        return answer.status

    def show(self, answer: TestResponse) -> int:
        """Show an answer that the visitor has already received, for example to a form."""
        self._next = answer
        return self.open("/shown")

    def _answer(self, route: Route, request: Request) -> None:
        address = urlsplit(request.url)
        if address.path.endswith("/events"):
            route.abort()  # a stream would never end here; pages go on without it
            return
        wait_for_asset(request)
        if address.path == "/shown" and self._next is not None:
            answer = self._next
        else:
            answer = self._ask(request, f"{address.path}?{address.query}" if address.query else address.path)
        if answer.location is not None and request.is_navigation_request():
            # Playwright does not give redirected requests to a route: this page takes the place of the redirect.
            onward = f"<!doctype html><script>location.replace({json.dumps(answer.location)})</script>"
            route.fulfill(content_type="text/html", body=onward)
            return
        route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.get_data())

    def _ask(self, request: Request, path: str) -> TestResponse:
        headers = {name: value for name, value in request.headers.items() if name.startswith("hx-")}
        return self.visitor.client.open(
            path,
            method=request.method,
            data=request.post_data_buffer or b"",
            content_type=request.headers.get("content-type"),
            headers=self.visitor.headers | headers,
        )
