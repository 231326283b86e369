"""The sandbox terminals' tables and their statements."""

from __future__ import annotations

from sqlalchemy import text

TABLES = (
    "create schema if not exists sandbox_terminal",
    """
    create table if not exists sandbox_terminal.transactions (
        id text primary key, terminal uuid not null, amount integer not null, description text not null,
        state text not null, ends_at timestamptz not null, approved_at timestamptz,
        created_at timestamptz not null default clock_timestamp())
    """,
    """
    create unique index if not exists one_at_a_time on sandbox_terminal.transactions (terminal)
        where state in ('waiting', 'reading')
    """,
    "create index if not exists by_terminal on sandbox_terminal.transactions (terminal, created_at)",
    """
    create table if not exists sandbox_terminal.reversals (
        id text primary key, transaction_id text not null, amount integer not null, status text not null)
    """,
    "create index if not exists by_transaction on sandbox_terminal.reversals (transaction_id)",
    """
    create table if not exists sandbox_terminal.terminals (
        terminal uuid primary key, silent_until timestamptz, refuses_reversals boolean not null default false)
    """,
)

END_OVERDUE = text(
    """
    update sandbox_terminal.transactions set state = 'timed_out'
    where terminal = :terminal and state in ('waiting', 'reading') and ends_at <= clock_timestamp()
    """
)
# Nothing is inserted when the id is known, or when the terminal is at another transaction.
START = text(
    """
    insert into sandbox_terminal.transactions (id, terminal, amount, description, state, ends_at)
    values (:id, :terminal, :amount, :description, 'waiting',
        least(:expires_at, clock_timestamp() + make_interval(secs => :seconds)))
    on conflict do nothing
    """
)
STATUS = text(
    """
    select id, state, amount, approved_at from sandbox_terminal.transactions
    where id = :id and terminal = :terminal
    """
)
# A transaction that was not started gets a row, too: a delayed start then finds it cancelled.
CANCEL = text(
    """
    insert into sandbox_terminal.transactions as known (id, terminal, amount, description, state, ends_at)
    values (:id, :terminal, 0, '', 'cancelled', clock_timestamp())
    on conflict (id) do update set state = 'cancelled' where known.state in ('waiting', 'reading')
    """
)
# A repeated id returns the state of that reversal, also of a refused one. Reversals never exceed the transaction.
REVERSE = text(
    """
    insert into sandbox_terminal.reversals as known (id, transaction_id, amount, status)
    select :id, t.id, :amount, case
        when coalesce((select refuses_reversals from sandbox_terminal.terminals where terminal = t.terminal), false)
            or t.amount < :amount + coalesce((select sum(r.amount) from sandbox_terminal.reversals r
                where r.transaction_id = t.id and r.status <> 'refused'), 0)
        then 'refused' else 'done' end
    from sandbox_terminal.transactions t
    where t.id = :transaction_id and t.terminal = :terminal and t.state = 'approved'
    on conflict (id) do update set status = known.status
    returning status
    """
)

# What happens at the terminal: from which states it starts, and the state that it leads to.
ACTS = {
    "insert": (("waiting",), "reading"),
    "approve": (("reading",), "approved"),
    "decline": (("reading",), "declined"),
    "remove": (("reading",), "removed"),
    "time-out": (("waiting", "reading"), "timed_out"),
    "cancel": (("waiting", "reading"), "cancelled"),
}
ACT = text(
    """
    update sandbox_terminal.transactions set state = :after,
        approved_at = case when :after = 'approved' then clock_timestamp() end
    where id = :id and terminal = :terminal and state = any(:before) and ends_at > clock_timestamp()
    returning id
    """
)
IS_SILENT = text(
    "select 1 from sandbox_terminal.terminals where terminal = :terminal and silent_until > clock_timestamp()"
)
BE_SILENT = text(
    """
    insert into sandbox_terminal.terminals (terminal, silent_until)
    values (:terminal, clock_timestamp() + make_interval(secs => :seconds))
    on conflict (terminal) do update set silent_until = excluded.silent_until
    """
)
REFUSE_REVERSALS = text(
    """
    insert into sandbox_terminal.terminals (terminal, refuses_reversals) values (:terminal, :refuses)
    on conflict (terminal) do update set refuses_reversals = excluded.refuses_reversals
    """
)
# The newest transaction of a terminal, with what its page shows beside it.
VIEW = text(
    """
    select newest.*, extract(epoch from newest.ends_at - clock_timestamp())::float as seconds_left,
        coalesce(t.silent_until > clock_timestamp(), false) as silent,
        coalesce(t.refuses_reversals, false) as refuses_reversals,
        (select coalesce(sum(r.amount), 0) from sandbox_terminal.reversals r
            where r.transaction_id = newest.id and r.status = 'done') as reversed
    from (select) one
    left join sandbox_terminal.terminals t on t.terminal = :terminal
    left join lateral (
        select id, amount, description, state, ends_at from sandbox_terminal.transactions
        where terminal = :terminal and amount > 0 order by created_at desc limit 1
    ) newest on true
    """
)
