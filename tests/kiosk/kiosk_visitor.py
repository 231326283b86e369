"""A kiosk for the tests: the browser of a machine in the foyer, paired or not yet."""

from __future__ import annotations

import re

from flask import Flask
from werkzeug.test import TestResponse

from app.core import db
from app.core.actor import Actor
from app.users import service as users
from app.users.service import Device
from tests.shop.visitor import TOKEN, Visitor

SHOWN_CODE = re.compile(r'<p class="pairing-code">([^<]+)</p>')


class Kiosk(Visitor):
    """The browser of a machine; its forms take their CSRF token from the kiosk's own first page."""

    def token(self) -> str:
        found = TOKEN.search(self.get("/kiosk").text)
        assert found is not None
        return found[1]

    def go_on(self) -> TestResponse:
        """Send the form that the page sends by itself, and open the page that follows."""
        sent = self.post("/kiosk/pairing")
        return self.get(sent.location) if sent.status_code == 303 else sent

    def shown_code(self) -> str | None:
        found = SHOWN_CODE.search(self.get("/kiosk").text)
        return found[1] if found else None

    def begin_visit(self, page: str = "/kiosk/programme") -> TestResponse:
        """Touch the attract page; English is chosen, as the tests read it."""
        begun = self.post("/kiosk/visits", {"next": page})
        self.client.set_cookie("language", "en")
        return begun

    def leave(self, **form: str) -> TestResponse:
        return self.post("/kiosk/leave", form)

    def cookie(self, name: str) -> str | None:
        found = self.client.get_cookie(name)
        return found.value if found else None


def pair(kiosk: Kiosk, site_id: int, name: str = "Kiosk 1") -> Device:
    """Pair the machine as a manager would, and let it collect its token."""
    kiosk.go_on()
    code = kiosk.shown_code()
    assert code is not None
    with db.transaction():
        users.confirm_pairing(code, site_id, name, Actor(user_id=1))
    kiosk.go_on()
    with db.reading():
        return users.authenticate_device(kiosk.cookie("device") or "")


def paired_kiosk(app: Flask, site_id: int, language: str = "en") -> Kiosk:
    """A kiosk of the site."""
    kiosk = Kiosk(app, language)
    pair(kiosk, site_id)
    return kiosk
