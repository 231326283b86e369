"""How many damaged pictures of tickets the door's reader reads: the browser's WebAssembly, here in Node.js.

Each picture shows the QR code of a signed ticket in the frame of a camera, with one kind of damage in five degrees.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import qrcode
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from app.tickets import qr
from tools.bench.report import at_least, show
from tools.build.node import node
from tools.build.steps import ROOT

FRAME = (640, 480)
ROOM = 0x30
DEGREES = 5
READ_PERCENT = 80
Damage = Callable[[Image.Image, int], Image.Image]


@dataclass(frozen=True, slots=True)
class Found:
    """What the reader made of one picture: whether its text is right, and the milliseconds it took."""

    name: str
    is_right: bool
    milliseconds: float


def measure() -> None:
    """Show how many of the pictures are read; the time of one depends on the machine and is only noted."""
    found = read_all()
    right = sum(one.is_right for one in found)
    missed = sorted({one.name.rpartition(" ")[0] for one in found if not one.is_right})
    middle = statistics.median(one.milliseconds for one in found)
    note = f"{right} of {len(found)}, {middle:.0f} ms each; not all of: {', '.join(missed) or 'none'}"
    share = 100 * right / len(found)
    show(at_least("damaged tickets read by the door's camera", share, READ_PERCENT, " %", note=note))


def read_all() -> list[Found]:
    """Draw every damaged picture and read it."""
    payload = qr.Payload(1, uuid.UUID(int=7 << 120), 41, 57, 0, 1)
    text = qr.sign(payload, Ed25519PrivateKey.generate())
    with tempfile.TemporaryDirectory(prefix="bilheteria-bench-") as folder:
        for name, damage in DAMAGES.items():
            for degree in range(1, DEGREES + 1):
                damage(_ticket(text), degree).convert("RGB").save(Path(folder, f"{name} {degree}.png"))
        script = ROOT / "tools" / "bench" / "read_pictures.mjs"
        done = subprocess.run(
            [node(), str(script), folder], cwd=ROOT, capture_output=True, text=True, check=True
        )
    return [Found(one["name"], one["text"] == text, one["milliseconds"]) for one in json.loads(done.stdout)]


def _ticket(text: str) -> Image.Image:
    """The code, 300 pixels wide, in the middle of a dark frame."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    drawn = code.make_image().get_image().convert("L").resize((300, 300), Image.Resampling.LANCZOS)
    frame = Image.new("L", FRAME, ROOM)
    frame.paste(drawn, (170, 90))
    return frame


def _turned(frame: Image.Image, degree: int) -> Image.Image:
    return frame.rotate(17 * degree, Image.Resampling.BICUBIC, fillcolor=ROOM)


def _tilted(frame: Image.Image, degree: int) -> Image.Image:
    width, height = FRAME
    lean = degree * 0.0004
    shape = (1, 0, 0, 0, 1, 0, lean, lean / 2)
    return frame.transform(
        (width, height), Image.Transform.PERSPECTIVE, shape, Image.Resampling.BICUBIC, fillcolor=ROOM
    )


def _blurred(frame: Image.Image, degree: int) -> Image.Image:
    return frame.filter(ImageFilter.GaussianBlur(0.6 * degree))


def _moved(frame: Image.Image, degree: int) -> Image.Image:
    """Several pictures, each a little to the side: the hand moved."""
    moved = frame
    for step in range(1, degree + 1):
        moved = Image.blend(moved, frame.transform(FRAME, Image.Transform.AFFINE, (1, 0, step, 0, 1, 0)), 0.4)
    return moved


def _dim(frame: Image.Image, degree: int) -> Image.Image:
    return ImageEnhance.Brightness(frame).enhance(0.5 / degree)


def _pale(frame: Image.Image, degree: int) -> Image.Image:
    return ImageEnhance.Contrast(frame).enhance(0.6 / degree)


def _noisy(frame: Image.Image, degree: int) -> Image.Image:
    grains = random.Random(degree)
    noise = Image.frombytes("L", FRAME, grains.randbytes(FRAME[0] * FRAME[1]))
    return Image.blend(frame, noise, 0.11 * degree)


def _small(frame: Image.Image, degree: int) -> Image.Image:
    size = 300 - 35 * degree
    frame_far = Image.new("L", FRAME, ROOM)
    frame_far.paste(
        frame.crop((170, 90, 470, 390)).resize((size, size), Image.Resampling.BILINEAR), (200, 120)
    )
    return frame_far


def _glare(frame: Image.Image, degree: int) -> Image.Image:
    shine = Image.new("L", FRAME, 0)
    radius = 12 + 8 * degree
    ImageDraw.Draw(shine).ellipse((330 - radius, 250 - radius, 330 + radius, 250 + radius), fill=255)
    frame.paste(255, (0, 0), shine.filter(ImageFilter.GaussianBlur(6)))
    return frame


def _scratched(frame: Image.Image, degree: int) -> Image.Image:
    pen, places = ImageDraw.Draw(frame), random.Random(degree)
    for _ in range(degree * 2):
        ends = [(places.randrange(190, 450), places.randrange(110, 370)) for _ in range(2)]
        pen.line((*ends[0], *ends[1]), fill=places.choice((0, 255)), width=3)
    return frame


def _covered(frame: Image.Image, degree: int) -> Image.Image:
    """A thumb on the lower edge."""
    ImageDraw.Draw(frame).ellipse((300, 395 - 14 * degree, 360, 480), fill=150)
    return frame


def _inverted(frame: Image.Image, degree: int) -> Image.Image:
    """A dark screen shows the code light on dark."""
    return ImageEnhance.Contrast(frame.point(lambda value: 255 - value)).enhance(1 / degree)


def _on_a_screen(frame: Image.Image, degree: int) -> Image.Image:
    """A phone's screen with its lines, a little turned."""
    pen = ImageDraw.Draw(frame)
    for line in range(0, FRAME[1], 3):
        pen.line((0, line, FRAME[0], line), fill=90)
    return frame.rotate(3 * degree, Image.Resampling.BICUBIC, fillcolor=ROOM)


DAMAGES: dict[str, Damage] = {
    "turned": _turned,
    "tilted": _tilted,
    "out of focus": _blurred,
    "moved": _moved,
    "dim": _dim,
    "pale": _pale,
    "noisy": _noisy,
    "far away": _small,
    "glare": _glare,
    "scratched": _scratched,
    "covered": _covered,
    "inverted": _inverted,
    "on a screen": _on_a_screen,
}
