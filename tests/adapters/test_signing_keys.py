"""The provider's keys: fetched once, again for a new key, not too often, and not needed while they are known."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

from app.adapters.identity import document
from app.adapters.identity.signing_keys import (
    COOLDOWN,
    FRESH_SECONDS,
    KeysUnavailable,
    SigningKeys,
    UnknownKey,
)
from tests.adapters import identity_provider
from tests.adapters.identity_provider import Provider, rsa_key


class Clock:
    """A clock that the test moves, in seconds."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with identity_provider.running() as found:
        yield found


@pytest.fixture
def provider(server: Provider) -> Provider:
    server.asked, server.status = 0, 200
    server.publish("first")
    return server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(provider: Provider, clock: Clock) -> SigningKeys:
    return SigningKeys(provider.address, clock=clock)


def test_known_keys_are_fetched_once(provider: Provider, keys: SigningKeys, clock: Clock) -> None:
    assert keys.key("first") == keys.key("first")
    assert provider.asked == 1
    clock.now += FRESH_SECONDS
    keys.key("first")
    assert provider.asked == 2


def test_a_new_key_is_fetched(provider: Provider, keys: SigningKeys, clock: Clock) -> None:
    keys.key("first")
    provider.publish("first", "second")
    clock.now += COOLDOWN
    assert keys.key("second")
    assert keys.key("first")
    assert provider.asked == 2


def test_a_key_that_is_taken_back_is_unknown(provider: Provider, keys: SigningKeys, clock: Clock) -> None:
    keys.key("first")
    provider.publish("second")
    clock.now += FRESH_SECONDS
    with pytest.raises(UnknownKey):
        keys.key("first")


def test_unknown_keys_do_not_make_us_ask_again_and_again(
    provider: Provider, keys: SigningKeys, clock: Clock
) -> None:
    for number in range(20):
        with pytest.raises(UnknownKey):
            keys.key(f"made up {number}")
    assert provider.asked == 1
    clock.now += COOLDOWN
    with pytest.raises(UnknownKey):
        keys.key("made up")
    assert provider.asked == 2


def test_known_keys_stay_in_use_while_the_provider_is_away(
    provider: Provider, keys: SigningKeys, clock: Clock
) -> None:
    keys.key("first")
    provider.status = 503
    clock.now += 10 * FRESH_SECONDS
    assert keys.key("first")
    with pytest.raises(KeysUnavailable) as raised:
        keys.key("second")
    assert raised.value.retry_after == COOLDOWN
    assert provider.asked == 2, "the failure has a cooldown too"
    provider.status = 200
    provider.publish("first", "second")
    clock.now += COOLDOWN
    assert keys.key("second")


def test_a_provider_that_was_never_reached_is_not_blamed_on_the_token(clock: Clock) -> None:
    with identity_provider.running() as gone:
        address = gone.address
    with pytest.raises(KeysUnavailable):
        SigningKeys(address, clock=clock).key("first")


def test_a_provider_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(document, "READ_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        keys = SigningKeys(f"http://127.0.0.1:{silent.getsockname()[1]}/jwks.json", clock=clock)
        with pytest.raises(KeysUnavailable):
            keys.key("first")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"keys": 1}',
        b'{"keys": []}',
        b'{"keys": [1, {"kid": 5}]}',
        b" " * 300_000,
    ],
)
def test_a_document_without_keys_counts_as_a_failure(
    provider: Provider, keys: SigningKeys, clock: Clock, document: bytes
) -> None:
    keys.key("first")
    provider.document = document
    clock.now += FRESH_SECONDS
    assert keys.key("first")
    with pytest.raises(KeysUnavailable):
        keys.key("second")


def test_keys_of_other_kinds_are_left_out(provider: Provider, keys: SigningKeys) -> None:
    key = rsa_key("other").as_dict(private=False)
    others: list[dict[str, Any]] = [
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        {"kty": "EC", "kid": "curve", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "unheard-of", "kid": "new"},
        {"kty": "RSA", "kid": "broken", "n": 5, "e": "AQAB"},
        key | {"kid": "encrypts", "use": "enc"},
        key | {"kid": "ps", "alg": "PS256"},
        {"kty": "RSA", "kid": "short", "n": "q" * 171, "e": "AQAB"},
    ]
    provider.publish("first", extra=others)
    assert keys.key("first")
    for entry in others:
        with pytest.raises(UnknownKey):
            keys.key(str(entry["kid"]))


def test_threads_that_ask_together_fetch_once(provider: Provider, keys: SigningKeys) -> None:
    found: list[object] = []
    threads = [Thread(target=lambda: found.append(keys.key("first"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), provider.asked) == (8, 1)
