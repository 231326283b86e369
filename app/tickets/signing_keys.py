"""The Ed25519 keys that sign tickets: created at the first start, sealed in the database, rotated by managers.

Of the keys that may sign already, the newest one signs. A key that is made while another one signs begins later, so
that every door has its public key before (`signs_from`).

The private key is encrypted with a key derived from the secret key of the settings. If that one changes, tickets
already sold stay valid (public keys are not encrypted), and the next ticket is signed with a new key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import text

from app.core import db
from app.core.cache import Cache
from app.core.config import settings
from app.core.errors import NotFound
from app.core.sealing import Sealer

_SEALER = Sealer(b"bilheteria ticket signing keys")
# The keys that may sign; the newest of them signs.
MAY_SIGN = "retired_at is null and coalesce(signs_from, created_at) <= clock_timestamp()"


@dataclass(frozen=True, slots=True)
class SigningKey:
    kid: int
    private: Ed25519PrivateKey

    @property
    def public_bytes(self) -> bytes:
        return self.private.public_key().public_bytes_raw()


# A cached key may be old: the statement that issues tickets writes nothing when a newer key exists, and reads again.
_SIGNING: Cache[str, SigningKey] = Cache("signing key", most=1)
# A public key never changes. The statement that admits a ticket checks whether its key is retired.
_PUBLIC: Cache[int, Ed25519PublicKey] = Cache("public keys", most=1_000)


def clear_cache() -> None:
    """Clear the keys cached in this process; the next use reads the database."""
    _SIGNING.clear()
    _PUBLIC.clear()


def signing_key() -> SigningKey:
    """The key that signs, from the cache. If none can be decrypted, one is created in the caller's transaction."""
    return _SIGNING.get("newest", lambda: newest() or ensure())


def public_key(kid: int) -> Ed25519PublicKey | None:
    """The public key `kid`, retired or not; None if there is no such key."""
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


def lock() -> None:
    """Take the exclusive lock: wait for transactions that issue tickets; none issues until this one ends."""
    db.session().execute(text("select pg_advisory_xact_lock(hashtext('tickets.signing_keys'))"))


def add(lead: timedelta = timedelta(0)) -> SigningKey:
    """Create the next key in the caller's transaction, under `lock`. It signs after `lead`."""
    session = db.session()
    lock()
    kid = last_kid() + 1
    key = SigningKey(kid, Ed25519PrivateKey.generate())
    session.execute(
        text(
            "insert into tickets.signing_keys (kid, public_key, sealed_private_key, signs_from)"
            " values (:kid, :public_key, :sealed, clock_timestamp() + :lead)"
        ),
        {"kid": kid, "public_key": key.public_bytes, "sealed": _seal(key), "lead": lead},
    )
    return key


def last_kid() -> int:
    """The number of the newest key, in any state; 0 if there is none."""
    return int(
        db.session().execute(text("select coalesce(max(kid), 0) from tickets.signing_keys")).scalar_one()
    )


def ensure() -> SigningKey:
    """The newest key; creates it if there is none. The lock makes processes that start together create one key."""
    lock()
    return newest() or add()


def retire_before(kid: int) -> int:
    """Retire all keys older than `kid`: QR codes that they signed are refused. Returns the number of keys."""
    retired = db.session().execute(
        text(
            "update tickets.signing_keys set retired_at = clock_timestamp()"
            " where kid < :kid and retired_at is null returning kid"
        ),
        {"kid": kid},
    )
    return len(retired.all())


def is_any_pending() -> bool:
    """Whether a key waits for the time from which it signs."""
    waiting = text(
        "select exists (select from tickets.signing_keys where retired_at is null and signs_from > clock_timestamp())"
    )
    return bool(db.session().execute(waiting).scalar())


def lock_shared() -> None:
    """Take the shared lock: no key is added or retired until the caller's transaction ends; others may issue."""
    db.session().execute(text("select pg_advisory_xact_lock_shared(hashtext('tickets.signing_keys'))"))


def retired_not_replaced() -> list[int]:
    """The retired keys whose tickets are not all re-signed yet."""
    waiting = text(
        "select kid from tickets.signing_keys where retired_at is not null and replaced_at is null order by kid"
    )
    return list(db.session().execute(waiting).scalars())


def mark_replaced(kids: Sequence[int]) -> None:
    """Mark retired keys whose tickets, as far as they can still be admitted, are all re-signed."""
    db.session().execute(
        text("update tickets.signing_keys set replaced_at = clock_timestamp() where kid = any(:kids)"),
        {"kids": list(kids)},
    )


def newest() -> SigningKey | None:
    """The key that signs now; None if there is none or it cannot be decrypted with this secret key."""
    rows = db.session().execute(
        text(
            "select kid, sealed_private_key from tickets.signing_keys"
            f" where {MAY_SIGN} order by kid desc limit 1"
        )
    )
    for row in rows:
        private = _unseal(row.kid, bytes(row.sealed_private_key))
        if private is not None:
            return SigningKey(row.kid, private)
    return None


def seal_again() -> int:
    """Seal the private keys with the secret key that were sealed with the previous one; returns how many.

    The caller opens a transaction. After one more change of the secret key they could not be opened any more.
    """
    session = db.session()
    rows = session.execute(
        text("select kid, sealed_private_key from tickets.signing_keys where retired_at is null")
    )
    sealed = 0
    for row in rows.all():
        private, is_current = _unseal_by_any(row.kid, bytes(row.sealed_private_key))
        if private is not None and not is_current:
            values = {"kid": row.kid, "sealed": _seal(SigningKey(row.kid, private))}
            session.execute(
                text("update tickets.signing_keys set sealed_private_key = :sealed where kid = :kid"), values
            )
            sealed += 1
    return sealed


def _seal(key: SigningKey) -> bytes:
    return _SEALER.seal(
        key.private.private_bytes_raw(), _associated_data(key.kid), settings().web.accepted_keys
    )


def _unseal(kid: int, sealed: bytes) -> Ed25519PrivateKey | None:
    return _unseal_by_any(kid, sealed)[0]


def _unseal_by_any(kid: int, sealed: bytes) -> tuple[Ed25519PrivateKey | None, bool]:
    """The private key, and whether it was sealed with the secret key that signs now."""
    opened = _SEALER.open(sealed, _associated_data(kid), settings().web.accepted_keys)
    if opened is None:
        return None, False
    return Ed25519PrivateKey.from_private_bytes(opened.secret), opened.is_current


def _associated_data(kid: int) -> bytes:
    return b"kid %d" % kid
