"""The check of template lines finds long lines that can be broken, and its fix changes only blanks."""

from __future__ import annotations

import re

import pytest

from tools.checks import template_lines

ATTRIBUTES = (
    '<input class="input" id="name" {% if error %} aria-invalid="true"{% endif %} '
    + 'data-x="a b" ' * 8
    + ">"
)
WORDS = "<p>" + "some words of a long text " * 8 + "</p>"
CALL = (
    '{{ field("name", _("A sentence"), hint=_("another, longer sentence"), '
    + "error=errors.name, " * 5
    + "max=9) }}"
)


@pytest.mark.parametrize("line", [ATTRIBUTES, WORDS, "  " + CALL, f"{{# {WORDS} #}}"])
def test_a_long_line_is_found_and_broken_at_blanks(line: str) -> None:
    text = f"<p>\n{line}\n</p>\n"
    assert template_lines.too_long(text) == [2]
    better = template_lines.fixed(text)
    assert max(map(len, better.splitlines())) <= template_lines.MOST
    assert re.sub(r"\s+", " ", better) == re.sub(r"\s+", " ", text)
    assert template_lines.fixed(better) == better


def test_strings_are_never_broken() -> None:
    sentence = "one sentence that stands in a string, with an attribute=of and words " * 3
    for line in (f'{{{{ _("{sentence}") }}}}', f'<p title="{sentence}">'):
        assert template_lines.too_long(line) == []
        assert template_lines.fixed(line) == line
