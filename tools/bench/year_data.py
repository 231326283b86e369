"""Writes a year of sales by SQL: paid orders of two tickets for screenings of the last twelve months.

It writes the rows without indexes and foreign key checks, and builds the indexes afterwards, which is several times
faster. At the end it checks the number of rows and that every index is valid.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg2

ORDERS, STOCK_CLAIMS, REQUESTS = 1_000_000, 300_000, 300_000
FILLED = (
    "events.screenings",
    "events.screening_prices",
    "reservations.reservations",
    "reservations.reservation_seats",
    "reservations.seat_claims",
    "reservations.requests",
    "orders.orders",
    "orders.order_seats",
    "tickets.issues",
    "tickets.tickets",
    "products.stock_claims",
)

_SETTINGS = (
    "set session_replication_role = replica",
    "set synchronous_commit = off",
    "set maintenance_work_mem = '512MB'",
    "set work_mem = '256MB'",
    "set max_parallel_maintenance_workers = 2",
)

_PAIRS = """
    create unlogged table bench.pairs as
    select auditorium_id, place / 2 as pair, min(id) as first, max(id) as second from (
        select id, auditorium_id,
          row_number() over (partition by auditorium_id order by row_index, "column") - 1 as place
        from events.seats) seat
    group by auditorium_id, place / 2 having count(*) = 2
"""
# As many screenings of all auditoriums as the orders need, spread evenly over the year that ended yesterday.
_SCREENINGS = """
    insert into events.screenings (film_id, auditorium_id, starts_at, ends_at, version, format)
    select (select array_agg(id order by id) from events.films)[1 + round % (select count(*) from events.films)],
      room.id, moment, moment + interval '2 hours', 'subtitled', '2D'
    from (select count(*) as pairs from bench.pairs) p,
      generate_series(0, cast(ceil({orders}::numeric / p.pairs) as integer) - 1) round,
      lateral (select date_trunc('hour', now()) - interval '1 day'
        - round * interval '365 days' / ceil({orders}::numeric / p.pairs) as moment) at,
      events.auditoriums room
"""
_PRICES = """
    insert into events.screening_prices (screening_id, zone_id, price)
    select s.id, seat.zone_id, 3800 from events.screenings s
    join (select distinct auditorium_id, zone_id from events.seats) seat using (auditorium_id)
    where s.starts_at < now() - interval '20 hours' and not exists (
        select from events.screening_prices p where p.screening_id = s.id)
"""
_SALES = """
    create unlogged table bench.sales as
    select n, md5('order' || n)::uuid as order_id, md5('reservation' || n)::uuid as reservation_id,
      screening_id, starts_at, ends_at, cinema_id, first, second, starts_at - interval '1 day' as at
    from (
        select row_number() over () as n, s.id as screening_id, s.starts_at, s.ends_at, a.cinema_id, p.first, p.second
        from events.screenings s join bench.pairs p using (auditorium_id)
        join events.auditoriums a on a.id = s.auditorium_id
        where s.starts_at < now() - interval '20 hours' limit {orders}) sale
"""
_ROWS = (
    """
    insert into reservations.reservations (id, screening_id, state, expires_at, visitor, address_key, created_at)
    select reservation_id, screening_id, 'confirmed', at, md5((n % 300000)::text), '', at from bench.sales
    """,
    """
    insert into reservations.reservation_seats (reservation_id, seat_id)
    select reservation_id, unnest(array[first, second]) from bench.sales
    """,
    """
    insert into reservations.seat_claims (screening_id, seat_id, reservation_id)
    select screening_id, unnest(array[first, second]), reservation_id from bench.sales
    """,
    """
    insert into orders.orders (id, token, code, state, screening_id, reservation_id, visitor, once, user_id, locale,
      name, email, deadline, types_chosen, age_confirmed, concessions_chosen, total, method, created_at, paid_at)
    select order_id, md5(order_id::text), 'Y' || n, 'paid', screening_id, reservation_id, md5((n % 300000)::text),
      md5(reservation_id::text), case when n % 4 = 0 then n % 50000 end, 'pt_BR', 'Ana Souza',
      'customer' || n % 200000 || '@example.com', at, true, true, true, 7600, 'pix', at, at from bench.sales
    """,
    """
    insert into orders.order_seats (order_id, seat_id, position, full_price, price)
    select order_id, seat, position, 3800, 3800
    from bench.sales, unnest(array[first, second]) with ordinality as chosen (seat, position)
    """,
    """
    insert into tickets.issues (order_id, screening_id, cinema_id, starts_at, ends_at, facts, issued_at)
    select order_id, screening_id, cinema_id, starts_at, ends_at, jsonb_build_object('order_code', 'Y' || n,
      'film_title', 'Metrópolis', 'cinema_name', 'Centro', 'auditorium_name', 'Sala 2', 'locale', 'pt_BR'), at
    from bench.sales
    """,
    """
    insert into tickets.tickets (id, order_id, number, code, qr_text, kid, state, screening_id, seat_id, seat_name,
      row_label, seat_number, zone_name, ticket_type, price, admitted_at, gate)
    select md5('ticket' || n || position)::uuid, order_id, position, 'Y' || n || '-' || position,
      order_id || repeat('Q', 90) || position,
      1, 'admitted', screening_id, seat, 'F' || position, 'F', position::text, 'Padrão', 'full', 3800, starts_at, '1'
    from bench.sales, unnest(array[first, second]) with ordinality as chosen (seat, position)
    """,
    """
    insert into products.stock_claims (order_id, product_id, cinema_id, quantity, open_until, changed_at)
    select sale.order_id, stock.product_id, stock.cinema_id, 1, sale.ends_at, sale.at
    from (select *, row_number() over (order by starts_at desc) as place from bench.sales order by starts_at desc
          limit {stock_claims}) sale
    join (select *, row_number() over () - 1 as place, count(*) over () as kinds from products.stock) stock
      on sale.place % stock.kinds = stock.place
    """,
    """
    update products.stock s set sold = claimed.sold, on_hand = s.on_hand + claimed.sold
    from (select product_id, cinema_id, count(*) as sold from products.stock_claims where expires_at is null
          group by product_id, cinema_id) claimed
    where claimed.product_id = s.product_id and claimed.cinema_id = s.cinema_id
    """,
    """
    insert into reservations.requests (id, token, screening_id, state, quantity, email, locale, visitor, created_at,
      waiting_since, ended_at)
    select md5('request' || n)::uuid, 'year-' || n, screening_id, 'expired', 2,
      'waiting' || n % 100000 || '@example.com', 'pt_BR', md5((n % 300000)::text), at, at, starts_at
    from bench.sales order by starts_at desc limit {requests}
    """,
)
_INDEXES_OFF = """
    update pg_index set indisready = false, indisvalid = false where indrelid = any(cast(%s as regclass[]))
"""
_INVALID = """
    select count(*) from pg_index where indrelid = any(cast(%s as regclass[])) and not (indisready and indisvalid)
"""


def fill(
    url: str,
    *,
    orders: int = ORDERS,
    stock_claims: int = STOCK_CLAIMS,
    requests: int = REQUESTS,
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Fill the database at `url`, which contains only the demo; its user must be the owner. Raises RuntimeError."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:

        def run(statement: str) -> None:
            began = time.monotonic()
            cursor.execute(statement)
            took = time.monotonic() - began
            if took > 1:
                say(f"{' '.join(statement.split())[:60]} … {took:.0f} s")

        for statement in (*_SETTINGS, "create schema bench", _PAIRS):
            run(statement)
        cursor.execute(_INDEXES_OFF, ([*FILLED[2:]],))
        sizes = {"orders": orders, "stock_claims": stock_claims, "requests": requests}
        run(_SCREENINGS.format(**sizes))
        run(_PRICES)
        run(_SALES.format(**sizes))
        for statement in _ROWS:
            run(statement.format(**sizes))
        for table in FILLED[2:]:
            run(f"reindex table {table}")
        run("drop schema bench cascade")
        run("vacuum analyze")
        cursor.execute(_INVALID, ([*FILLED],))
        if cursor.fetchone() != (0,):
            raise RuntimeError("an index was not built again")
    connection.close()


def counts(url: str) -> dict[str, int]:
    """The number of rows of each filled table."""
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        found = {}
        for table in FILLED:
            cursor.execute(f"select count(*) from {table}")  # noqa: S608 (the names are constants)
            found[table] = int((cursor.fetchone() or (0,))[0])
    connection.close()
    return found
