"""The picture of the seven services with their addresses and queues, made from the lists of the code."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from app.core.config import SERVICES
from app.core.ladder import CALLS
from app.core.messages import BY_KIND
from app.dispatch import consumers
from app.web.service_routes import SERVICE_ROUTES
from tools.pictures.drawing import Picture

ROW, HEAD = 88, 34
ADDRESSES, WEB, WORKER, QUEUE, DEAD, MESSAGES = 72, 196, 290, 386, 472, 586
TINY = "8.5"
API = "/api/v1"
TASK = "aws/compute/fargate"
QUEUE_ICON = "aws/integration/simple-queue-service-sqs-queue"


def draw() -> Picture:
    """Draw a row for each service: its addresses, web server and worker, and the queues that the worker empties."""
    picture = Picture()
    for x, title in (
        (ADDRESSES, "addresses"),
        (WEB, "web server"),
        (WORKER, "worker"),
        (MESSAGES, "messages"),
    ):
        picture.text(x, 12, title)
    picture.text((QUEUE + DEAD) / 2, 12, "queue, dead letters")
    top: float = HEAD - 12
    for service in SERVICES:
        queues = consumers((service,))
        _row(picture, service, top, queues)
        top += ROW * max(1, len(queues))
    return picture


def _row(picture: Picture, service: str, top: float, queues: Sequence[str]) -> None:
    height = ROW * max(1, len(queues))
    middle = top + height / 2 + 6
    picture.group(f"{service.removesuffix('s')}-service", 4, top, 656, top + height - 6, note=_calls(service))
    picture.paragraph(f"addresses {service}", ADDRESSES, middle, *_addresses(service))
    picture.node(f"web {service}", WEB, middle, TASK, service)
    picture.node(f"worker {service}", WORKER, middle, TASK, service)
    picture.arrow(f"addresses {service}", f"web {service}")
    if not queues:
        picture.paragraph(
            f"messages {service}", MESSAGES - 150, middle, "no messages: its worker works by the clock"
        )
    for number, queue in enumerate(queues):
        _queue(picture, queue, service, top + number * ROW + ROW / 2 + 6)


def _queue(picture: Picture, queue: str, service: str, middle: float) -> None:
    picture.node(f"queue {queue}", QUEUE, middle, QUEUE_ICON, queue)
    picture.node(f"dead {queue}", DEAD, middle, QUEUE_ICON, "dead letters")
    picture.arrow(f"queue {queue}", f"worker {service}")
    picture.arrow(f"queue {queue}", f"dead {queue}", style="dashed")
    picture.paragraph(f"messages {queue}", MESSAGES, middle - 8, *_messages(queue), size=TINY)


def _addresses(service: str) -> list[str]:
    return sorted(route.path.removeprefix(API) for route in SERVICE_ROUTES if route.service == service)


def _calls(service: str) -> str:
    return f"calls {', '.join(CALLS[service])}" if CALLS[service] else "calls no other service"


def _messages(queue: str) -> list[str]:
    kinds = sorted(name for name, cls in BY_KIND.items() if queue in cls.consumers)
    return textwrap.wrap(", ".join(kinds), 33)
