"""The templates of production, made once for a test run: `documents` as plain data, `templates` for CDK's assertions;
and those of development that differ most (`development`).

Importing the CDK takes seconds, so modules here import it inside of functions: all processes of a test run import them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from infra.environments import DEVELOPMENT, PRODUCTION
from tools.infra.deployment import Document, read_templates

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    """Stack (`network`, `data`, …) → its template. The processes of one run share them."""
    return read_templates(folder_of_templates(tmp_path_factory) / PRODUCTION.name, PRODUCTION.prefix)


@pytest.fixture(scope="session")
def development(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    """The same of the stacks `network` and `data` of development."""
    return read_templates(folder_of_templates(tmp_path_factory) / DEVELOPMENT.name, DEVELOPMENT.prefix)


def folder_of_templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test run, with a folder of templates for each environment."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "templates"
    with FileLock(shared / "templates.lock"):
        if not (folder / DEVELOPMENT.name / "manifest.json").exists():
            synthesise(folder)
    return folder


def synthesise(folder: Path) -> None:
    """Make the templates below `folder`, in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.infra.synthesis", str(folder)],
        cwd=ROOT,
        env={**os.environ, "CDK_VALIDATION": "false"},
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr


class LazyTemplates(Mapping[str, "Template"]):
    """Stack → its template, for `aws_cdk.assertions`; made at the first use."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._made: dict[str, Template] = {}

    def __getitem__(self, stack: str) -> Template:
        if stack not in self._made:
            from aws_cdk.assertions import Template

            import infra  # noqa: F401 - it finds Node.js for the CDK

            self._made[stack] = Template.from_json(self._documents[stack])
        return self._made[stack]

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)


@pytest.fixture(scope="session")
def templates(documents: dict[str, Document]) -> Mapping[str, Template]:
    return LazyTemplates(documents)
