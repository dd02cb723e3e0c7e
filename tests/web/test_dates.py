"""Dates, times and numbers as people write them."""

from datetime import UTC, date, datetime

import pytest

from shared.i18n import dates

MOMENT = datetime(2026, 7, 8, 12, 30, tzinfo=UTC)
LATER = datetime(2026, 7, 8, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lang", "day", "time", "number"),
    [
        ("fr", "mercredi 8 juillet", "14 h 30", "1 300"),
        ("en", "Wednesday 8 July", "2:30 pm", "1,300"),
        ("es", "miércoles 8 de julio", "14.30", "1.300"),
    ],
)
def test_each_language_has_its_own_way(lang: str, day: str, time: str, number: str) -> None:
    plain = [
        said.replace("\u00a0", " ")
        for said in (dates.day(MOMENT, lang), dates.time(MOMENT, lang), dates.number(1300, lang))
    ]
    assert plain == [day, time, number]


def test_times_are_those_of_paris_in_summer_and_winter() -> None:
    assert dates.time(datetime(2026, 1, 8, 12, 30, tzinfo=UTC), "es") == "13.30"
    assert dates.day(datetime(2026, 7, 8, 23, 0, tzinfo=UTC), "fr") == "jeudi 9 juillet"


def test_range_has_no_break_inside_its_times() -> None:
    assert dates.time_range(MOMENT, LATER, "fr") == "14\u00a0h\u00a030 – 16\u00a0h\u00a000"


def test_noon_and_midnight_in_english() -> None:
    assert dates.time(datetime(2026, 7, 8, 10, 0, tzinfo=UTC), "en") == "12:00\u00a0pm"
    assert dates.time(datetime(2026, 7, 8, 22, 0, tzinfo=UTC), "en") == "12:00\u00a0am"


def test_first_of_the_month_is_premier_in_french() -> None:
    assert dates.day(date(2026, 7, 1), "fr", year=True) == "mercredi 1er juillet 2026"


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((date(2026, 7, 8),), "mercredi 8 juillet 2026"),
        ((date(2026, 7, 8), date(2026, 7, 9)), "mercredi 8 et jeudi 9 juillet 2026"),
        ((date(2026, 6, 30), date(2026, 7, 1)), "mardi 30 juin et mercredi 1er juillet 2026"),
        ((date(2026, 7, 7), date(2026, 7, 8), date(2026, 7, 9)), "du mardi 7 juillet au jeudi 9 juillet 2026"),
    ],
)
def test_days_of_an_edition_are_one_phrase(days: tuple[date, ...], said: str) -> None:
    assert dates.days(days, "fr") == said
