"""The picture of the seven services with their addresses and queues, made from the lists of the code."""

from __future__ import annotations

import textwrap

from app.core.config import SERVICES
from app.core.ladder import CALLS
from app.core.messages import BY_KIND, CONSUMERS
from app.web.service_routes import SERVICE_ROUTES
from tools.pictures.drawing import Picture

ROW, HEAD = 88, 34
ADDRESSES, WEB, WORKER, QUEUE, DEAD, MESSAGES = 72, 196, 290, 386, 472, 586
TINY = "8.5"
API = "/api/v1"
TASK = "aws/compute/fargate"
QUEUE_ICON = "aws/integration/simple-queue-service-sqs-queue"


def draw() -> Picture:
    """Draw a row for each service: its addresses, its web server, its worker, and the queue that the worker empties."""
    picture = Picture()
    for x, title in (
        (ADDRESSES, "addresses"),
        (WEB, "web server"),
        (WORKER, "worker"),
        (MESSAGES, "messages"),
    ):
        picture.text(x, 12, title)
    picture.text((QUEUE + DEAD) / 2, 12, "queue, dead letters")
    for number, service in enumerate(SERVICES):
        _row(picture, service, HEAD - 12 + number * ROW)
    return picture


def _row(picture: Picture, service: str, top: float) -> None:
    middle = top + ROW / 2 + 6
    picture.group(f"{service.removesuffix('s')}-service", 4, top, 656, top + ROW - 6, note=_calls(service))
    picture.paragraph(f"addresses {service}", ADDRESSES, middle, *_addresses(service))
    picture.node(f"web {service}", WEB, middle, TASK, service)
    picture.node(f"worker {service}", WORKER, middle, TASK, service)
    picture.arrow(f"addresses {service}", f"web {service}")
    if service not in CONSUMERS:
        picture.paragraph(
            f"messages {service}", MESSAGES - 150, middle, "no messages: its worker works by the clock"
        )
        return
    picture.node(f"queue {service}", QUEUE, middle, QUEUE_ICON, service)
    picture.node(f"dead {service}", DEAD, middle, QUEUE_ICON, "dead letters")
    picture.arrow(f"queue {service}", f"worker {service}")
    picture.arrow(f"queue {service}", f"dead {service}", style="dashed")
    picture.paragraph(f"messages {service}", MESSAGES, middle - 8, *_messages(service), size=TINY)


def _addresses(service: str) -> list[str]:
    return sorted(route.path.removeprefix(API) for route in SERVICE_ROUTES if route.service == service)


def _calls(service: str) -> str:
    return f"calls {', '.join(CALLS[service])}" if CALLS[service] else "calls no other service"


def _messages(service: str) -> list[str]:
    kinds = sorted(name for name, cls in BY_KIND.items() if service in cls.consumers)
    return textwrap.wrap(", ".join(kinds), 33)
