"""Translations are complete: every text of code and templates is translated, with the same placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from app.core import i18n
from tools.build import catalogues

ROOT = Path(__file__).resolve().parents[2]
PART = re.compile(r"%\((\w+)\)[sd]|%%")
MARKUP = re.compile(r"</?\w+[^>]*>|&\w+;")
TRANSLATED = [locale for locale in i18n.LOCALES if locale != "en"]  # English is the message ids themselves


@lru_cache
def extracted_texts() -> Catalog:
    return catalogues.extracted_texts()


@lru_cache
def translated(locale: str) -> Catalog:
    return catalogues.read(locale)


def forms(message: Message) -> Iterator[tuple[str, str]]:
    """Pairs of a form of the message id and its translation."""
    if isinstance(message.id, str):
        assert isinstance(message.string, str)
        yield message.id, message.string
        return
    one, many = message.id
    for index, said in enumerate(message.string or ()):
        yield (one if index == 0 else many), said


def strings(message: Message) -> Sequence[str]:
    """The translated forms of a message, the singular first."""
    assert isinstance(message.string, (list, tuple))
    return message.string


def label(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def test_every_language_has_a_catalogue() -> None:
    assert catalogues.locales() == TRANSLATED


def test_texts_are_extracted_from_code_and_templates() -> None:
    assert len(list(catalogues.texts(extracted_texts()))) > 400


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_text_is_translated(locale: str) -> None:
    assert [label(message) for message in catalogues.missing(translated(locale), extracted_texts())] == []


@pytest.mark.parametrize("locale", TRANSLATED)
def test_no_translation_is_unused(locale: str) -> None:
    assert [label(message) for message in catalogues.unused(translated(locale), extracted_texts())] == []


@pytest.mark.parametrize("locale", TRANSLATED)
def test_a_text_in_two_files_has_one_translation(locale: str) -> None:
    said: dict[str, str] = {}
    for path in catalogues.sources(locale):
        for message in catalogues.texts(catalogues.read_file(path, locale)):
            assert said.setdefault(label(message), str(message.string)) == str(message.string), path.name


@pytest.mark.parametrize("locale", TRANSLATED)
def test_no_translation_is_fuzzy(locale: str) -> None:
    assert [label(message) for message in catalogues.texts(translated(locale)) if message.fuzzy] == []


@pytest.mark.parametrize("locale", TRANSLATED)
def test_placeholders_and_markup_are_the_same(locale: str) -> None:
    """A singular may write `um` instead of its number; all other placeholders and tags are in the translation."""
    for message in catalogues.texts(translated(locale)):
        for wanted, said in forms(message):
            parts, expected = set(PART.findall(said)), set(PART.findall(wanted))
            if not isinstance(message.id, str):
                expected |= parts & set(PART.findall(message.id[1]))
                parts |= expected & {"num"} if said == strings(message)[0] else set()
            assert parts == expected, f"{wanted!r} → {said!r}"
            assert sorted(MARKUP.findall(said)) == sorted(MARKUP.findall(wanted)), said
            assert said == said.strip() or wanted != wanted.strip(), said


@pytest.mark.parametrize("locale", TRANSLATED)
def test_percent_signs_are_escaped(locale: str) -> None:
    for message in catalogues.texts(translated(locale)):
        for pair in forms(message):
            for text in pair:
                assert "%" not in PART.sub("", text), text


@pytest.mark.parametrize("locale", TRANSLATED)
def test_plural_rules_are_those_of_the_language(locale: str) -> None:
    plain = Catalog(locale=locale)
    for path in catalogues.sources(locale):
        catalogue = catalogues.read_file(path, locale)
        assert (catalogue.num_plurals, catalogue.plural_expr) == (plain.num_plurals, plain.plural_expr), (
            path.name
        )
        for message in catalogues.texts(catalogue):
            if not isinstance(message.id, str):
                assert len(strings(message)) == plain.num_plurals


@pytest.mark.parametrize("locale", TRANSLATED)
def test_compiled_catalogues_are_up_to_date(locale: str) -> None:
    compiled = i18n.catalogue(locale)
    assert isinstance(compiled, GNUTranslations), "run the set-up: the translations are not compiled"
    for message in catalogues.texts(translated(locale)):
        if isinstance(message.id, str):
            assert compiled.gettext(message.id) == message.string
        else:
            one, many = message.id
            for count, said in ((1, strings(message)[0]), (7, strings(message)[-1])):
                assert compiled.ngettext(one, many, count) == said


def test_translations_work_with_and_without_flask() -> None:
    assert i18n.translate("pt_BR", "Reel out of place") == "Rolo fora do lugar"
    assert i18n.translate("en", "Reel out of place") == "Reel out of place"


# Parts of a template without untranslated text: trans blocks, tags, and text hidden from readers.
NOT_HERE = re.compile(
    r"\{% trans\b.*?\{% endtrans %\}|\{% block (?:html_attributes|color_scheme|main_class) %\}.*?\{% endblock %\}"
    r"|<(\w+) aria-hidden=\"true\">[^<]*</\1>",
    re.S,
)
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)
ATTRIBUTE = re.compile(r"\b(?:alt|title|placeholder|aria-label|content)=\"([^\"]*)\"")
TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>|&\w+;|&#\d+;", re.S)
WORD = re.compile(r"[^\W\d_]{2,}")
# Words that are the same in every language, and names of languages.
NAMES = {"Pix", "PIX", "CPF", "QR", "PDF", "min", "English", "Português", "VIP"}
CONTENT_IS_NO_TEXT = re.compile(r"<meta[^>]*>")


def bare_words(template: str) -> set[str]:
    """The words of a template outside of `_()`."""
    text = CONTENT_IS_NO_TEXT.sub("", JINJA.sub(" ", NOT_HERE.sub("", template)))
    found = " ".join([TAG.sub(" ", text), *ATTRIBUTE.findall(text)])
    return set(WORD.findall(found)) - NAMES


@pytest.mark.parametrize(
    "path",
    [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.suffix in (".html", ".txt") and path.parent.name != "texts"
    ],
)
def test_no_template_contains_untranslated_words(path: str) -> None:
    assert bare_words((ROOT / path).read_text()) == set()


def test_control_untranslated_words_are_found() -> None:
    assert bare_words('<p title="Hello">{{ _("fine") }} {% if x %}world{% endif %}</p>') == {"Hello", "world"}


def test_long_texts_exist_in_every_language() -> None:
    texts = ROOT / "templates" / "shop" / "texts"
    names = {path.name.split(".")[0] for path in texts.iterdir()}
    assert names >= {"terms", "privacy", "help"}
    wanted = {f"{name}.{locale}.html" for name in names for locale in i18n.LOCALES}
    assert {path.name for path in texts.iterdir()} == wanted
