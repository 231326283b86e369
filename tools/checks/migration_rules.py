"""Checks that migrations can run beside the previous image (`make check`; reasons: docs/decisions/14-migrations.md).

    python -m tools.checks.migration_rules          every migration after BASELINE
    python -m tools.checks.migration_rules 0012     only this migration

Each migration is rendered as SQL. Squawk, a linter for Postgres migrations, finds statements that lock a table for long
or break running clients. OWN adds rules for changes of data, explicit locks, rights that are taken away, and steps that
cannot be repeated. A migration with a step that removes or narrows something (CONTRACT_RULES) contains the reason why
the previous image does not feel it:

    CONTRACT = {"ban-drop-column": "no image since 0012 reads or writes it"}
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from tools.build.steps import ROOT, VENV

BASELINE = "0017"  # older migrations are never applied while an installation runs
OLDEST_POSTGRES = "15"
SHORTEST_REASON = 20
CONTRACT_RULES = frozenset(
    {
        "ban-drop-column",
        "ban-drop-table",
        "ban-drop-constraint",
        "ban-drop-default",
        "ban-drop-not-null",
        "adding-not-nullable-field",
        "narrows-writes",
        "drops-trigger",
    }
)
# Rules of style, not of safety; env.py sets the time limits.
EXCLUDED_RULES = (
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-text-field",
    "prefer-timestamp-tz",
    "prefer-robust-stmts",
    "require-lock-timeout",
    "require-statement-timeout",
)


@dataclass(frozen=True)
class Step:
    """A migration as SQL. `statements` are in lower case, without comments, literals and Alembic's version updates."""

    revision: str
    sql: str
    contract: Mapping[str, str] = field(default_factory=dict)

    @property
    def statements(self) -> list[str]:
        bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", self.sql, flags=re.S)
        bare = re.sub(r"\$(\w*)\$.*?\$\1\$", "''", bare, flags=re.S)
        bare = re.sub(r"'(?:[^']|'')*'", "''", bare)
        parts = [" ".join(part.split()).lower() for part in bare.split(";")]
        return [part for part in parts if part not in ("", "begin", "commit") and VERSIONS not in part]

    @property
    def new_tables(self) -> set[str]:
        return {found[1] for part in self.statements if (found := _CREATES.match(part))}


VERSIONS = "core.schema_version"
IN_BATCHES = "-- in batches:"  # the form in which app.migration_steps.in_batches is rendered
_NAME = r'(?:only )?(?:if exists )?((?:"?\w+"?\.)?"?\w+"?)'
_CREATES = re.compile(rf"create (?:unlogged )?table (?:if not exists )?{_NAME}")
_ALTERS = re.compile(rf"alter table {_NAME}")
_CHANGES = re.compile(
    rf"(?:update|delete from|truncate(?: table)?|merge into|insert into) {_NAME}|(?:with|do|copy|call) ()"
)
_LOCKS = re.compile(
    r"lock |cluster|vacuum full|alter table .* set (?:(?:un)?logged|tablespace)"
    r"|alter table .* add column .* (?:check ?\(|(?:small|big)?serial\b)"
)
_RIGHTS = re.compile(
    r"revoke |alter default privileges .* revoke |drop (?:role|owned) |alter (?:table|schema|sequence) .* owner to"
    r"|alter table .* (?:enable|force) row level security"
)
_NARROWS = re.compile(
    r"alter table .* add (?:constraint \S+ )?(?:check|unique|exclude|foreign key|primary key)"
    r"|create unique index"
)
_ON_TABLE = re.compile(rf"(?:alter table|create unique index .*? on) {_NAME}")


def _changes_data(step: Step) -> Iterator[str]:
    """Find changes of data, which lock the rows until the commit. `in_batches` (app.migration_steps) avoids this."""
    for part in step.statements:
        found = _CHANGES.match(part)
        rows_as_written = part.startswith("insert into") and " select " not in part
        if found and not rows_as_written and found[1] not in step.new_tables:
            yield part


def _locks_by_name(step: Step) -> Iterator[str]:
    """Find explicit locks, and statements that read or write a whole table under a lock."""
    for part in step.statements:
        altered = _ALTERS.match(part)
        if _LOCKS.match(part) and not (altered and altered[1] in step.new_tables):
            yield part


def _takes_rights(step: Step) -> Iterator[str]:
    """Find steps that take rights from roles under which the previous image runs; `database-roles create` does that."""
    yield from (part for part in step.statements if _RIGHTS.match(part))


def _narrows_writes(step: Step) -> Iterator[str]:
    """Find new constraints on known tables, `not valid` ones too: they apply to what the previous image writes."""
    for part in step.statements:
        found = _ON_TABLE.match(part)
        if _NARROWS.match(part) and not (found and found[1] in step.new_tables):
            yield part


def _drops_trigger(step: Step) -> Iterator[str]:
    """Find triggers that go: the previous image may need what they write."""
    yield from (part for part in step.statements if part.startswith("drop trigger "))


def _validates_under_lock(step: Step) -> Iterator[str]:
    """Find constraints that are added `not valid` and validated in one migration, which keeps the first lock."""
    if any(part.endswith("not valid") for part in step.statements):
        yield from (part for part in step.statements if " validate constraint " in part)


def _cannot_be_repeated(step: Step) -> Iterator[str]:
    """Find steps that fail when repeated: a migration with concurrent or batched work may run again."""
    outside = [part for part in step.statements if " concurrently " in part]
    if not outside and IN_BATCHES not in step.sql:
        return
    for part in step.statements:
        if not re.search(r" if (?:not )?exists | validate constraint ", part):
            yield part


OWN: Mapping[str, Callable[[Step], Iterator[str]]] = {
    "changes-data": _changes_data,
    "locks-a-table": _locks_by_name,
    "takes-rights": _takes_rights,
    "narrows-writes": _narrows_writes,
    "drops-trigger": _drops_trigger,
    "validates-under-lock": _validates_under_lock,
    "cannot-be-repeated": _cannot_be_repeated,
}


def faults(step: Step) -> list[str]:
    """One line for each step that breaks the previous image, and for a CONTRACT with missing or unused reasons."""
    found = [(rule, part[:100]) for rule, look in OWN.items() for part in look(step)]
    found += _squawk(step.sql)
    broken = {rule for rule, _ in found}
    lines = [f"{step.revision}: {rule}: {what}" for rule, what in found if rule not in step.contract]
    for rule, reason in step.contract.items():
        if rule not in CONTRACT_RULES:
            lines.append(f"{step.revision}: CONTRACT cannot allow {rule}")
        elif rule not in broken:
            lines.append(f"{step.revision}: CONTRACT allows {rule}, which it does not do")
        elif len(reason) < SHORTEST_REASON:
            lines.append(f"{step.revision}: CONTRACT gives no reason for {rule}")
    return lines


def _squawk(sql: str) -> list[tuple[str, str]]:
    program = VENV / "bin" / "squawk"
    done = subprocess.run(
        [str(program), "--pg-version", OLDEST_POSTGRES, "--reporter", "json", "--exclude", ",".join(EXCLUDED_RULES),
         "--stdin-filepath", "migration.sql"],
        input=sql, capture_output=True, text=True, env={"PATH": os.environ.get("PATH", os.defpath)},
    )  # fmt: skip
    try:
        told = json.loads(done.stdout or "[]")
    except ValueError:
        raise RuntimeError(f"squawk: {done.stdout}{done.stderr}") from None
    if done.returncode and not told:
        raise RuntimeError(f"squawk: {done.stderr}")
    return [(one["rule_name"], one["message"]) for one in told]


def steps(after: str = BASELINE, folder: Path = ROOT / "migrations") -> list[Step]:
    """The migrations of `folder` after `after`, oldest first."""
    scripts = _scripts(folder)
    found = [one for one in scripts.walk_revisions(after, "heads") if one.revision != after]
    if not found:
        return []
    rendered = _render(f"{after}:head", folder)
    return [
        Step(one.revision, rendered[one.revision], getattr(one.module, "CONTRACT", {}))
        for one in reversed(found)
    ]


def _scripts(folder: Path) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(folder))
    return ScriptDirectory.from_config(config)


def _render(revisions: str, folder: Path) -> dict[str, str]:
    """The SQL of each migration, as `flask db upgrade --sql` writes it."""
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@nowhere.invalid/none",  # never used for a connection
        "SECRET_KEY": "none",
        "BILHETERIA_LOG": "error",
    }
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade", "--directory", str(folder),
         revisions, "--sql"],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the migrations cannot be written as SQL:\n{done.stderr}")
    parts = re.split(r"^-- Running upgrade \S* -> (\S+)$", done.stdout, flags=re.M)
    return {
        revision: f"BEGIN;\n{sql.rstrip().removesuffix('BEGIN;')}"
        for revision, sql in zip(parts[1::2], parts[2::2], strict=True)
    }


def main() -> int:
    wanted = set(sys.argv[1:])
    lines = [line for step in steps() if not wanted or step.revision in wanted for line in faults(step)]
    if lines:
        print("\n".join(lines))
        print("Expand, roll out, contract: docs/decisions/14-migrations.md")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
