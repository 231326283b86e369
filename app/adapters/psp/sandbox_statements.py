"""The sandbox bank's tables and its statements."""

from __future__ import annotations

from sqlalchemy import text

TABLES = (
    "create schema if not exists sandbox_bank",
    """
    create table if not exists sandbox_bank.charges (
        id text primary key, method text not null, amount integer not null, description text not null,
        status text not null default 'pending', refunds text not null default 'ok', return_url text not null,
        expires_at timestamptz not null, created_at timestamptz not null default clock_timestamp())
    """,
    """
    create table if not exists sandbox_bank.payments (
        receipt_id text primary key, charge_id text not null, amount integer not null,
        stubborn boolean not null default false, visible_at timestamptz not null, paid_at timestamptz)
    """,
    # Tables of older versions have no paid_at.
    """
    do $$ begin
        if not exists (select from information_schema.columns where table_schema = 'sandbox_bank'
            and table_name = 'payments' and column_name = 'paid_at') then
            alter table sandbox_bank.payments add column if not exists paid_at timestamptz;
        end if;
    end $$
    """,
    "create index if not exists payments_charge_id on sandbox_bank.payments (charge_id)",
    """
    create table if not exists sandbox_bank.refunds (
        id text primary key, charge_id text not null, receipt_id text not null, amount integer not null,
        status text not null, done_at timestamptz not null)
    """,
    "create index if not exists refunds_receipt_id on sandbox_bank.refunds (receipt_id)",
    """
    create table if not exists sandbox_bank.notifications (
        id bigint generated always as identity primary key, charge_id text not null, due_at timestamptz not null)
    """,
    "create index if not exists notifications_due_at on sandbox_bank.notifications (due_at)",
    "create table if not exists sandbox_bank.outages (kind text primary key, until timestamptz not null)",
)

CREATE = text(
    """
    with made as (
        insert into sandbox_bank.charges (id, method, amount, description, return_url, expires_at)
        values (:id, :method, :amount, :description, :return_url, :expires_at)
        on conflict (id) do nothing returning id, amount
    ), paid as (
        insert into sandbox_bank.payments (receipt_id, charge_id, amount, paid_at, visible_at)
        select :receipt_id, id, amount, paid_at, paid_at
        from made, (select clock_timestamp() + make_interval(secs => :after) as paid_at) clock where :pays
    )
    insert into sandbox_bank.notifications (charge_id, due_at)
    select id, clock_timestamp() + make_interval(secs => :after) from made where :notifies
    """
)

FETCH = text(
    """
    select c.id, c.method, c.amount, c.description, c.status, c.return_url, c.refunds,
        extract(epoch from c.expires_at - clock_timestamp())::float as seconds_left,
        coalesce((select jsonb_agg(jsonb_build_array(p.receipt_id, p.amount, p.paid_at)
                order by p.visible_at, p.receipt_id)
            from sandbox_bank.payments p
            where p.charge_id = c.id and p.visible_at <= clock_timestamp()), '[]') as payments
    from sandbox_bank.charges c where c.id = :id
    """
)

# A payment that is due later is deleted, unless it is `stubborn`.
END = text(
    """
    with ended as (
        update sandbox_bank.charges set status = 'ended' where id = :id and status = 'pending' returning id
    )
    delete from sandbox_bank.payments where charge_id in (select id from ended)
        and not stubborn and coalesce(paid_at, visible_at) > clock_timestamp()
    """
)

# A repeated id returns the state of that refund, also of a refused one. Refunds never exceed the payment.
REFUND = text(
    """
    with asked as (
        insert into sandbox_bank.refunds (id, charge_id, receipt_id, amount, status, done_at)
        select :id, p.charge_id, p.receipt_id, :amount,
            case when c.refunds = 'fail' or p.amount < :amount + coalesce((select sum(r.amount)
                from sandbox_bank.refunds r where r.receipt_id = p.receipt_id and r.status <> 'refused'), 0)
            then 'refused' else 'done' end,
            clock_timestamp() + case when c.refunds = 'slow' then interval '3 seconds' else interval '0' end
        from sandbox_bank.payments p join sandbox_bank.charges c on c.id = p.charge_id
        where p.receipt_id = :receipt_id and p.charge_id = :charge_id
        on conflict (id) do update set status = sandbox_bank.refunds.status
        returning status, done_at
    )
    select case when status = 'done' and done_at > clock_timestamp() then 'waiting' else status end as status from asked
    """
)

TAKE_NOTIFICATIONS = text(
    """
    update sandbox_bank.notifications set due_at = clock_timestamp() + interval '10 seconds'
    where id in (select id from sandbox_bank.notifications where due_at <= clock_timestamp()
        order by due_at, id limit :limit for update skip locked)
    returning id, charge_id
    """
)

NOTIFY = text(
    """
    insert into sandbox_bank.notifications (charge_id, due_at)
    select :id, clock_timestamp() + make_interval(secs => :after) from generate_series(1, :copies)
    """
)
DELIVERED = text("delete from sandbox_bank.notifications where id = :id")

PAY = text(
    """
    insert into sandbox_bank.payments (receipt_id, charge_id, amount, stubborn, paid_at, visible_at)
    select :receipt_id, :id, :amount, :stubborn, paid_at, paid_at + make_interval(secs => :hidden)
    from (select clock_timestamp() + make_interval(secs => :after) as paid_at) clock
    """
)
DECLINE = text("update sandbox_bank.charges set status = 'declined' where id = :id and status = 'pending'")
SET_REFUND_MODE = text("update sandbox_bank.charges set refunds = :mode where id = :id")

START_OUTAGE = text(
    """
    insert into sandbox_bank.outages (kind, until)
    values (:kind, clock_timestamp() + make_interval(secs => :seconds))
    on conflict (kind) do update set until = excluded.until
    """
)
OUTAGES = text("select kind from sandbox_bank.outages where until > clock_timestamp()")
