"""The packages that ship: of Python, of npm, and of Debian in the container image."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.build.steps import ROOT, SetupError

PYPI, NPM, DEBIAN = "pypi", "npm", "deb"
LICENSE_CLASSIFIER = "License :: "
LONGEST_LICENSE = 80  # characters; a longer one is the text of a license, and not its name


@dataclass(frozen=True)
class Package:
    """`kind` is the type of its package URL. `license`: an SPDX expression or a name; "" if unknown."""

    kind: str
    name: str
    version: str
    license: str = ""
    architecture: str = ""


def pinned(requirements: Path) -> list[Requirement]:
    """The packages that a requirements file names itself."""
    lines = requirements.read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def python_packages(requirements: Path) -> list[Package]:
    """The packages of a requirements file and what they need, as installed here. Raises SetupError."""
    installed = {canonicalize_name(one.metadata["Name"]): one for one in distributions()}
    wanted = pinned(requirements)
    found: dict[str, Distribution] = {}
    seen = set[tuple[str, frozenset[str]]]()
    while wanted:
        requirement = wanted.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        if name not in installed:
            raise SetupError(f"{name} is not installed: run make setup")
        found[name] = installed[name]
        wanted += _needs(installed[name], extras)
    return sorted(map(_python_package, found.values()), key=_order)


def _needs(distribution: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    """What a package needs on this machine with these extras."""
    for text in distribution.requires or ():
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def python_packages_of_image(root: Path) -> list[Package]:
    """The Python packages of an image whose files are in `root`. Raises SetupError if there are none."""
    folders = [str(one) for one in (root / "srv/.venv/lib").glob("python3*/site-packages")]
    found = [_python_package(one) for one in distributions(path=folders)] if folders else []
    if not found:
        raise SetupError(f"{root} does not contain the files of our image")
    return sorted(found, key=_order)


def npm_packages(lock: Path = ROOT / "package-lock.json") -> list[Package]:
    """The packages of the pages' scripts, styles and fonts, without the tools that build them."""
    entries = json.loads(lock.read_text())["packages"]
    return [
        Package(NPM, path.rpartition("node_modules/")[2], entry["version"], entry.get("license", ""))
        for path, entry in sorted(entries.items())
        if path and not entry.get("dev")
    ]


def debian_packages(root: Path) -> list[Package]:
    """The Debian packages of an image whose files are in `root`."""
    text = (root / "var/lib/dpkg/status").read_text(encoding="utf-8")
    read = HeaderParser().parsestr
    found = [read(paragraph) for paragraph in text.split("\n\n") if paragraph.strip()]
    return sorted((_debian_package(one) for one in found if one["Status"].endswith(" installed")), key=_order)


def _debian_package(fields: Message) -> Package:
    return Package(DEBIAN, fields["Package"], fields["Version"], architecture=fields["Architecture"])


def _python_package(distribution: Distribution) -> Package:
    name = canonicalize_name(distribution.metadata["Name"])
    return Package(PYPI, name, distribution.version, _license(distribution))


def _license(distribution: Distribution) -> str:
    about = distribution.metadata
    if "License-Expression" in about:
        return about["License-Expression"]
    classifiers = [one for one in about.get_all("Classifier") or () if one.startswith(LICENSE_CLASSIFIER)]
    if classifiers:
        return " / ".join(one.rpartition(" :: ")[2] for one in classifiers)
    named = "".join(about.get_all("License") or ())
    return named if len(named) <= LONGEST_LICENSE else ""


def _order(package: Package) -> str:
    return package.name
