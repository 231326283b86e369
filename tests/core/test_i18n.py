"""Times, days and durations are formatted for the language, in the site's time zone."""

from datetime import UTC, date, datetime

from app.core import i18n

NIGHT = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)


def test_a_time_is_shown_in_the_time_zone_of_the_site() -> None:
    assert i18n.format_time(NIGHT, "pt_BR", "America/Sao_Paulo") == "20h30"
    assert i18n.format_time(NIGHT, "en", "America/Sao_Paulo") == "8:30 pm"
    assert i18n.format_time(NIGHT, "pt_BR", "America/Manaus") == "19h30"
    assert i18n.format_time(datetime(2026, 1, 1, 3, 5, tzinfo=UTC), "en", "America/Sao_Paulo") == "12:05 am"


def test_days_are_written_in_the_readers_language() -> None:
    day = date(2026, 11, 24)
    assert i18n.format_day_long(day, "pt_BR") == "terça, 24 de novembro"
    assert i18n.format_day_long(day, "en") == "Tuesday 24 November"
    assert i18n.format_day_short(day, "pt_BR") == "24/11"
    assert i18n.weekday_short(day, "pt_BR") == "ter"


def test_numbered_auditoriums_are_translated_and_other_names_stay() -> None:
    assert [i18n.auditorium_name("Sala 2", locale) for locale in i18n.LOCALES] == ["Sala 2", "Room 2"]
    assert [i18n.auditorium_name("Sala B", locale) for locale in i18n.LOCALES] == ["Sala B", "Room B"]
    for name in ("Sala Azul", "Cine Sala 2", "Sala 2 VIP", "Sala"):
        assert {i18n.auditorium_name(name, locale) for locale in i18n.LOCALES} == {name}


def test_durations_are_written_in_hours_and_minutes() -> None:
    assert [i18n.format_duration(minutes, "pt_BR") for minutes in (153, 120, 14)] == [
        "2h33",
        "2h00",
        "14 min",
    ]
    english = [i18n.format_duration(minutes, "en").replace("\xa0", " ") for minutes in (153, 120, 14)]
    assert english == ["2 h 33 min", "2 h", "14 min"]
