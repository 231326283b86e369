"""The pictures of the architecture name what the code has, stand alone, and are small enough for a README."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from PIL import Image

from app.core.config import SERVICES
from app.core.messages import BY_KIND, CONSUMERS
from app.web.service_routes import SERVICE_ROUTES

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("architecture", "architecture-services", "architecture-ticket")
README_PIXELS = 880
MOST_BYTES = 150_000


def words(name: str) -> str:
    """The texts of a picture."""
    svg = (ROOT / f"docs/{name}.svg").read_text()
    return " ".join(unescape(text) for text in re.findall(r"<text [^>]*>([^<]*)</text>", svg))


def test_the_picture_of_the_services_is_that_of_the_code() -> None:
    """`make pictures` draws it again after a change of services, addresses or messages."""
    drawn = words("architecture-services")
    addresses = [route.path.removeprefix("/api/v1") for route in SERVICE_ROUTES if route.service in SERVICES]
    assert {one for one in (*SERVICES, *addresses, *BY_KIND) if one not in drawn} == set()
    assert drawn.count("dead letters") == len(CONSUMERS) + 1, "one a queue, and the heading"


def test_the_picture_of_aws_counts_services_and_queues() -> None:
    drawn = words("architecture")
    assert f"{len(SERVICES)} services" in drawn
    assert f"{len(CONSUMERS)} queues" in drawn


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_stands_alone(name: str) -> None:
    svg = (ROOT / f"docs/{name}.svg").read_text()
    assert re.findall(r'xlink:href="(?!#|data:image/png;base64,)', svg) == [], "it names a file"
    assert 'fill="white"' in svg, "it has no background of its own, for dark pages"
    for suffix in ("svg", "png"):
        assert (ROOT / f"docs/{name}.{suffix}").stat().st_size <= MOST_BYTES
    with Image.open(ROOT / f"docs/{name}.png") as image:
        assert image.width >= 2 * README_PIXELS, "not sharp on a fine screen"
