"""Dates, times and numbers as people write them, in three languages. Times are shown in the edition's zone."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

ZONE = "Europe/Paris"

_NBSP = "\u00a0"
_DAY = {"fr": "EEEE d MMMM", "en": "EEEE d MMMM", "es": "EEEE d 'de' MMMM"}
_SHORT_DAY = {"fr": "d MMMM", "en": "d MMMM", "es": "d 'de' MMMM"}
_YEAR = {"fr": " y", "en": " y", "es": " 'de' y"}


def local(moment: datetime, zone: str = ZONE) -> datetime:
    """The same moment on the clocks of `zone`."""
    return moment.astimezone(ZoneInfo(zone))


def day(value: date | datetime, lang: str, *, year: bool = False, weekday: bool = True, zone: str = ZONE) -> str:
    """`mercredi 8 juillet`; with `year`, `mercredi 8 juillet 2026`; without `weekday`, `8 juillet`."""
    if isinstance(value, datetime):
        value = local(value, zone).date()
    return _day(value, lang, year, weekday)


@lru_cache(maxsize=4096)
def _day(value: date, lang: str, year: bool, weekday: bool) -> str:
    pattern = (_DAY if weekday else _SHORT_DAY)[lang] + (_YEAR[lang] if year else "")
    if lang == "fr" and value.day == 1:
        pattern = pattern.replace("d MMMM", "d'er' MMMM")
    return format_date(value, pattern, locale=lang)


def weekday(value: date | datetime, lang: str, *, zone: str = ZONE) -> str:
    """`Mercredi`, as a sentence begins with it."""
    if isinstance(value, datetime):
        value = local(value, zone).date()
    return format_date(value, "EEEE", locale=lang).capitalize()


def time(value: datetime, lang: str, *, zone: str = ZONE) -> str:
    """`14 h 30`, `2:30 pm`, `14.30`."""
    moment = local(value, zone)
    if lang == "fr":
        return f"{moment.hour}{_NBSP}h{_NBSP}{moment.minute:02}"
    if lang == "es":
        return f"{moment.hour}.{moment.minute:02}"
    return f"{moment.hour % 12 or 12}:{moment.minute:02}{_NBSP}{'am' if moment.hour < 12 else 'pm'}"


def time_range(start: datetime, end: datetime, lang: str, *, zone: str = ZONE) -> str:
    """`14 h 30 – 16 h 00`."""
    return f"{time(start, lang, zone=zone)} – {time(end, lang, zone=zone)}"


def days(dates: tuple[date, ...], lang: str, *, year: bool = True) -> str:
    """The days of an edition in one phrase: `mercredi 8 et jeudi 9 juillet 2026`."""
    if len(dates) == 1:
        return day(dates[0], lang, year=year)
    first, last = min(dates), max(dates)
    if last - first > timedelta(days=1):
        between = {"fr": ("du ", " au "), "en": ("", " to "), "es": ("del ", " al ")}[lang]
        return between[0] + day(first, lang) + between[1] + day(last, lang, year=year)
    joint = {"fr": " et ", "en": " and ", "es": " y "}[lang]
    if (first.year, first.month) == (last.year, last.month):
        return format_date(first, "EEEE d", locale=lang) + joint + day(last, lang, year=year)
    return day(first, lang) + joint + day(last, lang, year=year)


def number(value: float, lang: str) -> str:
    """`1 300` with a no-break space in French, `1,300` in English."""
    return str(format_decimal(value, locale=lang)).replace("\u202f", _NBSP)
