"""The list of the packages that ship (SBOM): complete, and without tools of the build and of the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.build.steps import SetupError
from tools.image.__main__ import check_parts
from tools.sbom import __main__ as sbom
from tools.sbom.document import document
from tools.sbom.packages import Package, pinned

ROOT = Path(__file__).resolve().parents[2]
STATUS = """\
Package: libpango-1.0-0
Status: install ok installed
Architecture: amd64
Version: 1.50.12+ds-1
Description: Layout and rendering
 of text

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""


def components(packages: list[Package]) -> dict[str, dict[str, Any]]:
    """Package URL → component of the document."""
    read = json.loads(document(packages))
    assert (read["bomFormat"], read["specVersion"]) == ("CycloneDX", "1.6")
    (depends,) = [one["dependsOn"] for one in read["dependencies"] if one["ref"] == "bilheteria"]
    found = {one["purl"]: one for one in read["components"]}
    assert sorted(found) == sorted(depends)
    return found


def versions(name: str) -> set[str]:
    """The package URLs of the pins of a requirements file."""
    return {f"pkg:pypi/{one.name}@{str(one.specifier).removeprefix('==')}" for one in pinned(ROOT / name)}


def test_the_list_names_each_pin_that_ships_and_what_it_needs() -> None:
    found = components(sbom.of_checkout())
    assert versions("requirements.txt") <= set(found)
    names = {address.partition("@")[0] for address in found}
    # Needed by flask, and by gunicorn with its extra for gevent.
    assert {"pkg:pypi/jinja2", "pkg:pypi/greenlet", "pkg:npm/htmx.org", "pkg:npm/zxing-wasm"} <= names
    assert [one["name"] for one in found.values() if not one.get("licenses")] == []


def test_the_list_names_no_tool_of_the_build_or_of_the_tests() -> None:
    found = components(sbom.of_checkout())
    assert set(found) & (versions("requirements-dev.txt") - versions("requirements.txt")) == set()
    assert [address for address in found if "esbuild" in address or "pytest" in address] == []


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The files of an image as far as the list reads them."""
    package = tmp_path / "srv/.venv/lib/python3.11/site-packages/flask-3.1.3.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.4\nName: Flask\nVersion: 3.1.3\n")
    status = tmp_path / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    status.write_text(STATUS)
    return tmp_path


def test_the_list_of_an_image_names_what_is_in_it(image: Path, tmp_path: Path) -> None:
    packages = sbom.of_image(image)
    found = {address for address in components(packages) if not address.startswith("pkg:npm/")}
    assert found == {
        "pkg:pypi/flask@3.1.3",
        "pkg:deb/debian/libpango-1.0-0@1.50.12%2Bds-1?arch=amd64",
    }
    check_parts(packages)
    with pytest.raises(SetupError, match=r"tools of the build or of the tests: gcc, pytest$"):
        check_parts([*packages, Package("pypi", "pytest", "9.2.0"), Package("deb", "gcc", "4:12.2.0-3")])


def test_a_folder_that_is_no_image_is_a_one_line_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "sys.argv", ["sbom", "--root", str(tmp_path), "--output", str(tmp_path / "sbom.json")]
    )
    assert sbom.main() == 1
    assert capsys.readouterr().err == f"make sbom: {tmp_path} does not contain the files of our image\n"
