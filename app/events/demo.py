"""The demo cinema: two sites, five auditoriums, ten films, and a timetable for the next seven days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.core import db
from app.core.i18n import local
from app.events import service
from app.events.auditorium_plans import seats_of
from app.events.auditorium_writing import write_auditorium
from app.events.cache import begin_programme_change
from app.events.demo_auditoriums import CINEMAS, ZONES, DemoAuditorium, DemoCinema
from app.events.demo_films import FILMS
from app.events.models import AuditoriumRow, CinemaRow, FilmRow, PriceRow, ScreeningRow, ZoneRow

DAYS = 7
TIMEZONE = "America/Sao_Paulo"
TURNAROUND = timedelta(minutes=20)
LAST_START = time(21, 50)
REF = "demo:"

# The films of each auditorium in turn: film, version, format. Dubbed silent films have a voice that reads the titles.
TURNS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "1": (
        ("viagem-a-lua", "dubbed", "3D"),
        ("metropolis", "subtitled", "2D"),
        ("a-general", "dubbed", "2D"),
        ("metropolis", "subtitled", "2D"),
    ),
    "2": (
        ("o-garoto", "dubbed", "2D"),
        ("aurora", "subtitled", "2D"),
        ("nosferatu", "subtitled", "2D"),
        ("metropolis", "subtitled", "2D"),
    ),
    "3": (
        ("limite", "original", "2D"),
        ("a-paixao-de-joana-darc", "subtitled", "2D"),
        ("o-gabinete-do-dr-caligari", "original", "2D"),
        ("limite", "original", "2D"),
    ),
    "4": (
        ("o-garoto", "dubbed", "2D"),
        ("o-encouracado-potemkin", "subtitled", "2D"),
        ("nosferatu", "subtitled", "2D"),
        ("viagem-a-lua", "dubbed", "2D"),
        ("aurora", "subtitled", "2D"),
    ),
    "5": (
        ("viagem-a-lua", "dubbed", "3D"),
        ("o-encouracado-potemkin", "subtitled", "2D"),
        ("metropolis", "subtitled", "2D"),
        ("a-general", "subtitled", "2D"),
        ("o-gabinete-do-dr-caligari", "subtitled", "2D"),
    ),
}
OPENING = {"1": time(13, 40), "2": time(14, 10), "3": time(15, 0), "4": time(13, 50), "5": time(14, 30)}


@dataclass(frozen=True, slots=True)
class Slot:
    """A screening of the timetable; times are aware, UTC."""

    film: str
    version: str
    format: str
    starts_at: datetime
    ends_at: datetime


def timetable(room: str, day: date) -> Iterator[Slot]:
    """Yield the screenings of an auditorium on a cinema day; each day begins with the next film of the turn."""
    minutes = {film.slug: film.session_minutes or film.duration_minutes for film in FILMS}
    turns = TURNS[room]
    zone = ZoneInfo(TIMEZONE)
    weekend = day.weekday() >= 5
    start = datetime.combine(day, OPENING[room], zone) - timedelta(hours=2 if weekend else 0)
    turn = day.toordinal()
    while start.date() == day and start.time() <= LAST_START:
        film, version, format_ = turns[turn % len(turns)]
        end = start + timedelta(minutes=minutes[film] + 10)
        yield Slot(film, version, format_, start.astimezone(UTC), end.astimezone(UTC))
        start = _next_ten_minutes(end + TURNAROUND - timedelta(minutes=10))
        turn += 1
    if room == "4" and day.weekday() in (4, 5):  # a screening after midnight belongs to the day before
        late = datetime.combine(day + timedelta(days=1), time(0, 10), zone)
        end = late + timedelta(minutes=minutes["nosferatu"] + 10)
        yield Slot("nosferatu", "original", "2D", late.astimezone(UTC), end.astimezone(UTC))


def _next_ten_minutes(moment: datetime) -> datetime:
    return moment + timedelta(minutes=-moment.minute % 10)


def full_price(day: date, slot: Slot, zone_code: str) -> int:
    """Return the price in centavos: higher from Thursday to Sunday, in 3D and in better zones; lower before 3 pm."""
    price = 3800 if day.weekday() >= 3 else 3200
    if slot.film == "viagem-a-lua":
        price -= 1000
    if slot.format == "3D":
        price += 600
    if slot.starts_at.astimezone(ZoneInfo(TIMEZONE)).hour < 15:
        price -= 400
    return price + {"vip": 800, "love": 400}.get(zone_code, 0)


def load_demo() -> int:
    """Insert the demo's sites, auditoriums, films and screenings of the next days; existing rows stay.

    It runs in the caller's transaction and returns how many screenings were added.
    """
    begin_programme_change()
    for position, cinema in enumerate(CINEMAS):
        _write_cinema(cinema, position)
    for position, film in enumerate(FILMS):
        values = asdict(film) | {"position": position, "age_reasons": film.age_reasons[0]}
        values |= {"age_reasons_en": film.age_reasons[1]}
        del values["session_minutes"]
        db.session().execute(insert(FilmRow).values(values).on_conflict_do_nothing())
    return roll_forward(force=True)


def _write_cinema(cinema: DemoCinema, position: int) -> None:
    session = db.session()
    session.execute(
        insert(CinemaRow)
        .values(
            slug=cinema.slug,
            name=cinema.name,
            address=cinema.address,
            city=cinema.city,
            timezone=TIMEZONE,
            sales_cutoff_minutes=cinema.sales_cutoff_minutes,
            position=position,
        )
        .on_conflict_do_nothing()
    )
    cinema_id = session.scalars(select(CinemaRow.id).where(CinemaRow.slug == cinema.slug)).one()
    known = set(session.scalars(select(AuditoriumRow.label).where(AuditoriumRow.cinema_id == cinema_id)))
    for room in cinema.rooms:
        if room.label not in known:
            _write_room(cinema_id, room)


def _write_room(cinema_id: int, room: DemoAuditorium) -> None:
    write_auditorium(
        cinema_id, room.label, f"Sala {room.label}", room.paper_colour, seats_of(room.rows), ZONES
    )


def is_loaded() -> bool:
    """Return whether the programme has screenings of the demo."""
    query = select(ScreeningRow.id).where(ScreeningRow.external_ref.startswith(REF)).limit(1)
    return db.session().scalar(query) is not None


def coming() -> set[int]:
    """Return the ids of the demo's screenings that have not begun."""
    query = select(ScreeningRow.id).where(ScreeningRow.external_ref.startswith(REF))
    return set(db.session().scalars(query.where(ScreeningRow.starts_at > func.clock_timestamp())))


def roll_forward(*, force: bool = False) -> int:
    """Add the demo's missing screenings of the next seven days, unless no demo was loaded; return how many.

    It runs in the caller's transaction; a second run adds nothing.
    """
    session = db.session()
    today = service.cinema_day(session.scalars(select(func.clock_timestamp())).one(), TIMEZONE)
    if not force and (not is_loaded() or _has_day(today + timedelta(days=DAYS - 1))):
        return 0
    films: dict[str, int] = {row.slug: row.id for row in session.execute(select(FilmRow.slug, FilmRow.id))}
    rooms = session.execute(
        select(AuditoriumRow.id, AuditoriumRow.label)
        .join(CinemaRow, CinemaRow.id == AuditoriumRow.cinema_id)
        .where(CinemaRow.slug.in_([cinema.slug for cinema in CINEMAS]))
        .order_by(AuditoriumRow.id)
    ).all()
    begin_programme_change()
    added = 0
    for room in rooms:
        if room.label in TURNS:
            for offset in range(DAYS):
                added += _write_day(room.id, room.label, today + timedelta(days=offset), films)
    return added


def _has_day(day: date) -> bool:
    query = (
        select(ScreeningRow.id).where(ScreeningRow.external_ref.like(f"{REF}%:{day.isoformat()}:%")).limit(1)
    )
    return db.session().scalar(query) is not None


def _write_day(auditorium_id: int, label: str, day: date, films: dict[str, int]) -> int:
    session = db.session()
    slots = {f"{REF}{label}:{day.isoformat()}:{n}": slot for n, slot in enumerate(timetable(label, day), 1)}
    rows = [
        {
            "film_id": films[slot.film],
            "auditorium_id": auditorium_id,
            "starts_at": slot.starts_at,
            "ends_at": slot.ends_at,
            "starts_local": local(slot.starts_at, TIMEZONE).replace(tzinfo=None),
            "timezone": TIMEZONE,
            "version": slot.version,
            "format": slot.format,
            "external_ref": ref,
        }
        for ref, slot in slots.items()
        if slot.film in films
    ]
    # Conflicts are ignored: with an earlier run, and with screenings of a real programme.
    statement = insert(ScreeningRow).on_conflict_do_nothing()
    new = session.execute(statement.values(rows).returning(ScreeningRow.id, ScreeningRow.external_ref)).all()
    zones = session.execute(
        select(ZoneRow.id, ZoneRow.code).where(ZoneRow.auditorium_id == auditorium_id)
    ).all()
    prices = [
        {
            "screening_id": row.id,
            "zone_id": zone.id,
            "price": full_price(day, slots[row.external_ref], zone.code),
        }
        for row in new
        for zone in zones
    ]
    if prices:
        session.execute(insert(PriceRow).values(prices))
    return len(new)
