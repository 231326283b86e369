"""Verifies a presigned link as S3 does (Signature Version 4 in the query), because the stand-in server does not."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

from tests.aws_server import CREDENTIALS


def refusal(method: str, link: str, now: datetime) -> str | None:
    """Why S3 would refuse this request at `now`; None if it would answer."""
    parts = urlsplit(link)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    signature = query.pop("X-Amz-Signature", None)
    if signature is None:
        return "not signed"
    signed_at = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if now > signed_at + timedelta(seconds=int(query["X-Amz-Expires"])):
        return "expired"
    canonical = "\n".join(
        (
            method,
            parts.path,
            "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query)),
            f"host:{parts.netloc}\n",
            query["X-Amz-SignedHeaders"],
            "UNSIGNED-PAYLOAD",
        )
    )
    scope = query["X-Amz-Credential"].split("/", 1)[1]
    text = "\n".join((query["X-Amz-Algorithm"], query["X-Amz-Date"], scope, _digest(canonical)))
    key = f"AWS4{CREDENTIALS['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(expected, signature) else "the signature does not match"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
