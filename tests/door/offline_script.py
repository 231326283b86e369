"""The script of a door that works without network, in a page that no server stands behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

from app.tickets import service as tickets

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "http://localhost/door/"  # a secure context, as WebCrypto demands


class DoorScript:
    """The modules of `static/js`, as they are before the build."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.context.route(f"{ADDRESS}**", _file)
        page.goto(ADDRESS)

    def take(self, answer: dict[str, Any]) -> None:
        """Start with the data of a snapshot."""
        self.page.evaluate(
            """async ([answer, layouts]) => {
                const { DoorData } = await import("/door/door_data.js");
                window.data = new DoorData(layouts);
                await data.merge(answer, { isWhole: true, asked: data.now, lang: "pt-BR" });
            }""",
            [answer, tickets.layout_tables()],
        )

    def verdict(self, typed: str, **place: int) -> str:
        """The verdict on a scan at `screening` or `site`."""
        said: str = self.page.evaluate(
            """async ([typed, place]) => {
                const { decide } = await import("/door/door_offline_verdict.js");
                return (await decide(typed, data, place, data.now)).verdict;
            }""",
            [typed, place],
        )
        return said


def _file(route: Route) -> None:
    name = route.request.url.removeprefix(ADDRESS)
    if name:
        route.fulfill(path=ROOT / "static/js" / name, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><title>door</title>", content_type="text/html")
