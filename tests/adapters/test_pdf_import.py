"""What WeasyPrint would load for nothing stays away until it is called, and is there then."""

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


def test_it_loads_neither_the_subsetter_nor_variable_fonts() -> None:
    loaded = set(
        run(
            "import json, sys; from app.adapters import pdf_import; pdf_import.load();"
            "print(json.dumps(sorted(sys.modules)))"
        )
    )
    assert "weasyprint" in loaded
    assert not {"fontTools.subset", "fontTools.varLib", "fontTools.varLib.instancer"} & loaded


def test_where_harfbuzz_does_not_subset_they_are_there_when_called() -> None:
    kinds = run(
        "import json; from app.adapters import pdf_import; pdf_import.load();"
        "from weasyprint.pdf import fonts;"
        "kinds = [type(fonts.subset.Subsetter()).__module__, type(fonts.subset.Options()).__module__];"
        "from fontTools.varLib.instancer import instantiateVariableFont;"
        "print(json.dumps(kinds + [instantiateVariableFont.__module__]))"
    )
    assert kinds == ["fontTools.subset", "fontTools.subset", "fontTools.varLib.instancer"]
