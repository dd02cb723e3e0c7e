"""The one writer of calendar files (RFC 5545, iTIP methods of RFC 5546).

Times are written in UTC: Outlook, Apple Calendar and Google Calendar all show them in the reader's own
time zone, while each of them has its own trouble with VTIMEZONE definitions that it did not write itself.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

MEDIA_TYPE = "text/calendar"
"""Served as `text/calendar; charset=utf-8`; a mail adds the `method` as a parameter."""

_PRODUCT = "-//Cités Unies France//Rencontres//FR"
_LINE_OCTETS = 75
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Organiser:
    """Who answers for the entries: RFC 5546 wants one wherever a METHOD is given."""

    name: str
    email: str


@dataclass(frozen=True)
class Entry:
    """One thing in a calendar. `start` and `end` are aware; `uid` never changes, `sequence` grows with each change."""

    uid: str
    sequence: int
    start: datetime
    end: datetime
    title: str
    location: str = ""
    description: str = ""
    url: str = ""
    cancelled: bool = False


@dataclass(frozen=True)
class Calendar:
    """A file of entries. `CANCEL` takes every entry out of the reader's calendar, `PUBLISH` adds or updates them."""

    name: str
    entries: tuple[Entry, ...]
    organiser: Organiser
    method: Literal["PUBLISH", "CANCEL"] = "PUBLISH"


def write(calendar: Calendar, stamp: datetime) -> bytes:
    """The file, UTF-8 with CRLF. `stamp` is when its content was decided: same content, same bytes."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{_PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"METHOD:{calendar.method}",
        f"X-WR-CALNAME:{_text(calendar.name)}",
    ]
    for entry in calendar.entries:
        lines += _entry(entry, calendar, stamp)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(lines))


def _entry(entry: Entry, calendar: Calendar, stamp: datetime) -> Iterator[str]:
    cancelled = entry.cancelled or calendar.method == "CANCEL"
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(entry.uid)}"
    yield f"SEQUENCE:{entry.sequence}"
    yield f"DTSTAMP:{_moment(stamp)}"
    yield f"DTSTART:{_moment(entry.start)}"
    yield f"DTEND:{_moment(entry.end)}"
    yield f"SUMMARY:{_text(entry.title)}"
    if entry.location:
        yield f"LOCATION:{_text(entry.location)}"
    if entry.description:
        yield f"DESCRIPTION:{_text(entry.description)}"
    if entry.url:
        yield f"URL:{_plain(entry.url)}"
    yield f"ORGANIZER;CN={_parameter(calendar.organiser.name)}:mailto:{_plain(calendar.organiser.email)}"
    yield f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}"
    yield f"TRANSP:{'TRANSPARENT' if cancelled else 'OPAQUE'}"
    yield "END:VEVENT"


def _moment(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a calendar needs aware times")
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    value = _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    for character in "\\;,":
        value = value.replace(character, "\\" + character)
    return value.replace("\n", "\\n")


def _plain(value: str) -> str:
    return re.sub(r"\s", "", _CONTROL.sub("", value))


def _parameter(value: str) -> str:
    return '"' + _CONTROL.sub("", value).replace('"', "'").replace("\n", " ") + '"'


def _folded(lines: Iterable[str]) -> Iterator[bytes]:
    """Each line cut to 75 octets, never inside a character; what follows a cut starts with a space."""
    for line in lines:
        rest = line.encode("utf-8", "replace")
        room = _LINE_OCTETS
        while len(rest) > room:
            cut = room
            while rest[cut] & 0xC0 == 0x80:
                cut -= 1
            yield rest[:cut] + b"\r\n "
            rest = rest[cut:]
            room = _LINE_OCTETS - 1
        yield rest + b"\r\n"
