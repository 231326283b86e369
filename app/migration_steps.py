"""Steps of migrations that do not block sales."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text


def in_batches(statement: str, *, batch: int = 1000) -> None:
    """Run an `update` or `delete` until it changes nothing more; each time commits for itself.

    The statement takes at most `:batch` rows and finds none that it has changed before, so that it can begin again
    after a failure. A migration with batches has nothing else that cannot be repeated.

        in_batches("update orders.orders set channel = 'web' where id in (select id from orders.orders"
                   " where channel is null order by id limit :batch)")
    """
    context = op.get_context()
    if context.as_sql:
        context.impl.static_output(f"-- in batches: {' '.join(statement.split())}")
        return
    with context.autocommit_block():
        while op.get_bind().execute(text(statement), {"batch": batch}).rowcount:
            pass
