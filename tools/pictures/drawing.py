"""A picture of nodes with icons, groups and arrows, written as PNG and as SVG with its icons inside.

Graphviz lays it out; the package `diagrams` has the icons. A picture has a white background of its own, so that it can
be read on a dark page, and a natural width of about 880 pixels, that of a README.
"""

from __future__ import annotations

import base64
import io
import re
import subprocess
from collections.abc import Sequence
from html import escape
from pathlib import Path

import graphviz
from PIL import Image

from tools.build.steps import VENV

# The package has its icons beside its modules.
ICONS = VENV / "pictures" / "resources"
FONT = "Liberation Sans"
# Where Liberation Sans is missing, Arial has the same widths.
FONTS_OF_SVG = "Arial, &apos;Liberation Sans&apos;, Helvetica, sans-serif"
INK, QUIET, LINE = "#1f2933", "#52606d", "#6b7785"
SMALL, NORMAL = "9.5", "10.5"
ICON_POINTS = 36
SCREEN_DPI, PNG_DPI = 96, 192
ICON_PIXELS = 96
PNG_COLOURS = 128


class Picture:
    """A picture that is drawn by calls of `group`, `node`, `text`, `paragraph` and `arrow`, and written by `write`.

    Places are in points (1/72 inch), from the upper left corner; those of nodes are their centres. A width of 660
    points is 880 pixels. Groups come first: what is drawn later lies above.
    """

    def __init__(self) -> None:
        self._graph = graphviz.Digraph()
        self._graph.attr(
            "graph", bgcolor="white", fontname=FONT, pad="0.12", splines="line", outputorder="nodesfirst",
            layout="neato",
        )  # fmt: skip
        self._graph.attr("node", shape="plain", fontname=FONT, fontsize=NORMAL, fontcolor=INK)
        self._graph.attr(
            "edge",
            fontname=FONT,
            fontsize=SMALL,
            fontcolor=QUIET,
            color=LINE,
            arrowsize="0.7",
            penwidth="1.2",
        )

    def group(
        self, title: str, left: float, top: float, right: float, bottom: float, *, fill: str = "#f5f7fa",
        line: str = "#9aa5b1", title_from: float = 0, note: str = "",
    ) -> None:  # fmt: skip
        """Draw a frame with a title at its upper edge, `title_from` points from the left, and a small note after it."""
        space = f'<td width="{title_from:g}"></td>' if title_from else ""
        cell = f'<tr>{space}<td align="left" valign="top">{"  ".join(_texts(title, [note] if note else []))}</td></tr>'
        look = f'border="1" color="{line}" cellborder="0" cellpadding="6" style="rounded" bgcolor="{fill}"'
        size = f'fixedsize="true" width="{right - left:g}" height="{bottom - top:g}"'
        place = _place((left + right) / 2, (top + bottom) / 2)
        self._graph.node(f"group {title}", label=f"<<table {look} {size}>{cell}</table>>", pos=place)

    def node(self, name: str, x: float, y: float, icon: str, title: str, *lines: str) -> None:
        """Draw an icon (its path below the icons of `diagrams`), a title in bold, and small lines."""
        size = f'fixedsize="true" width="{ICON_POINTS}" height="{ICON_POINTS}"'
        rows = [f'<tr><td {size}><img src="{icon_path(icon)}" scale="true"/></td></tr>']
        rows += [f"<tr><td>{text}</td></tr>" for text in _texts(title, lines)]
        table = f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{"".join(rows)}</table>'
        self._graph.node(name, label=f"<{table}>", pos=_place(x, y))

    def text(self, x: float, y: float, text: str) -> None:
        """Write a small line."""
        self._graph.node(f"text {x} {y}", label=text, fontsize=SMALL, fontcolor=QUIET, pos=_place(x, y))

    def paragraph(self, name: str, x: float, y: float, *lines: str, size: str = SMALL) -> None:
        """Write small lines below each other; arrows can begin and end at them."""
        text = "<br/>".join(escape(line) for line in lines)
        table = f'<table border="0" cellborder="0" cellpadding="4"><tr><td>{text}</td></tr></table>'
        self._graph.node(name, label=f"<{table}>", fontsize=size, fontcolor=QUIET, pos=_place(x, y))

    def arrow(self, source: str, target: str, **attributes: str) -> None:
        """Draw a straight arrow; `attributes` are Graphviz's own (`style`, `tailport`, `headport` …)."""
        self._graph.edge(source, target, **attributes)

    def write(self, path: Path) -> None:
        """Write `path` with the suffixes .png and .svg."""
        path.with_suffix(".svg").write_text(_self_contained(self._run("-Tsvg", SCREEN_DPI).decode()))
        drawn = Image.open(io.BytesIO(self._run("-Tpng", PNG_DPI))).convert("RGB")
        small = drawn.quantize(PNG_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(path.with_suffix(".png"), optimize=True)

    def _run(self, form: str, dpi: int) -> bytes:
        command = ["neato", "-n2", form, f"-Gdpi={dpi}"]
        return subprocess.run(
            command, input=self._graph.source.encode(), stdout=subprocess.PIPE, check=True
        ).stdout


def _place(x: float, y: float) -> str:
    return f"{x:g},{-y:g}"


def _texts(title: str, lines: Sequence[str]) -> list[str]:
    small = [f'<font point-size="{SMALL}" color="{QUIET}">{escape(line)}</font>' for line in lines]
    return [f"<b>{escape(title)}</b>", *small]


def icon_path(name: str) -> Path:
    """The file of an icon: `aws/compute/fargate`."""
    path = ICONS / f"{name}.png"
    if not path.is_file():
        raise FileNotFoundError(f"diagrams has no icon {name}")
    return path


def _self_contained(svg: str) -> str:
    """The SVG with the files of its icons as data inside, each once, and with fonts that other machines have."""
    files: Sequence[str] = sorted(set(re.findall(r'xlink:href="([^"]+\.png)"', svg)))
    symbols = "".join(
        f'<image id="icon{number}" width="1" height="1" xlink:href="{_as_data(Path(file))}"/>'
        for number, file in enumerate(files)
    )

    def use(found: re.Match[str]) -> str:
        facts = dict(re.findall(r'([\w:]+)="([^"]*)"', found[0]))
        x, y, size = (float(facts[name].removesuffix("px")) for name in ("x", "y", "width"))
        return (
            f'<use xlink:href="#icon{files.index(facts["xlink:href"])}"'
            f' transform="translate({x:g} {y:g}) scale({size:g})"/>'
        )

    svg = re.sub(r"<image [^>]*/>", use, svg)
    svg = re.sub(r"<!--.*?-->\n?|<title>.*?</title>\n?", "", svg, flags=re.DOTALL)
    svg = svg.replace(f'font-family="{FONT}"', f'font-family="{FONTS_OF_SVG}"')
    return re.sub(r"(<svg [^>]*>)", lambda found: f"{found[1]}<defs>{symbols}</defs>", svg, count=1)


def _as_data(file: Path) -> str:
    icon = Image.open(file).convert("RGBA")
    icon.thumbnail((ICON_PIXELS, ICON_PIXELS))
    icon = icon.quantize(64)
    out = io.BytesIO()
    icon.save(out, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
