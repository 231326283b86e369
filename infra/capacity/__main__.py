"""The command `make capacity`, or `python -m infra.capacity [--write]`: print the tables of docs/capacity.md."""

from __future__ import annotations

import sys

from infra.capacity.document import DOCUMENT, with_tables
from infra.capacity.tables import TABLES


def main() -> int:
    if "--write" in sys.argv[1:]:
        DOCUMENT.write_text(with_tables(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    for name, table in TABLES.items():
        print(f"{name}\n\n{table()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
