from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app.core import db
from tests.events.programme_files import ProgrammeFolder


@pytest.fixture
def statements(database: str) -> Iterator[list[str]]:
    """Collect the statements that the process sends, without those that read the programme's version."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "from events.programme_version" not in statement:
            sent.append(statement)

    engine = db.engine()
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def folder(tmp_path: Path, database: str) -> ProgrammeFolder:
    return ProgrammeFolder(tmp_path)
