"""The wider condition on methods of payment holds for every charge that was there before."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table payments.charges validate constraint ck_charges_method")


def downgrade() -> None:
    op.execute("alter table payments.charges drop constraint ck_charges_method")
    op.execute(
        "alter table payments.charges add constraint ck_charges_method"
        " check (method in ('pix', 'card', 'card_present')) not valid"
    )
