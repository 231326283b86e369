"""Customers who buy over HTTP while processes are killed: they repeat failed requests and record what was answered."""

from __future__ import annotations

import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.cookies import SimpleCookie
from urllib.parse import urlencode

HIDDEN_FIELD = re.compile(r'name="(csrf_token|once)" value="([^"]+)"')
TIMEOUT_SECONDS = 60.0
EXPECTED_STATUSES = (200, 303, 409)
UNAVAILABLE = 503  # the database is unreachable; the page asks to try again


@dataclass
class Purchase:
    """The confirmed facts of a purchase: the order's path, its popcorn, and the steps that succeeded."""

    path: str
    types: bool = False
    popcorn: int = 0
    checked_out: bool = False


@dataclass
class Buyers:
    """Customers of one screening; each buys two seats at a time, until `stop` is set or no seats are left."""

    port: int
    screening_id: int
    popcorn_id: int
    stop: threading.Event = field(default_factory=threading.Event)
    purchases: list[Purchase] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    repeated: int = 0

    def run(self, number: int) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._shop) for _ in range(number)]
        for thread in threads:
            thread.start()
        return threads

    def _shop(self) -> None:
        while not self.stop.is_set():
            try:
                if not self._buy(HttpBrowser(self)):
                    return
            except Exception as error:
                self.unexpected.append(repr(error))
                return

    def _buy(self, browser: HttpBrowser) -> bool:
        """One purchase up to the checkout; False when no seats are left."""
        page = browser.get(f"/screenings/{self.screening_id}")
        fields = dict(HIDDEN_FIELD.findall(page.text))
        started = browser.post(f"/screenings/{self.screening_id}/orders", fields | {"quantity": "2"})
        if started.location.startswith("/requests/"):
            return False
        order = Purchase(started.location.removesuffix("/types"))
        self.purchases.append(order)
        form = {"csrf_token": fields["csrf_token"]}
        seats = set(re.findall(r'name="type-(\d+)"', browser.get(started.location).text))
        chosen = browser.post(f"{order.path}/types", form | {f"type-{seat}": "full" for seat in seats})
        order.types = chosen.status == 303
        popcorn = browser.post(f"{order.path}/concessions", form | {f"quantity-{self.popcorn_id}": "1"})
        if popcorn.status == 303:
            order.popcorn = 1
        else:
            browser.post(f"{order.path}/concessions", form | {"go": "skip"})
        buyer = {"name": "Ana", "email": "ana@example.org", "cpf": "", "method": "pix"}
        order.checked_out = browser.post(f"{order.path}/checkout", form | buyer).location.endswith("/payment")
        return True


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str


class HttpBrowser:
    """One visitor with its cookies. It sends a request again, unchanged, until an answer comes."""

    def __init__(self, buyers: Buyers) -> None:
        self.buyers = buyers
        self.name = uuid.uuid4().hex
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        return self._send("GET", path, "")

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        return self._send("POST", path, urlencode(fields))

    def _send(self, method: str, path: str, body: str) -> Answer:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                answer = self._once(method, path, body)
            except (OSError, HTTPException):
                if time.monotonic() > deadline:
                    raise
            else:
                if answer.status != UNAVAILABLE or time.monotonic() > deadline:
                    if answer.status not in EXPECTED_STATUSES:
                        self.buyers.unexpected.append(f"{answer.status} {method} {path}: {answer.text[:200]}")
                    return answer
            self.buyers.repeated += method == "POST"
            time.sleep(0.05)

    def _once(self, method: str, path: str, body: str) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.buyers.port, timeout=10)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if method == "POST":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            text = response.read().decode()
            self._keep_cookies(response)
            return Answer(response.status, response.getheader("Location") or "", text)
        finally:
            connection.close()

    def _keep_cookies(self, response: HTTPResponse) -> None:
        for header in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
