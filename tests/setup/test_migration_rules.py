"""The rules of migrations refuse unsafe ones, and accept those that can run beside the previous image."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, text

from app.migration_steps import in_batches
from tools.checks.migration_rules import Step, faults, steps

ROOT = Path(__file__).resolve().parents[2]
REASON = "no image since 0012 reads or writes it"


def rules(sql: str, **contract: str) -> set[str]:
    """The rules that a migration with this SQL breaks."""
    allowed = {name.replace("_", "-"): reason for name, reason in contract.items()}
    found = faults(Step("0099", f"BEGIN;\n{sql};\nCOMMIT;\n", allowed))
    return {line.split(": ")[1] for line in found}


def test_our_migrations_keep_the_rules() -> None:
    assert [line for step in steps() for line in faults(step)] == []


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("alter table orders.orders drop column email", "ban-drop-column"),
        ("alter table orders.orders rename column email to mail", "renaming-column"),
        ("alter table orders.orders rename to purchases", "renaming-table"),
        ("alter table orders.orders set schema events", "ban-set-schema"),
        ("alter table orders.orders alter column email type varchar(80)", "changing-column-type"),
        ("alter table orders.orders add column channel text not null", "adding-required-field"),
        ("alter table orders.orders alter column email set not null", "adding-not-nullable-field"),
        ("alter table orders.orders alter column email drop not null", "ban-drop-not-null"),
        ("alter table orders.orders alter column email drop default", "ban-drop-default"),
        (
            "alter table orders.orders add column at timestamptz default clock_timestamp()",
            "adding-field-with-default",
        ),
        ("create index i on orders.orders (email)", "require-concurrent-index-creation"),
        ("create unique index i on orders.orders (email)", "require-concurrent-index-creation"),
        (
            "create index concurrently if not exists i on orders.orders (email)",
            "ban-concurrent-index-creation-in-transaction",
        ),
        ("drop index orders.i", "require-concurrent-index-deletion"),
        ("alter table orders.orders add constraint c check (total > 0)", "constraint-missing-not-valid"),
        (
            "alter table orders.orders add constraint f foreign key (a) references events.seats (id)",
            "adding-foreign-key-constraint",
        ),
        (
            "alter table orders.orders add column a integer references events.seats (id)",
            "adding-foreign-key-constraint",
        ),
        ("alter table orders.orders add constraint u unique (email)", "disallowed-unique-constraint"),
        ("alter table orders.orders add column a integer check (a > 0)", "locks-a-table"),
        ("alter table orders.orders drop constraint c", "ban-drop-constraint"),
        (
            "alter table orders.orders add constraint c check (total > 0) not valid;"
            " alter table orders.orders validate constraint c",
            "validates-under-lock",
        ),
        ("drop table orders.orders", "ban-drop-table"),
        ("drop schema orders", "ban-drop-schema"),
        ("truncate orders.orders", "changes-data"),
        ("update orders.orders set channel = 'web'", "changes-data"),
        ("delete from orders.orders where total = 0", "changes-data"),
        ("insert into orders.order_seats select * from reservations.reservation_seats", "changes-data"),
        ("with old as (delete from orders.orders returning 1) select count(*) from old", "changes-data"),
        ("do $$ begin update orders.orders set total = 0; end $$", "changes-data"),
        ("merge into orders.orders o using x on true when matched then delete", "changes-data"),
        ("lock table orders.orders", "locks-a-table"),
        ("cluster orders.orders using i", "locks-a-table"),
        ("alter table core.throttle set logged", "locks-a-table"),
        ("alter table orders.orders set tablespace t", "locks-a-table"),
        ("alter table orders.orders add column number bigserial", "locks-a-table"),
        ("alter index orders.i rename to j", "renaming-object"),
        ("alter table orders.orders rename constraint c to d", "renaming-object"),
        ("drop sequence orders.s", "ban-drop-sequence"),
        ("drop function orders.f()", "ban-drop-function"),
        ("drop trigger t on orders.orders", "drops-trigger"),
        ("reindex table orders.orders", "require-concurrent-reindex"),
        ("alter table orders.orders add constraint c check (total > 0) not valid", "narrows-writes"),
        ("alter table orders.orders add constraint u unique using index i", "narrows-writes"),
        (
            "commit; create unique index concurrently if not exists i on orders.orders (email); begin",
            "narrows-writes",
        ),
        ("revoke update on orders.orders from bilheteria_orders", "takes-rights"),
        ("alter table orders.orders owner to somebody", "takes-rights"),
        ("alter table orders.orders enable row level security", "takes-rights"),
        (
            "commit; create index concurrently i on orders.orders (email); begin",
            "cannot-be-repeated",
        ),
        (
            "alter table orders.orders add column a text; commit;"
            " create index concurrently if not exists i on orders.orders (a); begin",
            "cannot-be-repeated",
        ),
    ],
)  # fmt: skip
def test_steps_that_break_the_previous_image_are_refused(sql: str, rule: str) -> None:
    assert rule in rules(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "alter table orders.orders add column channel text",
        "alter table orders.orders add column channel text not null default 'web'",
        "alter table orders.orders validate constraint c",
        "commit; create index concurrently if not exists i on orders.orders (email); begin",
        "commit; drop index concurrently if exists orders.i; begin",
        "create table orders.notes (id integer primary key, order_id uuid references orders.orders (id));"
        " create index i on orders.notes (order_id); insert into orders.notes select 1, null;"
        " alter table orders.notes add constraint c check (id > 0)",
        "insert into core.singletons (name) values ('update orders.orders set total = 0')",
        "update core.schema_version set version_num = '0099'",
        "create function orders.f() returns trigger language plpgsql as"
        " $body$ begin update orders.orders set total = 0; return new; end $body$",
        "commit;\n-- in batches: update orders.orders set channel = '' where id in (select id limit :batch)\nbegin",
    ],
)
def test_safe_steps_are_accepted(sql: str) -> None:
    assert rules(sql) == set()


def test_a_narrowing_step_needs_a_reason() -> None:
    check = "alter table orders.orders add constraint c check (total > 0) not valid"
    assert rules(check, narrows_writes="all images since 0012 write totals above zero") == set()


def test_a_removing_step_needs_a_reason() -> None:
    drop = "alter table orders.orders drop column email"
    assert rules(drop, ban_drop_column=REASON) == set()
    assert rules(drop, ban_drop_column="old") == {"CONTRACT gives no reason for ban-drop-column"}
    assert rules(drop, ban_drop_table=REASON) == {
        "ban-drop-column",
        "CONTRACT allows ban-drop-table, which it does not do",
    }
    rename = "alter table orders.orders rename column email to mail"
    assert rules(rename, renaming_column=REASON) == {"CONTRACT cannot allow renaming-column"}


MIGRATION = '''"""A planted one."""

from alembic import op

from app.migration_steps import in_batches

revision = "planted"
down_revision = "{newest}"
CONTRACT = {{"ban-drop-table": "no image since the first reads it"}}


def upgrade() -> None:
    op.drop_column("orders", "email", schema="orders")
    op.drop_table("throttle", schema="core")
    in_batches("update orders.orders set total = 0 where id in (select id limit :batch)")
'''


def test_a_migration_is_checked_in_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    newest = max(path.name for path in (folder / "versions").glob("0*.py"))[:4]
    (folder / "versions" / "planted.py").write_text(MIGRATION.format(newest=newest))
    (step,) = steps(newest, folder)
    told = faults(step)
    assert len(told) == 3, told
    assert told[0].startswith("planted: cannot-be-repeated: alter table orders.orders drop column")
    assert told[1].startswith("planted: cannot-be-repeated: drop table core.throttle")
    assert told[2].startswith("planted: ban-drop-column: ")


@pytest.fixture
def context(database: str) -> Iterator[MigrationContext]:
    engine = create_engine(database.replace("postgresql:", "postgresql+psycopg2:"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            yield context
    engine.dispose()


def test_batches_commit_one_by_one_until_no_row_is_left(context: MigrationContext) -> None:
    connection = context.connection
    assert connection is not None
    with connection.begin():
        connection.execute(
            text(
                "insert into core.processed (consumer, message_id)"
                " select 'old', gen_random_uuid() from generate_series(1, 7)"
            )
        )
    with context.begin_transaction(_per_migration=True):
        in_batches(
            "update core.processed set consumer = 'new ' || txid_current() where message_id in"
            " (select message_id from core.processed where consumer = 'old' limit :batch)",
            batch=3,
        )
    sizes = "select count(*) from core.processed group by consumer order by 1"
    assert connection.execute(text(sizes)).scalars().all() == [1, 3, 3]
