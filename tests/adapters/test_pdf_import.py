"""Importing the PDF adapter does not load the slow modules of WeasyPrint; they load when they are used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    found: list[str] = json.loads(done.stdout)
    return found


def test_the_import_loads_neither_the_subsetter_nor_variable_fonts() -> None:
    loaded = set(
        run(
            "import json, sys; from app.adapters import pdf_import; pdf_import.load();"
            "print(json.dumps(sorted(sys.modules)))"
        )
    )
    assert "weasyprint" in loaded
    assert not {"fontTools.subset", "fontTools.varLib", "fontTools.varLib.instancer"} & loaded


def test_the_modules_load_when_harfbuzz_cannot_subset() -> None:
    kinds = run(
        "import json; from app.adapters import pdf_import; pdf_import.load();"
        "from weasyprint.pdf import fonts;"
        "kinds = [type(fonts.subset.Subsetter()).__module__, type(fonts.subset.Options()).__module__];"
        "from fontTools.varLib.instancer import instantiateVariableFont;"
        "print(json.dumps(kinds + [instantiateVariableFont.__module__]))"
    )
    assert kinds == ["fontTools.subset", "fontTools.subset", "fontTools.varLib.instancer"]
