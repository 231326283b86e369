"""Checks that lines of templates have at most 120 columns; `--fix` breaks longer ones where a blank has no effect.

    python -m tools.checks.template_lines           prints the lines that are too long
    python -m tools.checks.template_lines --fix     breaks them

A line without such a blank may be longer, for example with one long string or path. Lines are broken between elements
first, then between attributes, then in text, then at the commas of Jinja.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.build.steps import ROOT

TEMPLATES = ROOT / "templates"
MOST = 120
SHORTEST = 50  # columns that a line keeps at least, if it can be broken after them
# The seat map is sent again and again, with hundreds of seats: no blank too many. Mails and PDFs are of their own kind.
# The door's verdict keeps the line ends of its texts.
LEFT_ALONE = ("components/_seatmap.html", "door/_verdict.html", "mail/", "pdf/")
ELEMENT, ATTRIBUTE, WORD, NESTED, JINJA = range(5)  # NESTED: in a tag that begins in the middle of a line
JINJA_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
# The blank before a named argument or an entry of a dict.
COMMA = re.compile(r"(?<=,) (?=\w+=|\"[\w-]+\":)")
STRING = re.compile(r'"[^"]*"|\'[^\']*\'')


def breaks(text: str) -> dict[int, int]:
    """Position of each blank that can become a line end → the kind of break; smaller kinds are better."""
    found: dict[int, int] = {}
    place, in_tag, quote, kind, first = 0, False, "", ATTRIBUTE, True
    while place < len(text):
        if jinja := JINJA_TAG.match(text, place):
            if not quote:
                found |= dict.fromkeys(_in_jinja(jinja), JINJA)
            place = jinja.end()
            continue
        sign = text[place]
        if quote:
            quote = "" if sign == quote else quote
        elif in_tag:
            in_tag, quote = sign != ">", sign if sign in "\"'" else ""
            if sign == " " and (
                kind == NESTED or not first
            ):  # the first attribute stays on the line of the tag's name
                found[place] = kind
            first = first and sign != " "
        elif sign == " ":
            found[place] = ELEMENT if text.startswith("<", place + 1) else WORD
        else:
            in_tag = re.match(r"</?[a-zA-Z]", text[place : place + 3]) is not None
            first = True
            kind = NESTED if text[place - 1 : place].strip() else ATTRIBUTE
        place += 1
    return found


def _in_jinja(tag: re.Match[str]) -> Iterator[int]:
    """The blanks of a comment, or those after the commas of another tag outside of strings."""
    if tag[0].startswith("{#"):
        yield from (tag.start() + one.start() for one in re.finditer(r"(?<=\S) (?=\S)", tag[0][:-3]))
        return
    if re.match(r"\{%-? for ", tag[0]):
        return
    strings = [range(*one.span()) for one in STRING.finditer(tag[0])]
    for blank in COMMA.finditer(tag[0]):
        if not any(blank.start() in string for string in strings):
            yield tag.start() + blank.start()


def fixed(text: str) -> str:
    """`text` with its long lines broken where possible."""
    start, deeper = 0, ""
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        place = _best(text, start, end) if end - start > MOST else 0
        if place:
            # All lines after a break are indented by two more columns.
            deeper = deeper or " " * (_indent(text, start) + (0 if _starts_in_tag(text, start) else 2))
            text = f"{text[:place]}\n{deeper}{text[place + 1 :]}"
            start = place + 1
        else:
            start, deeper = end + 1, ""
    return text


def _starts_in_tag(text: str, start: int) -> bool:
    """Whether the line at `start` begins within a tag."""
    before = JINJA_TAG.sub("", text[:start])
    return before.rfind("<") > before.rfind(">")


def _indent(text: str, start: int) -> int:
    """The number of blanks at the beginning of the line at `start`."""
    return len(text[start:]) - len(text[start:].lstrip(" "))


def _best(text: str, start: int, end: int) -> int:
    """The position at which to break the line from `start` to `end`; 0 if there is none."""
    first = start + _indent(text, start)
    able = {at: kind for at, kind in breaks(text).items() if first < at < end}
    fitting = {at: kind for at, kind in able.items() if at <= start + MOST}
    late = {at: kind for at, kind in fitting.items() if at >= first + SHORTEST} or fitting
    return max(late, key=lambda at: (-late[at], at), default=min(able, default=0))


def checked_templates() -> Iterator[Path]:
    """The templates that this check reads."""
    for path in sorted(TEMPLATES.rglob("*.html")):
        if not str(path.relative_to(TEMPLATES)).startswith(LEFT_ALONE):
            yield path


def too_long(text: str) -> list[int]:
    """The numbers of the lines that are too long and can be broken."""
    able = breaks(text)
    found, start = [], 0
    for number, line in enumerate(text.split("\n"), start=1):
        first = start + _indent(text, start)
        if len(line) > MOST and any(first < at < start + len(line) for at in able):
            found.append(number)
        start += len(line) + 1
    return found


def main() -> int:
    """Returns the exit status: 1 if a line is too long."""
    status = 0
    for path in checked_templates():
        text = path.read_text()
        if "--fix" in sys.argv[1:] and (better := fixed(text)) != text:
            path.write_text(text := better)
        for number in too_long(text):
            print(f"{path.relative_to(ROOT)}:{number}: more than {MOST} columns")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
