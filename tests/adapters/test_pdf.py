"""The PDF printer fetches nothing from the network or the disk; fonts, pictures and threads."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from app.adapters.pdf import Font, PdfError, Printer

FONTS = Path(__file__).resolve().parents[2] / "static" / "vendor" / "fonts"
CSS = "@font-face{font-family:T;src:url(font:text)} html,body,p,h1{display:block;font-family:T} head{display:none}"
PAGE = '<!doctype html><html lang="en"><head><title>t</title></head><body><h1>Hello</h1>{}</body></html>'
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010100000000376ef9240000000a4944415408d76368000000820081dd436af4"
    "0000000049454e44ae426082"
)


@pytest.fixture
def printer() -> Printer:
    return Printer(CSS, {"text": FONTS / "PublicSans-Regular.ttf"})


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A web server that records the requested paths."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(PNG)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="{url}/a.png">',
        '<link rel="stylesheet" href="{url}/a.css">',
        "<style>@import url({url}/b.css); body{{background:url({url}/c.png)}}</style>",
        '<p style="background:url({url}/d.png)">x</p>',
        '<object data="{url}/e.svg"></object><embed src="{url}/f.svg">',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}/g.png"/></svg>',
        '<link rel="attachment" href="{url}/h.txt"><a rel="attachment" href="{url}/i.txt">x</a>',
        '<base href="{url}/"><img src="j.png">',
    ],
)
def test_no_request_is_sent_to_the_network(
    printer: Printer, listener: tuple[str, list[str]], markup: str
) -> None:
    url, asked = listener
    content = printer.pdf(PAGE.format(markup.format(url=url)), {})
    assert "Hello" in PdfReader(BytesIO(content)).pages[0].extract_text()
    assert asked == []


def test_control_the_listener_records_requests(listener: tuple[str, list[str]]) -> None:
    from weasyprint import HTML

    url, asked = listener
    HTML(string=PAGE.format(f'<img src="{url}/a.png">')).write_pdf()
    assert asked == ["/a.png"]


def test_files_of_the_machine_are_not_read(printer: Printer, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret key")
    content = printer.pdf(
        PAGE.format(f'<link rel="attachment" href="file://{secret}"><img src="file://{secret}">'), {}
    )
    assert not PdfReader(BytesIO(content)).attachments


def test_a_picture_passed_as_an_argument_is_drawn(printer: Printer) -> None:
    content = printer.pdf(PAGE.format('<img src="image:dot" alt="a dot">'), {"dot": PNG})
    assert len(PdfReader(BytesIO(content)).pages[0].images) == 1


def test_missing_fonts_are_named() -> None:
    printer = Printer(CSS, {"text": Path("/nowhere/PublicSans-Regular.ttf")})
    with pytest.raises(PdfError, match=r"PublicSans-Regular\.ttf"):
        printer.pdf(PAGE.format(""), {})


def test_many_threads_print_at_once(printer: Printer) -> None:
    made: list[int] = []

    def make(number: int) -> None:
        content = printer.pdf(PAGE.format(f"<p>page {number}</p>"), {})
        assert f"page {number}" in PdfReader(BytesIO(content)).pages[0].extract_text()
        made.append(number)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == list(range(8))


@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        ("Metrópolis", "Metrópolis"),
        ("Metro\u0301polis", "Metrópolis"),
        ("a\u202eb\u200bc\x07d", "abcd"),
        ("  two \n lines ", "two lines"),
        ("Ｆｕｌｌ", "Full"),
        ("😀", ""),
        ("Łódź", "Lódz"),
        ("ﬁm", "fim"),
        ("Сталкер", "Stalker"),
        ("Ночной дозор", "Nochnoy dozor"),
        ("七人の侍", "Qi Ren no Shi"),
        ("Ah! 😀 Ça va", "Ah! Ça va"),
        ("太陽・月", "Tai Yang Yue"),
    ],
)
def test_a_font_lists_the_characters_that_it_can_draw(given: str, drawn: str) -> None:
    assert Font(FONTS / "PublicSans-Regular.ttf").printable(given) == drawn


@pytest.mark.parametrize(
    ("text", "draws"),
    [
        ("Metrópolis", True),
        ("Łódź", True),
        ("Amélie 😀", True),
        ("", True),
        ("Сталкер", False),
        ("AKIRA アキラ", False),
    ],
)
def test_a_font_can_be_asked_for_the_characters_of_a_text(text: str, draws: bool) -> None:
    assert Font(FONTS / "PublicSans-Regular.ttf").draws(text) is draws


def test_wider_text_is_wider() -> None:
    font = Font(FONTS / "LeagueGothic-Regular.ttf")
    assert 0 < font.width("I") < font.width("W") < font.width("WW")


def test_the_default_style_sheet_of_weasyprint_is_not_used() -> None:
    """WeasyPrint calls our replacement of its method: headings are not bold unless our style sheet says so."""
    plain = Printer(CSS.replace(",p,h1", ""), {"text": FONTS / "PublicSans-Regular.ttf"})
    assert text_of(plain.pdf(PAGE.format("<h1>there</h1>"), {})) == "Hellothere"


def text_of(pdf: bytes) -> str:
    return PdfReader(BytesIO(pdf)).pages[0].extract_text().strip()
