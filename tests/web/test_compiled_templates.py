"""A template that the set-up has compiled is read, one that has changed since is compiled again; nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment, FileSystemBytecodeCache

from app.web import compiled_templates
from app.web.compiled_templates import CompiledTemplates


def test_compiled_templates_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_templates, "FOLDER", tmp_path)
    text = {"page.html": "{{ seat }}"}
    Environment(
        autoescape=True, loader=DictLoader(text), bytecode_cache=FileSystemBytecodeCache(str(tmp_path))
    ).get_template("page.html")
    written = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(written) == 1
    server = Environment(autoescape=True, loader=DictLoader(text), bytecode_cache=CompiledTemplates())
    monkeypatch.setattr(server, "compile", lambda *_: pytest.fail("it was compiled"))
    assert server.get_template("page.html").render(seat="A4") == "A4"
    later = Environment(
        autoescape=True,
        loader=DictLoader({"page.html": "seat {{ seat }}"}),
        bytecode_cache=CompiledTemplates(),
    )
    assert later.get_template("page.html").render(seat="A4") == "seat A4"
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == written
