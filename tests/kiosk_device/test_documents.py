"""The JSON of a print job: what is refused, and that the refusal names the place."""

from __future__ import annotations

from typing import Any

import pytest

from kiosk.device.printing.documents import DocumentError, Feed, Pair, parse_job
from tests.kiosk_device.agents import TICKET


def with_block(**block: Any) -> dict[str, Any]:
    return {**TICKET, "blocks": [block]}


def test_a_job_becomes_its_blocks() -> None:
    job = parse_job(TICKET)
    assert (job.id, job.kind, len(job.blocks)) == ("ticket-0001", "ticket", 5)
    assert job.blocks[3] == Pair("Inteira", "R$ 38,00", bold=True)
    assert parse_job(with_block(type="feed", lines=2)).blocks == (Feed(2),)


def test_the_fingerprint_is_that_of_the_content() -> None:
    turned = {**TICKET, "blocks": [dict(reversed(block.items())) for block in TICKET["blocks"]]}
    assert parse_job(turned).fingerprint == parse_job(TICKET).fingerprint
    assert parse_job({**TICKET, "kind": "receipt"}).fingerprint != parse_job(TICKET).fingerprint


@pytest.mark.parametrize(
    ("job", "place"),
    [
        (None, "the job"),
        ([], "the job"),
        ({**TICKET, "copies": 2}, "the job: unknown: copies"),
        ({**TICKET, "id": "short"}, "id"),
        ({**TICKET, "id": "../../etc/passwd"}, "id"),
        ({**TICKET, "id": 12345678}, "id"),
        ({**TICKET, "kind": "poster"}, "kind"),
        ({**TICKET, "kind": ["ticket"]}, "kind"),
        ({**TICKET, "blocks": []}, "blocks"),
        ({**TICKET, "blocks": [{"type": "rule"}] * 81}, "blocks"),
        ({**TICKET, "blocks": [{"type": "rule"}, "rule"]}, "blocks[1]"),
        (with_block(type="image"), "blocks[0].type"),
        (with_block(type=["rule"]), "blocks[0].type"),
        (with_block(type="rule", raw="x"), "blocks[0]: unknown: raw"),
        (with_block(type="text", text=""), "blocks[0].text"),
        (with_block(type="text", text="a" * 301), "blocks[0].text"),
        (with_block(type="text", text=7), "blocks[0].text"),
        (with_block(type="text", text="a", bold=1), "blocks[0].bold"),
        (with_block(type="pair", left="a", right="b" * 21), "blocks[0].right"),
        (with_block(type="qr", data="ã"), "blocks[0].data"),
        (with_block(type="qr", data="a\x1b@"), "blocks[0].data"),
        (with_block(type="qr", data="a" * 1001), "blocks[0].data"),
        (with_block(type="feed", lines=True), "blocks[0].lines"),
        (with_block(type="feed", lines=99), "blocks[0].lines"),
    ],
)
def test_what_cannot_be_printed_is_refused_with_its_place(job: object, place: str) -> None:
    with pytest.raises(DocumentError) as refused:
        parse_job(job)
    assert str(refused.value).startswith(place)
