"""The keys that sign tickets: made at first start, sealed in the database, rotated by command.

The private half is sealed with a key derived from the secret key of the settings. Should that change, tickets
already sold are still read (the public half is not sealed), and the next ticket gets a new key.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import text

from app.core import db
from app.core.cache import Cache
from app.core.config import settings
from app.core.errors import NotFound

_NONCE = 12


@dataclass(frozen=True, slots=True)
class SigningKey:
    kid: int
    private: Ed25519PrivateKey

    @property
    def public_bytes(self) -> bytes:
        return self.private.public_key().public_bytes_raw()


# The statement that issues tickets writes nothing when a newer key exists; then the key is read again.
_SIGNING: Cache[str, SigningKey] = Cache("signing key", most=1)
# The public half of a key never changes; whether the key is retired is asked of the ticket's row.
_PUBLIC: Cache[int, Ed25519PublicKey] = Cache("public keys", most=1_000)


def forget() -> None:
    """Drop the keys that this process remembers; the next use reads the database."""
    _SIGNING.clear()
    _PUBLIC.clear()


def signing_key() -> SigningKey:
    """The newest key that this process can open, made in the caller's transaction where there is none."""
    return _SIGNING.get("newest", lambda: newest() or ensure())


def public_key(kid: int) -> Ed25519PublicKey | None:
    """The key that checks signatures of `kid`; retired ones too, whether they still count is not asked here."""
    try:
        return _PUBLIC.get(kid, lambda: _read_public_key(kid))
    except NotFound:
        return None


def _read_public_key(kid: int) -> Ed25519PublicKey:
    query = text("select public_key from tickets.signing_keys where kid = :kid")
    found = db.session().execute(query, {"kid": kid}).scalar()
    if found is None:
        raise NotFound(f"signing key {kid}")
    return Ed25519PublicKey.from_public_bytes(bytes(found))


def add() -> SigningKey:
    """Make the next key in the caller's transaction."""
    session = db.session()
    session.execute(text("select pg_advisory_xact_lock(hashtext('tickets.signing_keys'))"))
    kid = session.execute(text("select coalesce(max(kid), 0) + 1 from tickets.signing_keys")).scalar_one()
    key = SigningKey(kid, Ed25519PrivateKey.generate())
    session.execute(
        text(
            "insert into tickets.signing_keys (kid, public_key, sealed_private_key)"
            " values (:kid, :public_key, :sealed)"
        ),
        {"kid": kid, "public_key": key.public_bytes, "sealed": _seal(key)},
    )
    return key


def ensure() -> SigningKey:
    """The newest key that can be opened, made where there is none: once, however many processes start."""
    db.session().execute(text("select pg_advisory_xact_lock(hashtext('tickets.signing_keys'))"))
    return newest() or add()


def retire_before(kid: int) -> int:
    """From now on nothing that an older key signed is let in. Returns how many keys that were."""
    retired = db.session().execute(
        text(
            "update tickets.signing_keys set retired_at = clock_timestamp()"
            " where kid < :kid and retired_at is null returning kid"
        ),
        {"kid": kid},
    )
    return len(retired.all())


def keep() -> None:
    """Until the caller's transaction ends, no key is added or retired; others may issue meanwhile."""
    db.session().execute(text("select pg_advisory_xact_lock_shared(hashtext('tickets.signing_keys'))"))


def retired_in_use() -> list[int]:
    """Retired keys whose tickets are still to be signed again."""
    waiting = text(
        "select kid from tickets.signing_keys where retired_at is not null and replaced_at is null order by kid"
    )
    return list(db.session().execute(waiting).scalars())


def mark_replaced(kids: Sequence[int]) -> None:
    """Every ticket that these retired keys signed, and that may still be admitted, was signed again."""
    db.session().execute(
        text("update tickets.signing_keys set replaced_at = clock_timestamp() where kid = any(:kids)"),
        {"kids": list(kids)},
    )


def newest() -> SigningKey | None:
    """The newest key as the database has it; None where this process cannot open it."""
    rows = db.session().execute(
        text(
            "select kid, sealed_private_key from tickets.signing_keys"
            " where retired_at is null order by kid desc limit 1"
        )
    )
    for row in rows:
        private = _open(row.kid, bytes(row.sealed_private_key))
        if private is not None:
            return SigningKey(row.kid, private)
    return None


def _sealing_key() -> ChaCha20Poly1305:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"bilheteria ticket signing keys")
    return ChaCha20Poly1305(derived.derive(settings().web.secret_key.encode()))


def _seal(key: SigningKey) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + _sealing_key().encrypt(nonce, key.private.private_bytes_raw(), _bound_to(key.kid))


def _open(kid: int, sealed: bytes) -> Ed25519PrivateKey | None:
    try:
        opened = _sealing_key().decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(kid))
    except InvalidTag:
        return None
    return Ed25519PrivateKey.from_private_bytes(opened)


def _bound_to(kid: int) -> bytes:
    return b"kid %d" % kid
