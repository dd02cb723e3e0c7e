"""Times and dates as people spell them in three languages: `14h30`, `2:30 pm`, `14.30`, `jueves 9 de julio`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time

_GAP = r"[\s\u00a0\u202f]*"
_HALF = rf"[ap]\.?{_GAP}m\b"
_TIME = (
    r"(?<![\d.,:/])(?:"
    rf"\d{{1,2}}{_GAP}h(?:eures?)?(?:{_GAP}[0-5]\d)?(?![^\W_])"
    rf"|\d{{1,2}}[:.][0-5]\d(?!\d|[.,:/]\d|{_GAP}[€%])(?:{_GAP}{_HALF})?"
    rf"|\d{{1,2}}{_GAP}{_HALF})"
)
_BETWEEN = rf"{_GAP}(?:[-–—]|à|to|until|till|et|and|y|a|hasta){_GAP}(?:las{_GAP})?"
_SPAN = re.compile(f"({_TIME})(?:{_BETWEEN}({_TIME}))?", re.IGNORECASE)
_EARLIEST = 7
"""Without am or pm, a smaller hour is a length: « 1 h 30 de débat »."""


@dataclass(frozen=True)
class Span:
    """A time that a text gives, alone or with the one it ends at."""

    spelled: str
    start: time
    end: time | None = None


def spans(text: str) -> Iterator[Span]:
    """Every time in a text; what is no time of a day is passed over."""
    for found in _SPAN.finditer(text):
        times = [moment for token in found.groups() if token and (moment := _time(token.lower()))]
        if times:
            yield Span(found.group(), *times)


def _time(token: str) -> time | None:
    hour, minute, *_ = (*map(int, re.findall(r"\d+", token)), 0)
    if half := re.search(r"[ap](?=\W*m)", token):
        return time(hour % 12 + (12 if half.group() == "p" else 0), minute) if 1 <= hour <= 12 else None
    return time(hour, minute) if _EARLIEST <= hour < 24 else None


_MONTHS = (
    "janvier|january|enero",
    "février|february|febrero",
    "mars|march|marzo",
    "avril|april|abril",
    "mai|may|mayo",
    "juin|june|junio",
    "juillet|july|julio",
    "août|august|agosto",
    "septembre|september|septiembre",
    "octobre|october|octubre",
    "novembre|november|noviembre",
    "décembre|december|diciembre",
)
_WEEKDAYS = (
    "lundi|monday|lunes",
    "mardi|tuesday|martes",
    "mercredi|wednesday|miércoles",
    "jeudi|thursday|jueves",
    "vendredi|friday|viernes",
    "samedi|saturday|sábado",
    "dimanche|sunday|domingo",
)
_MONTH = {word: n for n, words in enumerate(_MONTHS, 1) for word in words.split("|")}
_WEEKDAY = {word: n for n, words in enumerate(_WEEKDAYS) for word in words.split("|")}
_DATE = re.compile(
    rf"\b({'|'.join(_WEEKDAY)}),?{_GAP}(\d{{1,2}})(?:er|st|nd|rd|th)?{_GAP}(?:de{_GAP})?({'|'.join(_MONTH)})\b"
    rf"(?:{_GAP}(?:de{_GAP})?(\d{{4}}))?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Day:
    """A date that a text gives with the name of its day, 0 being Monday."""

    spelled: str
    weekday: int
    day: int
    month: int
    year: int | None

    def date(self, year: int) -> date | None:
        """The date it means, in `year` unless it says another; None for a 31 June."""
        try:
            return date(self.year or year, self.month, self.day)
        except ValueError:
            return None


def days(text: str) -> Iterator[Day]:
    """Every date in a text that names its day of the week."""
    for found in _DATE.finditer(text):
        weekday, day, month, year = found.groups()
        named = _WEEKDAY[weekday.lower()], int(day), _MONTH[month.lower()]
        yield Day(found.group(), *named, int(year) if year else None)
