"""The wider conditions on roles and states of tickets hold for every row that was there before."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

CONSTRAINTS = (
    ("users.users", "ck_users_role", "role in ('customer', 'door', 'supervisor', 'manager')"),
    ("tickets.tickets", "ck_tickets_state", "state in ('valid', 'admitted', 'outside', 'revoked')"),
    (
        "tickets.tickets",
        "ck_tickets_admitted_at",
        "(state in ('admitted', 'outside')) = (admitted_at is not null)",
    ),
)


def upgrade() -> None:
    for table, name, _ in CONSTRAINTS:
        op.execute(f"alter table {table} validate constraint {name}")


def downgrade() -> None:
    for table, name, condition in CONSTRAINTS:
        op.execute(f"alter table {table} drop constraint {name}")
        op.execute(f"alter table {table} add constraint {name} check ({condition}) not valid")
