"""The actor of a web request: who begins something gets a visitor, a reader gets no cookie."""

from __future__ import annotations

from flask import Flask, session

from app.web.actor import current_actor


def test_a_reader_has_no_visitor_and_gets_none(app: Flask) -> None:
    with app.test_request_context("/"):
        assert current_actor().visitor == ""
        assert not session


def test_who_begins_something_is_the_same_visitor_from_then_on(app: Flask) -> None:
    with app.test_request_context("/", method="POST"):
        begun = current_actor(begins=True)
        assert begun.visitor
        assert current_actor() == begun


def test_address_language_and_channel_are_those_of_the_request(app: Flask) -> None:
    headers = {"Accept-Language": "en"}
    with app.test_request_context("/", headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.1"}):
        actor = current_actor(channel="door")
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.2"}):
        other = current_actor()
    assert (actor.locale, actor.channel, actor.user_id) == ("en", "door", None)
    assert (other.locale, other.channel) == ("pt_BR", "web")
    assert "" not in (actor.address_key, other.address_key)
    assert actor.address_key != other.address_key
