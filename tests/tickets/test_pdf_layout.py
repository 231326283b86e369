"""The PDF of a ticket: it is complete, small, and readable by people, screen readers and scanners."""

from __future__ import annotations

import dataclasses
import itertools
import re
import socket
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pypdf import PdfReader

from app.core.half_price import KINDS
from app.dispatch import warm_ups
from app.tickets import pdf_layout, qr
from app.tickets.service import Ticket, TicketLine
from tests.qr_codes import read_qr_codes
from tests.tickets.conftest import FULL, STUDENT, make_facts

KEY = Ed25519PrivateKey.generate()
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "{{7*7}} {% raw %}",
    "Ana\r\nBcc: x@example.com",
    "😀🎬 Emoji 👩‍👩‍👧",
    "\u202eמטרופוליס\u202c",
    "Броненосец Потёмкин",
    "七人の侍",
    "A" * 10_000,
    "palavra " * 200,
    "",
    "]]>--><script>alert(1)</script>",
    "Ç\u0327a\u0301 e\u0301 ﬁm ½",
]


def make_ticket(line: TicketLine = FULL, number: int = 1, **changes: Any) -> Ticket:
    starts_at = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    facts = make_facts(
        **{"starts_at": starts_at, "timezone": "America/Sao_Paulo", "order_code": "LUZ-472"} | changes
    )
    payload = qr.Payload(1, facts.order_id, facts.screening_id, line.seat_id, 0, 1)
    return Ticket(
        facts.order_id, number, "K7QF2M9XRT", qr.sign(payload, KEY), "valid", line.seat_id, line.seat_name,
        line.row_label, line.seat_number, line.zone_name, line.ticket_type, line.half_kind, line.price, None, None,
        1, facts, line.section,
    )  # fmt: skip


def text_of(content: bytes, page: int = 0) -> str:
    return re.sub(r"\s+", " ", PdfReader(BytesIO(content)).pages[page].extract_text())


def decoded(content: bytes, page: int = 0, scale: float = 3.0) -> list[str]:
    picture = pypdfium2.PdfDocument(content)[page].render(scale=scale).to_pil()
    return read_qr_codes(picture)


def test_a_page_has_all_facts_for_the_door_and_the_guest() -> None:
    content = pdf_layout.render_pdf([make_ticket(), make_ticket(STUDENT, 2)], "pt_BR", "Cine Lanterna")
    words = text_of(content, 1)
    for expected in (
        "CINE LANTERNA", "Centro", "Rua da Consolação, 2403", "METRÓPOLIS", "1927", "2h33", "12",
        "24 DE NOVEMBRO DE 2026", "20h30", "F8", "R$ 19,00", "LUZ-472", "K7QF-2M9-XRT", "2",
    ):  # fmt: skip
        assert expected in words.replace("\u00a0", " "), expected


def test_a_page_in_english() -> None:
    words = text_of(pdf_layout.render_pdf([make_ticket(STUDENT)], "en", "Cine Lanterna"))
    for expected in ("METROPOLIS", "TUESDAY 24 NOVEMBER 2026", "8:30 pm", "Half price, student", "R$ 19.00"):
        assert expected in words.replace("\u00a0", " "), expected
    assert "Show at the door: Student card (CIE) with photo." in words


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "Comes in with the disabled person."),
        ("pt_BR", "Entra junto com a pessoa com deficiência."),
    ],
)
def test_a_companion_has_no_document_to_show(locale: str, expected: str) -> None:
    companion = dataclasses.replace(STUDENT, half_kind="companion")
    words = " ".join(
        text_of(pdf_layout.render_pdf([make_ticket(companion)], locale, "Cine Lanterna")).split()
    )
    assert expected in words
    assert "Show at the door" not in words
    assert "Mostre na porta" not in words


@pytest.mark.parametrize("scale", [1.0, 1.5, 3.0])
def test_the_printed_qr_holds_the_tickets_text(scale: float) -> None:
    tickets = [make_ticket(), make_ticket(STUDENT, 2)]
    content = pdf_layout.render_pdf(tickets, "pt_BR", "Cine Lanterna")
    for number, ticket in enumerate(tickets):
        assert decoded(content, number, scale) == [ticket.qr_text]


def test_the_file_is_small_and_tagged_and_embeds_its_fonts() -> None:
    content = pdf_layout.render_pdf([make_ticket()], "pt_BR", "Cine Lanterna")
    assert len(content) <= 20_000
    reader = PdfReader(BytesIO(content))
    root: Any = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "pt-BR"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    assert "LUZ-472" in str(reader.metadata.title if reader.metadata else "")
    page: Any = reader.pages[0]
    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [105, 148]
    fonts = page["/Resources"]["/Font"].get_object().values()
    names = {str(font.get_object()["/BaseFont"]) for font in fonts}
    assert names
    assert all(
        re.fullmatch(r"/[A-Z]{6}\+(LeagueGothic|LeagueGothicNarrow|PublicSans)(-\w+)?", name)
        for name in names
    ), names


def test_eight_tickets_are_eight_pages_and_each_is_small() -> None:
    tickets = [make_ticket(dataclasses.replace(FULL, seat_name=f"F{n}"), n) for n in range(1, 9)]
    content = pdf_layout.render_pdf(tickets, "pt_BR", "Cine Lanterna")
    assert len(PdfReader(BytesIO(content)).pages) == 8
    assert len(content) <= 8 * 20_000


@pytest.mark.parametrize("locale", ["pt_BR", "en"])
def test_the_file_is_small_with_the_longest_texts(locale: str) -> None:
    """Each embedded letter makes the file larger, and a long title needs a second font, the narrow one."""
    longest = dataclasses.replace(STUDENT, half_kind="low_income_youth", zone_name="Casal")
    ticket = make_ticket(
        longest,
        film_title="Zebras caolhas de Java querem mandar fax para moça gigante de New York",
        film_title_en="The quick brown fox jumps over the lazy dog, by Jove, Zwicky!",
        original_title="Portez ce vieux whisky au juge blond qui fume",
        cinema_name="Kinoplex Quixadá",
        auditorium_label="10",
    )
    assert len(pdf_layout.render_pdf([ticket], locale, "Wünschelburg Kino")) <= 20_000


@pytest.mark.parametrize("locale", ["pt_BR", "en"])
@pytest.mark.parametrize("kind", [None, *KINDS])
def test_the_longest_proof_does_not_overlap_the_price(kind: str | None, locale: str) -> None:
    """In the right half, no line begins before the one above it ends, and the footer is below all of them."""
    line = dataclasses.replace(FULL, ticket_type="half" if kind else "full", half_kind=kind, price=103_800)
    content = pdf_layout.render_pdf([make_ticket(line)], locale, "Cine Lanterna")
    sheet = pypdfium2.PdfDocument(content)[0].get_textpage()
    boxes = [sheet.get_rect(index) for index in range(sheet.count_rects())]
    below = [box for box in boxes if box[3] < (148 - 78) / 25.4 * 72]
    for one, other in itertools.combinations(below, 2):
        apart = (
            one[2] <= other[0] or other[2] <= one[0] or one[1] >= other[3] - 0.5 or other[1] >= one[3] - 0.5
        )
        assert apart, (sheet.get_text_bounded(*one), sheet.get_text_bounded(*other))


def test_a_long_original_title_is_left_out_for_the_version() -> None:
    facts: dict[str, Any] = {
        "film_title": "Nosferatu",
        "original_title": "Nosferatu, eine Symphonie des Grauens",
        "year": 1922,
    }
    for title in (facts, facts | {"original_title": "palavra " * 40}):
        words = text_of(pdf_layout.render_pdf([make_ticket(format="3D", **title)], "pt_BR", "Cine Lanterna"))
        assert "1922 · legendado · 3D · 2h33" in words.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("title", "original", "shown", "line"),
    [
        ("A viagem de Chihiro", "千と千尋の神隠し", "A VIAGEM DE CHIHIRO", "2001 · legendado"),
        ("Сталкер", "Сталкер", "STALKER", "2001 · legendado"),
        ("Ночной дозор", "Nochnoi dozor", "NOCHNOI DOZOR", "Nochnoi dozor, 2001 · legendado"),
        ("七人の侍", "", "QI REN NO SHI", "2001 · legendado"),
        ("🎬", "", "FILME", "2001 · legendado"),
        ("Amélie", "Le Fabuleux Destin d'Amélie", "AMÉLIE", "Le Fabuleux Destin d'Amélie, 2001 · legendado"),
    ],
)
def test_a_title_is_readable_in_any_script(title: str, original: str, shown: str, line: str) -> None:
    ticket = make_ticket(film_title=title, film_title_en="", original_title=original, year=2001)
    words = text_of(pdf_layout.render_pdf([ticket], "pt_BR", "Cine Lanterna")).replace("\u00a0", " ")
    assert f"2403 {shown} {line} · 2h33" in words


def structure(node: Any) -> list[Any]:
    children = node.get("/K", [])
    children = children if isinstance(children, list) else [children]
    found = [node]
    for child in children:
        child = child.get_object() if hasattr(child, "get_object") else child
        if hasattr(child, "get") and "/S" in child:
            found += structure(child)
    return found


def test_the_structure_has_heading_paragraphs_and_alternative_text() -> None:
    reader = PdfReader(
        BytesIO(pdf_layout.render_pdf([make_ticket(), make_ticket(STUDENT, 2)], "en", "Cine Lanterna"))
    )
    root: Any = reader.root_object
    elements = [element for child in [root["/StructTreeRoot"]["/K"]] for element in structure(
        child[0].get_object() if isinstance(child, list) else child.get_object())]  # fmt: skip
    kinds = [str(element["/S"]) for element in elements]
    assert kinds.count("/H1") == 2
    alternatives = [str(element["/Alt"]) for element in elements if "/Alt" in element]
    assert "QR code of the ticket F8" in alternatives


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_printed_as_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("a ticket asked the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    fields = (
        "film_title",
        "original_title",
        "cinema_name",
        "cinema_address",
        "auditorium_label",
        "order_code",
    )
    hostile: dict[str, Any] = dict.fromkeys(fields, name)
    ticket = make_ticket(**hostile, film_title_en="")
    content = pdf_layout.render_pdf([ticket], "pt_BR", name)
    reader = PdfReader(BytesIO(content))
    assert len(reader.pages) == 1
    assert len(content) <= 30_000
    page: Any = reader.pages[0]
    fonts = page["/Resources"]["/Font"].get_object().values()
    names = {str(font.get_object()["/BaseFont"]) for font in fonts}
    assert all("LeagueGothic" in font or "PublicSans" in font for font in names), names
    assert decoded(content) == [ticket.qr_text]


@pytest.mark.parametrize(
    "title",
    ["M", "O Gabinete do Dr. Caligari", "Nosferatu, uma sinfonia do horror", "A paixão de Joana d'Arc " * 3,
     "Dr. Fantástico ou como aprendi a parar de me preocupar e amar a bomba", "X" * 60, "A" * 300],
)  # fmt: skip
def test_a_title_of_any_length_fits_the_page(title: str) -> None:
    content = pdf_layout.render_pdf([make_ticket(film_title=title)], "pt_BR", "Cine Lanterna")
    shown = re.sub(r"\W", "", text_of(content))
    assert re.sub(r"\W", "", title.upper()) in shown
    picture = pypdfium2.PdfDocument(content)[0].render(scale=2).to_pil().convert("L")
    width, height = picture.size
    right_margin = picture.crop((int(width * 0.945), int(height * 0.11), width, int(height * 0.49)))
    assert min(right_margin.tobytes()) > 200, "the title reaches into the margin"


def test_an_unknown_colour_or_rating_is_printed() -> None:
    content = pdf_layout.render_pdf(
        [make_ticket(paper_colour="gold", age_rating="21")], "pt_BR", "Cine Lanterna"
    )
    assert "18" in text_of(content)


@pytest.mark.parametrize(
    ("section", "above"),
    [
        ("Balcão", "fila e lugar · Balcão · VIP"),
        ("Balcão Nobre Central", "Balcão Nobre Central 11-1"),
        ("Balcão Nobre Central Superior Esquerdo", "Balcão Nobre Central Superior Esquerdo. Sem documento"),
    ],
)
def test_the_section_is_above_the_seat(section: str, above: str) -> None:
    line = dataclasses.replace(
        FULL, seat_name=f"{section} 11-1", row_label="11", seat_number="1", section=section, zone_name="VIP"
    )
    words = text_of(pdf_layout.render_pdf([make_ticket(line)], "pt_BR", "Cine Lanterna"))
    assert above in words
    assert "11-1" in words


def test_a_worker_loads_what_draws_pdfs_before_the_first_one() -> None:
    pdf_layout.printer.cache_clear()
    assert warm_ups(["payments"]) == []
    for load in warm_ups(["payments", "tickets"]):
        load()
    assert "_sheet" in vars(pdf_layout.printer())
