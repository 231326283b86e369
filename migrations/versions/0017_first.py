"""The tables of all services.

Made from the first seventeen migrations, before anybody ran them: it keeps the number of the last, so that a database that
they made goes on from here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = None
branch_labels = None
depends_on = None

SCHEMAS = ("core", "events", "products", "users", "payments", "tickets", "reservations", "orders")
CORE_TABLES = ("outbox", "processed", "throttle")


def upgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"create schema if not exists {schema}")
    op.create_table('outbox',
        sa.Column('message_id', sa.Uuid(), nullable=False),
        sa.Column('consumer', sa.Text(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('payload', postgresql.JSONB(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('available_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('attempts', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.Column('last_error', sa.Text(), nullable=True),
        sa.Column('dead_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lapses', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.PrimaryKeyConstraint('message_id', 'consumer', name=op.f('pk_outbox')),
        schema='core'
    )
    op.create_index('ix_outbox_order_id', 'outbox', [sa.literal_column("(payload ->> 'order_id')")], unique=False, schema='core', postgresql_where=sa.text("kind in ('OrderPaid', 'TicketsReady', 'OrderCalledOff')"))
    op.create_index('ix_outbox_waiting', 'outbox', ['consumer', 'available_at'], unique=False, schema='core', postgresql_where=sa.text('dead_at is null'))
    op.create_table('processed',
        sa.Column('consumer', sa.Text(), nullable=False),
        sa.Column('message_id', sa.Uuid(), nullable=False),
        sa.Column('done_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.PrimaryKeyConstraint('consumer', 'message_id', name=op.f('pk_processed')),
        schema='core'
    )
    op.create_index('ix_processed_done_at', 'processed', ['done_at'], unique=False, schema='core')
    op.create_table('throttle',
        sa.Column('bucket', sa.Text(), nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('hits', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('bucket', name=op.f('pk_throttle')),
        schema='core',
        prefixes=['UNLOGGED']
    )
    op.create_index(op.f('ix_throttle_started_at'), 'throttle', ['started_at'], unique=False, schema='core')
    op.create_table('cinemas',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('slug', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('address', sa.Text(), server_default='', nullable=False),
        sa.Column('city', sa.Text(), server_default='', nullable=False),
        sa.Column('timezone', sa.Text(), server_default='America/Sao_Paulo', nullable=False),
        sa.Column('sales_cutoff_minutes', sa.Integer(), server_default=sa.text('15'), nullable=False),
        sa.Column('position', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_cinemas')),
        sa.UniqueConstraint('slug', name=op.f('uq_cinemas_slug')),
        schema='events'
    )
    op.create_table('films',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('slug', sa.Text(), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('title_en', sa.Text(), server_default='', nullable=False),
        sa.Column('original_title', sa.Text(), server_default='', nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('director', sa.Text(), server_default='', nullable=False),
        sa.Column('duration_minutes', sa.Integer(), nullable=False),
        sa.Column('age_rating', sa.Text(), nullable=False),
        sa.Column('age_reasons', sa.Text(), server_default='', nullable=False),
        sa.Column('age_reasons_en', sa.Text(), server_default='', nullable=False),
        sa.Column('genres', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column('genres_en', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column('synopsis', sa.Text(), server_default='', nullable=False),
        sa.Column('synopsis_en', sa.Text(), server_default='', nullable=False),
        sa.Column('poster', sa.Text(), server_default='', nullable=False),
        sa.Column('position', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.Column('trailer', sa.Text(), server_default='', nullable=False),
        sa.CheckConstraint("age_rating in ('L', '6', '10', '12', '14', '16', '18')", name=op.f('ck_films_age_rating')),
        sa.CheckConstraint('duration_minutes > 0', name=op.f('ck_films_duration')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_films')),
        sa.UniqueConstraint('slug', name=op.f('uq_films_slug')),
        schema='events'
    )
    op.create_table('programme_version',
        sa.Column('single', sa.Boolean(), server_default=sa.text('true'), nullable=False),
        sa.Column('version', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
        sa.CheckConstraint('single', name=op.f('ck_programme_version_single')),
        sa.PrimaryKeyConstraint('single', name=op.f('pk_programme_version')),
        schema='events'
    )
    op.create_table('charges',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('order_id', sa.Uuid(), nullable=False),
        sa.Column('method', sa.Text(), nullable=False),
        sa.Column('amount', sa.Integer(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('provider', sa.Text(), nullable=False),
        sa.Column('provider_charge_id', sa.Text(), nullable=True),
        sa.Column('description', sa.Text(), nullable=False),
        sa.Column('payer_name', sa.Text(), nullable=False),
        sa.Column('payer_cpf', sa.Text(), nullable=True),
        sa.Column('return_url', sa.Text(), nullable=False),
        sa.Column('pix_code', sa.Text(), nullable=True),
        sa.Column('redirect_url', sa.Text(), nullable=True),
        sa.Column('failure', sa.Text(), nullable=True),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('next_check_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('city', sa.Text(), server_default='', nullable=False),
        sa.CheckConstraint("method in ('pix', 'card')", name=op.f('ck_charges_method')),
        sa.CheckConstraint("state in ('created', 'pending', 'unknown', 'cancelling', 'cancelled', 'confirmed', 'failed')", name=op.f('ck_charges_state')),
        sa.CheckConstraint('amount > 0', name=op.f('ck_charges_amount')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_charges')),
        sa.UniqueConstraint('provider', 'provider_charge_id', name=op.f('uq_charges_provider_provider_charge_id')),
        schema='payments'
    )
    op.create_index('ix_charges_next_check_at', 'charges', ['next_check_at'], unique=False, schema='payments', postgresql_where='next_check_at is not null')
    op.create_index('ix_charges_order_id', 'charges', ['order_id'], unique=False, schema='payments')
    op.create_index('uq_charges_live', 'charges', ['order_id'], unique=True, schema='payments', postgresql_where="state in ('created', 'pending', 'unknown')")
    op.create_table('hints',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('provider', sa.Text(), nullable=False),
        sa.Column('provider_charge_id', sa.Text(), nullable=False),
        sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hints')),
        schema='payments'
    )
    op.create_index(op.f('ix_hints_provider_charge_id'), 'hints', ['provider_charge_id'], unique=False, schema='payments')
    op.create_index(op.f('ix_hints_received_at'), 'hints', ['received_at'], unique=False, schema='payments')
    op.create_table('products',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('slug', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('name_en', sa.Text(), server_default='', nullable=False),
        sa.Column('description', sa.Text(), server_default='', nullable=False),
        sa.Column('description_en', sa.Text(), server_default='', nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('price', sa.Integer(), nullable=False),
        sa.Column('picture', sa.Text(), server_default='', nullable=False),
        sa.Column('position', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
        sa.CheckConstraint("kind in ('combo', 'popcorn', 'chocolate', 'drink')", name=op.f('ck_products_kind')),
        sa.CheckConstraint('price >= 0', name=op.f('ck_products_price')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_products')),
        sa.UniqueConstraint('slug', name=op.f('uq_products_slug')),
        schema='products'
    )
    op.create_table('seat_watches',
        sa.Column('screening_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('until', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('screening_id', name=op.f('pk_seat_watches')),
        schema='reservations',
        prefixes=['UNLOGGED']
    )
    op.create_table('admissions',
        sa.Column('id', sa.BigInteger(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('verdict', sa.Text(), nullable=False),
        sa.Column('ticket_id', sa.Uuid(), nullable=True),
        sa.Column('screening_id', sa.Integer(), nullable=True),
        sa.Column('gate', sa.Text(), nullable=False),
        sa.Column('by_user_id', sa.Integer(), nullable=True),
        sa.Column('once', sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_admissions')),
        sa.UniqueConstraint('once', name=op.f('uq_admissions_once')),
        schema='tickets'
    )
    op.create_index('ix_admissions_at', 'admissions', ['at'], unique=False, schema='tickets')
    op.create_index('ix_admissions_ticket_id', 'admissions', ['ticket_id'], unique=False, schema='tickets')
    op.create_table('issues',
        sa.Column('order_id', sa.Uuid(), nullable=False),
        sa.Column('screening_id', sa.Integer(), nullable=False),
        sa.Column('cinema_id', sa.Integer(), nullable=False),
        sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('facts', postgresql.JSONB(), nullable=False),
        sa.Column('issued_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.PrimaryKeyConstraint('order_id', name=op.f('pk_issues')),
        schema='tickets'
    )
    op.create_index('ix_issues_screening_id', 'issues', ['screening_id'], unique=False, schema='tickets')
    op.create_table('signing_keys',
        sa.Column('kid', sa.SmallInteger(), nullable=False),
        sa.Column('public_key', sa.LargeBinary(), nullable=False),
        sa.Column('sealed_private_key', sa.LargeBinary(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('kid between 1 and 32767', name=op.f('ck_signing_keys_kid')),
        sa.PrimaryKeyConstraint('kid', name=op.f('pk_signing_keys')),
        schema='tickets'
    )
    op.create_table('users',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('email', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('password_hash', sa.Text(), nullable=False),
        sa.Column('role', sa.Text(), server_default='customer', nullable=False),
        sa.Column('locale', sa.Text(), server_default='pt_BR', nullable=False),
        sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.CheckConstraint("role in ('customer', 'door', 'manager')", name=op.f('ck_users_role')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
        schema='users'
    )
    op.create_index('uq_users_email', 'users', [sa.literal_column('lower(email)')], unique=True, schema='users')
    op.create_table('auditoriums',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('cinema_id', sa.Integer(), nullable=False),
        sa.Column('label', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('stock', sa.Text(), nullable=False),
        sa.Column('capacity', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.CheckConstraint("stock in ('salmon', 'green', 'blue', 'manila', 'lilac')", name=op.f('ck_auditoriums_stock')),
        sa.ForeignKeyConstraint(['cinema_id'], ['events.cinemas.id'], name=op.f('fk_auditoriums_cinema_id_cinemas')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_auditoriums')),
        sa.UniqueConstraint('cinema_id', 'label', name=op.f('uq_auditoriums_cinema_id_label')),
        schema='events'
    )
    op.create_table('receipts',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('charge_id', sa.Uuid(), nullable=False),
        sa.Column('order_id', sa.Uuid(), nullable=False),
        sa.Column('provider', sa.Text(), nullable=False),
        sa.Column('provider_receipt_id', sa.Text(), nullable=False),
        sa.Column('amount', sa.Integer(), nullable=False),
        sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('amount > 0', name=op.f('ck_receipts_amount')),
        sa.ForeignKeyConstraint(['charge_id'], ['payments.charges.id'], name=op.f('fk_receipts_charge_id_charges')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_receipts')),
        sa.UniqueConstraint('provider', 'provider_receipt_id', name=op.f('uq_receipts_provider_provider_receipt_id')),
        schema='payments'
    )
    op.create_index(op.f('ix_receipts_charge_id'), 'receipts', ['charge_id'], unique=False, schema='payments')
    op.create_index(op.f('ix_receipts_order_id'), 'receipts', ['order_id'], unique=False, schema='payments')
    op.create_table('combo_items',
        sa.Column('combo_id', sa.Integer(), nullable=False),
        sa.Column('product_id', sa.Integer(), nullable=False),
        sa.Column('quantity', sa.Integer(), nullable=False),
        sa.CheckConstraint('quantity > 0', name=op.f('ck_combo_items_quantity')),
        sa.ForeignKeyConstraint(['combo_id'], ['products.products.id'], name=op.f('fk_combo_items_combo_id_products')),
        sa.ForeignKeyConstraint(['product_id'], ['products.products.id'], name=op.f('fk_combo_items_product_id_products')),
        sa.PrimaryKeyConstraint('combo_id', 'product_id', name=op.f('pk_combo_items')),
        schema='products'
    )
    op.create_table('stock',
        sa.Column('product_id', sa.Integer(), nullable=False),
        sa.Column('cinema_id', sa.Integer(), nullable=False),
        sa.Column('on_hand', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.Column('sold', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.CheckConstraint('sold >= 0', name=op.f('ck_stock_sold')),
        sa.ForeignKeyConstraint(['product_id'], ['products.products.id'], name=op.f('fk_stock_product_id_products')),
        sa.PrimaryKeyConstraint('product_id', 'cinema_id', name=op.f('pk_stock')),
        schema='products'
    )
    op.create_table('stock_claims',
        sa.Column('order_id', sa.Uuid(), nullable=False),
        sa.Column('product_id', sa.Integer(), nullable=False),
        sa.Column('cinema_id', sa.Integer(), nullable=False),
        sa.Column('quantity', sa.Integer(), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('open_until', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('quantity > 0', name=op.f('ck_stock_claims_quantity')),
        sa.ForeignKeyConstraint(['product_id'], ['products.products.id'], name=op.f('fk_stock_claims_product_id_products')),
        sa.PrimaryKeyConstraint('order_id', 'product_id', name=op.f('pk_stock_claims')),
        schema='products'
    )
    op.create_index('ix_stock_claims_closing', 'stock_claims', ['cinema_id', sa.literal_column('coalesce(expires_at, open_until)')], unique=False, schema='products')
    op.create_index('ix_stock_claims_held', 'stock_claims', ['product_id', 'cinema_id', 'expires_at'], unique=False, schema='products', postgresql_include=['quantity', 'order_id'], postgresql_where=sa.text('expires_at is not null'))
    op.create_table('documents',
        sa.Column('order_id', sa.Uuid(), nullable=False),
        sa.Column('revision', sa.SmallInteger(), nullable=False),
        sa.Column('storage_key', sa.Text(), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['order_id'], ['tickets.issues.order_id'], name=op.f('fk_documents_order_id_issues')),
        sa.PrimaryKeyConstraint('order_id', name=op.f('pk_documents')),
        schema='tickets'
    )
    op.create_index('ix_documents_ends_at', 'documents', ['ends_at'], unique=False, schema='tickets')
    op.create_table('tickets',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('order_id', sa.Uuid(), nullable=False),
        sa.Column('number', sa.SmallInteger(), nullable=False),
        sa.Column('code', sa.Text(), nullable=False),
        sa.Column('qr_text', sa.Text(), nullable=False),
        sa.Column('kid', sa.SmallInteger(), nullable=False),
        sa.Column('revision', sa.SmallInteger(), server_default=sa.text('1'), nullable=False),
        sa.Column('state', sa.Text(), server_default=sa.text("'valid'"), nullable=False),
        sa.Column('screening_id', sa.Integer(), nullable=False),
        sa.Column('seat_id', sa.Integer(), nullable=False),
        sa.Column('seat_name', sa.Text(), nullable=False),
        sa.Column('row_label', sa.Text(), nullable=False),
        sa.Column('seat_number', sa.Text(), nullable=False),
        sa.Column('zone_name', sa.Text(), nullable=False),
        sa.Column('ticket_type', sa.Text(), nullable=False),
        sa.Column('half_kind', sa.Text(), nullable=True),
        sa.Column('price', sa.Integer(), nullable=False),
        sa.Column('admitted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('gate', sa.Text(), nullable=True),
        sa.Column('admitted_by', sa.Integer(), nullable=True),
        sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('section', sa.Text(), server_default='', nullable=False),
        sa.CheckConstraint("(state = 'admitted') = (admitted_at is not null)", name=op.f('ck_tickets_admitted_at')),
        sa.CheckConstraint("state in ('valid', 'admitted', 'revoked')", name=op.f('ck_tickets_state')),
        sa.ForeignKeyConstraint(['order_id'], ['tickets.issues.order_id'], name=op.f('fk_tickets_order_id_issues')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets')),
        sa.UniqueConstraint('code', name=op.f('uq_tickets_code')),
        schema='tickets'
    )
    op.create_index('ix_tickets_order_id', 'tickets', ['order_id'], unique=False, schema='tickets')
    op.create_index('uq_tickets_seat', 'tickets', ['screening_id', 'seat_id'], unique=True, schema='tickets', postgresql_where=sa.text("state <> 'revoked'"))
    op.create_table('email_tokens',
        sa.Column('token_hash', sa.Text(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('purpose', sa.Text(), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose in ('verify', 'reset')", name=op.f('ck_email_tokens_purpose')),
        sa.ForeignKeyConstraint(['user_id'], ['users.users.id'], name=op.f('fk_email_tokens_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_email_tokens')),
        schema='users'
    )
    op.create_index(op.f('ix_email_tokens_user_id'), 'email_tokens', ['user_id'], unique=False, schema='users')
    op.create_table('sessions',
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('began_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.users.id'], name=op.f('fk_sessions_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_sessions')),
        schema='users'
    )
    op.create_index(op.f('ix_sessions_user_id'), 'sessions', ['user_id'], unique=False, schema='users')
    op.create_table('screenings',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('film_id', sa.Integer(), nullable=False),
        sa.Column('auditorium_id', sa.Integer(), nullable=False),
        sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('version', sa.Text(), nullable=False),
        sa.Column('format', sa.Text(), server_default='2D', nullable=False),
        sa.Column('status', sa.Text(), server_default='scheduled', nullable=False),
        sa.Column('external_ref', sa.Text(), nullable=True),
        sa.Column('cancel_reason', sa.Text(), nullable=True),
        sa.Column('starts_local', sa.DateTime(), nullable=True),
        sa.Column('timezone', sa.Text(), nullable=True),
        postgresql.ExcludeConstraint((sa.text("int4range(auditorium_id, auditorium_id, '[]')"), '&&'), (sa.text('tstzrange(starts_at, ends_at)'), '&&'), where=sa.text("status = 'scheduled'"), using='gist', name='ex_screenings_one_at_a_time'),
        sa.CheckConstraint("format in ('2D', '3D')", name=op.f('ck_screenings_format')),
        sa.CheckConstraint("status in ('scheduled', 'cancelled')", name=op.f('ck_screenings_status')),
        sa.CheckConstraint("version in ('dubbed', 'subtitled', 'original')", name=op.f('ck_screenings_version')),
        sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_screenings_ends_after_start')),
        sa.ForeignKeyConstraint(['auditorium_id'], ['events.auditoriums.id'], name=op.f('fk_screenings_auditorium_id_auditoriums')),
        sa.ForeignKeyConstraint(['film_id'], ['events.films.id'], name=op.f('fk_screenings_film_id_films')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_screenings')),
        sa.UniqueConstraint('external_ref', name=op.f('uq_screenings_external_ref')),
        schema='events'
    )
    op.create_index('ix_screenings_called_off', 'screenings', ['starts_at'], unique=False, schema='events', postgresql_where=sa.text("status = 'cancelled'"))
    op.create_index('ix_screenings_film_id_starts_at', 'screenings', ['film_id', 'starts_at'], unique=False, schema='events')
    op.create_index(op.f('ix_screenings_starts_at'), 'screenings', ['starts_at'], unique=False, schema='events')
    op.create_table('zones',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('auditorium_id', sa.Integer(), nullable=False),
        sa.Column('code', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('name_en', sa.Text(), server_default='', nullable=False),
        sa.Column('position', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.ForeignKeyConstraint(['auditorium_id'], ['events.auditoriums.id'], name=op.f('fk_zones_auditorium_id_auditoriums')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_zones')),
        sa.UniqueConstraint('auditorium_id', 'code', name=op.f('uq_zones_auditorium_id_code')),
        schema='events'
    )
    op.create_table('refunds',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('receipt_id', sa.Uuid(), nullable=False),
        sa.Column('order_id', sa.Uuid(), nullable=False),
        sa.Column('amount', sa.Integer(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('failure', sa.Text(), nullable=True),
        sa.Column('next_check_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('refund_pending', 'refunded', 'refund_failed', 'refund_replaced')", name=op.f('ck_refunds_state')),
        sa.CheckConstraint('amount > 0', name=op.f('ck_refunds_amount')),
        sa.ForeignKeyConstraint(['receipt_id'], ['payments.receipts.id'], name=op.f('fk_refunds_receipt_id_receipts')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_refunds')),
        schema='payments'
    )
    op.create_index('ix_refunds_next_check_at', 'refunds', ['next_check_at'], unique=False, schema='payments', postgresql_where='next_check_at is not null')
    op.create_index(op.f('ix_refunds_order_id'), 'refunds', ['order_id'], unique=False, schema='payments')
    op.create_index(op.f('ix_refunds_receipt_id'), 'refunds', ['receipt_id'], unique=False, schema='payments')
    op.create_table('screening_prices',
        sa.Column('screening_id', sa.Integer(), nullable=False),
        sa.Column('zone_id', sa.Integer(), nullable=False),
        sa.Column('price', sa.Integer(), nullable=False),
        sa.CheckConstraint('price >= 0', name=op.f('ck_screening_prices_price')),
        sa.ForeignKeyConstraint(['screening_id'], ['events.screenings.id'], name=op.f('fk_screening_prices_screening_id_screenings')),
        sa.ForeignKeyConstraint(['zone_id'], ['events.zones.id'], name=op.f('fk_screening_prices_zone_id_zones')),
        sa.PrimaryKeyConstraint('screening_id', 'zone_id', name=op.f('pk_screening_prices')),
        schema='events'
    )
    op.create_index(op.f('ix_screening_prices_zone_id'), 'screening_prices', ['zone_id'], unique=False, schema='events')
    op.create_table('seats',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('auditorium_id', sa.Integer(), nullable=False),
        sa.Column('row_label', sa.Text(), nullable=False),
        sa.Column('row_index', sa.Integer(), nullable=False),
        sa.Column('number', sa.Text(), nullable=False),
        sa.Column('column', sa.Integer(), nullable=False),
        sa.Column('width', sa.Integer(), server_default=sa.text('1'), nullable=False),
        sa.Column('kind', sa.Text(), server_default='standard', nullable=False),
        sa.Column('zone_id', sa.Integer(), nullable=False),
        sa.Column('companion_of', sa.Integer(), nullable=True),
        sa.Column('section', sa.Text(), server_default='', nullable=False),
        sa.Column('for_sale', sa.Boolean(), server_default=sa.text('true'), nullable=False),
        sa.CheckConstraint("kind in ('standard', 'wheelchair', 'companion', 'wide', 'love')", name=op.f('ck_seats_kind')),
        sa.CheckConstraint('width in (1, 2)', name=op.f('ck_seats_width')),
        sa.ForeignKeyConstraint(['auditorium_id'], ['events.auditoriums.id'], name=op.f('fk_seats_auditorium_id_auditoriums')),
        sa.ForeignKeyConstraint(['companion_of'], ['events.seats.id'], name=op.f('fk_seats_companion_of_seats')),
        sa.ForeignKeyConstraint(['zone_id'], ['events.zones.id'], name=op.f('fk_seats_zone_id_zones')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_seats')),
        sa.UniqueConstraint('auditorium_id', 'row_index', 'column', name=op.f('uq_seats_auditorium_id_row_index_column')),
        sa.UniqueConstraint('auditorium_id', 'section', 'row_label', 'number', name=op.f('uq_seats_auditorium_id_section_row_label_number')),
        schema='events'
    )
    op.create_index(op.f('ix_seats_companion_of'), 'seats', ['companion_of'], unique=False, schema='events')
    op.create_index(op.f('ix_seats_zone_id'), 'seats', ['zone_id'], unique=False, schema='events')
    op.create_table('half_price_quotas',
        sa.Column('screening_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['screening_id'], ['events.screenings.id'], name=op.f('fk_half_price_quotas_screening_id_screenings')),
        sa.PrimaryKeyConstraint('screening_id', name=op.f('pk_half_price_quotas')),
        schema='orders'
    )
    op.create_table('reservations',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('screening_id', sa.Integer(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('visitor', sa.Text(), nullable=False),
        sa.Column('address_key', sa.Text(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.CheckConstraint("state in ('held', 'confirmed', 'released', 'expired')", name=op.f('ck_reservations_state')),
        sa.ForeignKeyConstraint(['screening_id'], ['events.screenings.id'], name=op.f('fk_reservations_screening_id_screenings')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reservations')),
        schema='reservations'
    )
    op.create_index('ix_reservations_address', 'reservations', ['address_key', 'expires_at'], unique=False, schema='reservations', postgresql_where=sa.text("state = 'held'"))
    op.create_index('ix_reservations_address_left', 'reservations', ['id'], unique=False, schema='reservations', postgresql_where=sa.text("state <> 'held' and address_key <> ''"))
    op.create_index('ix_reservations_due', 'reservations', ['expires_at'], unique=False, schema='reservations', postgresql_where=sa.text("state = 'held'"))
    op.create_index('ix_reservations_visitor', 'reservations', ['visitor', 'expires_at'], unique=False, schema='reservations', postgresql_where=sa.text("state = 'held'"))
    op.create_table('orders',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('token', sa.Text(), nullable=False),
        sa.Column('code', sa.Text(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('screening_id', sa.Integer(), nullable=False),
        sa.Column('reservation_id', sa.Uuid(), nullable=False),
        sa.Column('visitor', sa.Text(), nullable=False),
        sa.Column('once', sa.Text(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=True),
        sa.Column('locale', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=True),
        sa.Column('email', sa.Text(), nullable=True),
        sa.Column('cpf', sa.Text(), nullable=True),
        sa.Column('deadline', sa.DateTime(timezone=True), nullable=False),
        sa.Column('extensions', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.Column('types_chosen', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        sa.Column('age_confirmed', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        sa.Column('concessions_chosen', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('method', sa.Text(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('end_reason', sa.Text(), nullable=True),
        sa.Column('reseat_reservation_id', sa.Uuid(), nullable=True),
        sa.Column('reseat_receipt_id', sa.Uuid(), nullable=True),
        sa.Column('reseat_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('draft', 'awaiting_payment', 'paid', 'expired', 'reseat_offered', 'cancelled', 'refunded')", name=op.f('ck_orders_state')),
        sa.CheckConstraint('total >= 0', name=op.f('ck_orders_total')),
        sa.ForeignKeyConstraint(['reseat_reservation_id'], ['reservations.reservations.id'], name=op.f('fk_orders_reseat_reservation_id_reservations')),
        sa.ForeignKeyConstraint(['reservation_id'], ['reservations.reservations.id'], name=op.f('fk_orders_reservation_id_reservations')),
        sa.ForeignKeyConstraint(['screening_id'], ['events.screenings.id'], name=op.f('fk_orders_screening_id_screenings')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_orders')),
        sa.UniqueConstraint('code', name=op.f('uq_orders_code')),
        sa.UniqueConstraint('reservation_id', name=op.f('uq_orders_reservation_id')),
        sa.UniqueConstraint('token', name=op.f('uq_orders_token')),
        schema='orders'
    )
    op.create_index('ix_orders_account', 'orders', ['user_id'], unique=False, schema='orders', postgresql_where=sa.text('user_id is not null'))
    op.create_index('ix_orders_email', 'orders', [sa.literal_column('lower(email)')], unique=False, schema='orders', postgresql_where=sa.text('email is not null'))
    op.create_index('ix_orders_kept', 'orders', ['paid_at', 'id'], unique=False, schema='orders', postgresql_where=sa.text('paid_at is not null and erased_at is null'))
    op.create_index('ix_orders_reseat', 'orders', ['reseat_until'], unique=False, schema='orders', postgresql_where=sa.text("state = 'reseat_offered'"))
    op.create_index('ix_orders_reseated', 'orders', ['reseat_reservation_id'], unique=False, schema='orders', postgresql_where=sa.text('reseat_reservation_id is not null'))
    op.create_index(op.f('ix_orders_screening_id'), 'orders', ['screening_id'], unique=False, schema='orders')
    op.create_index('ix_orders_unpaid', 'orders', ['ended_at', 'id'], unique=False, schema='orders', postgresql_where=sa.text("paid_at is null and erased_at is null and state in ('cancelled', 'expired', 'refunded')"))
    op.create_index('uq_orders_once', 'orders', ['visitor', 'once'], unique=True, schema='orders')
    op.create_table('requests',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('token', sa.Text(), nullable=False),
        sa.Column('screening_id', sa.Integer(), nullable=False),
        sa.Column('state', sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column('quantity', sa.Integer(), nullable=False),
        sa.Column('email', sa.Text(), nullable=True),
        sa.Column('locale', sa.Text(), nullable=False),
        sa.Column('visitor', sa.Text(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
        sa.Column('waiting_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('reservation_id', sa.Uuid(), nullable=True),
        sa.Column('offered_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("locale in ('pt_BR', 'en')", name=op.f('ck_requests_locale')),
        sa.CheckConstraint("state <> 'offered' or reservation_id is not null", name=op.f('ck_requests_offer')),
        sa.CheckConstraint("state in ('open', 'cancelled') or email is not null", name=op.f('ck_requests_email')),
        sa.CheckConstraint("state in ('open', 'waiting', 'offered', 'reserved', 'expired', 'cancelled')", name=op.f('ck_requests_state')),
        sa.CheckConstraint('quantity > 0', name=op.f('ck_requests_quantity')),
        sa.ForeignKeyConstraint(['reservation_id'], ['reservations.reservations.id'], name=op.f('fk_requests_reservation_id_reservations')),
        sa.ForeignKeyConstraint(['screening_id'], ['events.screenings.id'], name=op.f('fk_requests_screening_id_screenings')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_requests')),
        sa.UniqueConstraint('token', name=op.f('uq_requests_token')),
        schema='reservations'
    )
    op.create_index('ix_requests_email', 'requests', ['email'], unique=False, schema='reservations', postgresql_where=sa.text('email is not null'))
    op.create_index('ix_requests_ended', 'requests', [sa.literal_column('coalesce(ended_at, created_at)')], unique=False, schema='reservations', postgresql_where=sa.text("state not in ('waiting', 'offered')"))
    op.create_index('ix_requests_visitor', 'requests', ['visitor'], unique=False, schema='reservations', postgresql_where=sa.text("state in ('open', 'waiting', 'offered')"))
    op.create_index('ix_requests_waiting', 'requests', ['screening_id', 'waiting_since', 'id'], unique=False, schema='reservations', postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('uq_requests_offer', 'requests', ['reservation_id'], unique=True, schema='reservations', postgresql_where=sa.text('reservation_id is not null'))
    op.create_table('reservation_seats',
        sa.Column('reservation_id', sa.Uuid(), nullable=False),
        sa.Column('seat_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['reservation_id'], ['reservations.reservations.id'], name=op.f('fk_reservation_seats_reservation_id_reservations'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['seat_id'], ['events.seats.id'], name=op.f('fk_reservation_seats_seat_id_seats')),
        sa.PrimaryKeyConstraint('reservation_id', 'seat_id', name=op.f('pk_reservation_seats')),
        schema='reservations'
    )
    op.create_index(op.f('ix_reservation_seats_seat_id'), 'reservation_seats', ['seat_id'], unique=False, schema='reservations')
    op.create_table('seat_claims',
        sa.Column('screening_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('seat_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('reservation_id', sa.Uuid(), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['reservation_id'], ['reservations.reservations.id'], name=op.f('fk_seat_claims_reservation_id_reservations')),
        sa.PrimaryKeyConstraint('screening_id', 'seat_id', name=op.f('pk_seat_claims')),
        schema='reservations'
    )
    op.create_index('ix_seat_claims_reservation_id', 'seat_claims', ['reservation_id'], unique=False, schema='reservations')
    op.create_table('half_price_claims',
        sa.Column('order_id', sa.Uuid(), nullable=False),
        sa.Column('screening_id', sa.Integer(), nullable=False),
        sa.Column('places', sa.Integer(), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('places > 0', name=op.f('ck_half_price_claims_places')),
        sa.ForeignKeyConstraint(['order_id'], ['orders.orders.id'], name=op.f('fk_half_price_claims_order_id_orders'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['screening_id'], ['events.screenings.id'], name=op.f('fk_half_price_claims_screening_id_screenings')),
        sa.PrimaryKeyConstraint('order_id', name=op.f('pk_half_price_claims')),
        schema='orders'
    )
    op.create_index('ix_half_price_claims_screening', 'half_price_claims', ['screening_id'], unique=False, schema='orders')
    op.create_table('order_items',
        sa.Column('order_id', sa.Uuid(), nullable=False),
        sa.Column('product_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('name_en', sa.Text(), nullable=False),
        sa.Column('quantity', sa.Integer(), nullable=False),
        sa.Column('unit_price', sa.Integer(), nullable=False),
        sa.CheckConstraint('quantity > 0', name=op.f('ck_order_items_quantity')),
        sa.ForeignKeyConstraint(['order_id'], ['orders.orders.id'], name=op.f('fk_order_items_order_id_orders'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['product_id'], ['products.products.id'], name=op.f('fk_order_items_product_id_products')),
        sa.PrimaryKeyConstraint('order_id', 'product_id', name=op.f('pk_order_items')),
        schema='orders'
    )
    op.create_table('order_seats',
        sa.Column('order_id', sa.Uuid(), nullable=False),
        sa.Column('seat_id', sa.Integer(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('full_price', sa.Integer(), nullable=False),
        sa.Column('ticket_type', sa.Text(), server_default='full', nullable=False),
        sa.Column('half_kind', sa.Text(), nullable=True),
        sa.Column('price', sa.Integer(), nullable=False),
        sa.CheckConstraint("(ticket_type = 'half') = (half_kind is not null)", name=op.f('ck_order_seats_half_kind')),
        sa.CheckConstraint("ticket_type in ('full', 'half')", name=op.f('ck_order_seats_ticket_type')),
        sa.ForeignKeyConstraint(['order_id'], ['orders.orders.id'], name=op.f('fk_order_seats_order_id_orders'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['seat_id'], ['events.seats.id'], name=op.f('fk_order_seats_seat_id_seats')),
        sa.PrimaryKeyConstraint('order_id', 'seat_id', name=op.f('pk_order_seats')),
        schema='orders'
    )
    op.create_index(op.f('ix_order_seats_seat_id'), 'order_seats', ['seat_id'], unique=False, schema='orders')
    # The row that every change of the programme counts up.
    op.execute("insert into events.programme_version default values")


def downgrade() -> None:
    # The schema `core` stays: in it alembic notes where the database stands.
    for schema in reversed(SCHEMAS):
        if schema != "core":
            op.execute(f"drop schema {schema} cascade")
    for table in CORE_TABLES:
        op.drop_table(table, schema="core")
