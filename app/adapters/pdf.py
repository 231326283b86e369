"""HTML to PDF by WeasyPrint: accessible (PDF/UA-1), with subset fonts, without any network access.

WeasyPrint is imported on first use: only the worker makes PDFs, and web processes save the memory. Fonts are plain TTF
files; a compressed web font would cost more than a second a document.
"""

from __future__ import annotations

import atexit
import ssl
import threading
import unicodedata
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from app.adapters import pdf_import

# Latin letters that Unicode does not decompose into a letter and an accent.
_PLAIN = {"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h", "ı": "i", "Ŧ": "T", "ŧ": "t", "ẞ": "SS"}
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_IMAGE = "image:"
_FONT = "font:"


class PdfError(Exception):
    """The document could not be made; the message says why. Trying again rarely helps."""


class Font:
    """A TTF file: the characters that it has, and their widths."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _advances(self) -> dict[int, float]:
        from fontTools.ttLib import TTFont

        with TTFont(self.path, lazy=True) as font:
            per_em = font["head"].unitsPerEm
            metrics = font["hmtx"]
            return {code: metrics[glyph][0] / per_em for code, glyph in font.getBestCmap().items()}

    def width(self, text: str) -> float:
        """The width of `text` on one line, in em, without kerning (which only narrows it)."""
        return sum(self._advances.get(ord(char), 0.6) for char in text)

    def draws(self, text: str) -> bool:
        """Whether the font has all letters and digits of `text`; accents and other characters may be lost."""
        return all(
            self._drawn(char).strip() or unicodedata.category(char)[0] not in "LN" for char in _one_line(text)
        )

    def printable(self, text: str) -> str:
        """`text` in one line, in characters that the font has; letters of other scripts are transliterated to Latin.

        Characters that are neither letters nor digits, such as emoji, are left out.
        """
        drawn = (self._drawn(char) or _in_latin(char) for char in _one_line(text))
        return " ".join("".join(drawn).split())

    def _drawn(self, char: str) -> str:
        """`char` if the font has it, else its letter without accents; empty if the font has neither."""
        if ord(char) in self._advances and unicodedata.category(char) not in _UNSEEN:
            return char
        plain = _PLAIN.get(char) or unicodedata.normalize("NFKD", char)
        return "".join(part for part in plain if ord(part) < 128 and part.isprintable())


def _one_line(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _in_latin(char: str) -> str:
    """`Ж` as Zh. A Chinese character becomes a separate word; missing punctuation becomes a blank."""
    kind = unicodedata.category(char)
    if kind[0] == "P":
        return " "
    if kind[0] not in "LMN":
        return ""
    from anyascii import anyascii  # imported here: most texts do not need its tables

    latin = anyascii(char)
    return f" {latin} " if unicodedata.name(char, "").startswith("CJK") else latin


class Printer:
    """Makes PDFs with one style sheet. No browser style sheet applies, so it also sets `display: block`.

    `fonts` are the TTF files by the names that the sheet uses: `font:<name>`.
    """

    def __init__(self, css: str, fonts: Mapping[str, Path]) -> None:
        self.css = css
        self.fonts = {name: Font(path) for name, path in fonts.items()}
        self._lock = threading.Lock()

    def load(self) -> None:
        """Import WeasyPrint and read sheet and fonts, which the first PDF would wait for. Raises PdfError."""
        with self._lock:
            _ = self._sheet

    def pdf(self, html: str, images: Mapping[str, bytes]) -> bytes:
        """The PDF of `html`, whose pictures are `image:<name>` of `images` (PNG). Raises PdfError."""
        with self._lock:
            sheet, configuration, fetcher = self._sheet
            fetcher.images = images
            try:
                document = _plain_html()(string=html, url_fetcher=fetcher)
                made = document.write_pdf(
                    stylesheets=[sheet],
                    font_config=configuration,
                    pdf_variant="pdf/ua-1",
                    uncompressed_pdf=False,
                )
            except (OSError, ValueError, RuntimeError) as error:
                raise PdfError(f"{type(error).__name__}: {error}") from error
        return bytes(made)

    @cached_property
    def _sheet(self) -> tuple[Any, Any, Any]:
        try:
            pdf_import.load()
            from weasyprint import CSS
            from weasyprint.text.fonts import FontConfiguration
        except OSError as error:
            raise PdfError(f"the libraries that draw PDFs are missing: {error}") from error
        missing = [str(font.path) for font in self.fonts.values() if not font.path.is_file()]
        if missing:
            raise PdfError(f"fonts are missing (make setup builds them): {', '.join(missing)}")
        configuration = FontConfiguration()
        # Release it before the interpreter ends: its destructors need libraries that are unloaded by then.
        atexit.register(self.__dict__.pop, "_sheet", None)
        fetcher = _local_fetcher({name: font.path for name, font in self.fonts.items()})
        sheet = CSS(string=self.css, font_config=configuration, url_fetcher=fetcher)
        return sheet, configuration, fetcher


@lru_cache(maxsize=1)
def _plain_html() -> Any:
    from weasyprint import HTML

    class PlainHtml(HTML):
        """HTML without WeasyPrint's browser style sheet, which costs a sixth of the time.

        WeasyPrint has no setting for it.
        """

        def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
            return []

    return PlainHtml


def _local_fetcher(fonts: Mapping[str, Path]) -> Any:
    """A fetcher for `fonts` and the `images` of the current document: no network, no files, no `data:` addresses.

    The document is made without a file that the fetcher refuses.
    """
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class LocalFetcher(URLFetcher):
        images: Mapping[str, bytes] = {}

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith(_IMAGE) and url.removeprefix(_IMAGE) in self.images:
                content = self.images[url.removeprefix(_IMAGE)]
                return URLFetcherResponse(url, content, {"Content-Type": "image/png"})
            if url.startswith(_FONT) and url.removeprefix(_FONT) in fonts:
                content = fonts[url.removeprefix(_FONT)].read_bytes()
                return URLFetcherResponse(url, content, {"Content-Type": "font/ttf"})
            raise ValueError(f"fetching is refused: {url[:100]}")

    # It opens no connection: an empty context saves loading the machine's certificates.
    return LocalFetcher(ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
