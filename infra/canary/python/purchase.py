"""The purchase that CloudWatch Synthetics tries every five minutes: programme, seat map, hold, basket, give up.

It sends the forms of the pages as a browser without scripts does, and pays nothing: the two seats are free again at its
end. It needs nothing but Python's own library. CloudWatch calls `handler`; an exception is a failed run, and its text
names the step.
"""

from __future__ import annotations

import os
import re
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar

SECONDS = 10  # for each answer
SEATS = 2
AGENT = "bilheteria-canary"


class Failed(Exception):
    """A step of the purchase failed; the message says which and how."""


class Forms(HTMLParser):
    """The forms of a page: address → fields, of the first form with that address."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = {}
            self.found.setdefault(facts.get("action", ""), self._fields)
        elif tag == "input" and self._fields is not None and _is_sent(facts):
            self._fields[facts["name"]] = facts.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None


def _is_sent(field: dict[str, str]) -> bool:
    """Whether a browser sends this field of a form that nobody has touched."""
    return bool(field.get("name")) and (field.get("type") not in ("checkbox", "radio") or "checked" in field)


class Visit:
    """A visitor with cookies of its own."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, step: str, path: str) -> tuple[str, str]:
        """The path at which the answer was found, and its text."""
        return self._ask(step, path, None)

    def send(self, step: str, path: str, html: str, **values: str) -> tuple[str, str]:
        """Send the form of `path` on the page `html` with other values."""
        forms = Forms(html).found
        if path not in forms:
            raise Failed(f"{step}: the page has no form for {_masked(path)}")
        return self._ask(step, path, forms[path] | values)

    def _ask(self, step: str, path: str, fields: dict[str, str] | None) -> tuple[str, str]:
        data = None if fields is None else urllib.parse.urlencode(fields).encode()
        headers = {"User-Agent": AGENT, "Accept-Language": "en"}
        if data is not None:
            headers |= {"Origin": self._base, "Referer": f"{self._base}/"}
        asked = urllib.request.Request(self._base + path, data, headers)  # noqa: S310 - the address is ours
        try:
            with self._opener.open(asked, timeout=SECONDS) as answer:
                return urllib.parse.urlsplit(answer.url).path, answer.read().decode()
        except urllib.error.HTTPError as error:
            raise Failed(f"{step}: {error.code}") from None
        except OSError as error:
            raise Failed(f"{step}: {type(error).__name__}") from None


def buy(base: str) -> int:
    """Hold two seats of the last screening in the programme and give them back. Returns the screening's id."""
    visit = Visit(base)
    _, programme = visit.get("programme", "/")
    screenings = re.findall(r'href="(/screenings/\d+)"', programme)
    if not screenings:
        raise Failed("programme: no screening is on sale")
    refused = Failed("hold: no screening has two seats together")
    for path in dict.fromkeys(reversed(screenings)):
        _, seats = visit.get("seat map", path)
        if f"{path}/orders" not in Forms(seats).found:
            continue  # sold out, or its sale has ended since
        at, page = visit.send("hold", f"{path}/orders", seats, quantity=str(SEATS))
        if found := re.match(r"/orders/[^/]+", at):
            _give_back(visit, found[0], at, page)
            return int(path.rpartition("/")[2])
    raise refused


def _give_back(visit: Visit, order: str, at: str, page: str) -> None:
    if not at.endswith("/types"):
        raise Failed(f"hold: it leads to {_masked(at)}")
    visit.send("give up", f"{order}/end", page)
    at, _ = visit.get("given up", order)
    if at != order:
        raise Failed(f"given up: the order is still open, at {_masked(at)}")


def _masked(path: str) -> str:
    """A path without the token of its order, which opens it."""
    return re.sub(r"/orders/[^/]+", "/orders/…", path)


def handler(event: object, context: object) -> str:
    """Called by CloudWatch Synthetics."""
    return f"held and gave back two seats of screening {buy(os.environ['PUBLIC_URL'])}"
