"""The actor of a web request: starting an order creates a visitor id, reading a page sets no cookie."""

from __future__ import annotations

from flask import Flask, session

from app.web.actor import current_actor


def test_reading_a_page_creates_no_visitor(app: Flask) -> None:
    with app.test_request_context("/"):
        assert current_actor().visitor == ""
        assert not session


def test_starting_something_creates_a_visitor_that_stays(app: Flask) -> None:
    with app.test_request_context("/", method="POST"):
        begun = current_actor(begins=True)
        assert begun.visitor
        assert current_actor() == begun


def test_the_actor_has_the_address_language_and_channel_of_its_request(app: Flask) -> None:
    headers = {"Accept-Language": "en"}
    with app.test_request_context("/", headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.1"}):
        actor = current_actor(channel="door")
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.2"}):
        other = current_actor()
    assert (actor.locale, actor.channel, actor.user_id) == ("en", "door", None)
    assert (other.locale, other.channel) == ("pt_BR", "web")
    assert "" not in (actor.address_key, other.address_key)
    assert actor.address_key != other.address_key
