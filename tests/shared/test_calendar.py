"""Calendar files, read back with somebody else's parser."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import Calendar, Entry, Organiser, write

PARIS = ZoneInfo("Europe/Paris")
STAMP = datetime(2026, 7, 3, 16, 10, tzinfo=UTC)


def an_entry(**changes: object) -> Entry:
    """The first workshop of 2026."""
    entry = Entry(
        uid="2026-01@raict-2026",
        sequence=2,
        start=datetime(2026, 7, 8, 14, 30, tzinfo=PARIS),
        end=datetime(2026, 7, 8, 16, 0, tzinfo=PARIS),
        title="L’AICT face au changement climatique : notions et outils essentiels",
        location="Salle Monge, 9bis avenue d’Iéna, 75116 Paris",
        description="Première ligne\nSeconde ligne ; avec, des \\ signes",
        url="http://127.0.0.1:8080/programme/seances/climat",
    )
    return replace(entry, **changes)


def a_calendar(*entries: Entry, **changes: object) -> Calendar:
    """A calendar of these entries."""
    calendar = Calendar("Rencontres 2026", entries, Organiser("Cités Unies France", "coop-dec@example.org"))
    return replace(calendar, **changes)


def read(calendar: Calendar) -> icalendar.Calendar:
    """The calendar as another program reads it."""
    return icalendar.Calendar.from_ical(write(calendar, STAMP))


def the_event(calendar: Calendar) -> icalendar.Event:
    """Its only event."""
    (event,) = read(calendar).walk("VEVENT")
    return event


def test_entry_is_read_back_as_it_was_written() -> None:
    entry = an_entry()
    event = the_event(a_calendar(entry))
    assert event["UID"] == entry.uid
    assert event["SEQUENCE"] == 2
    assert event["SUMMARY"] == entry.title
    assert event["LOCATION"] == entry.location
    assert event["DESCRIPTION"] == entry.description
    assert event["URL"] == entry.url
    assert event["DTSTART"].dt == entry.start
    assert event["DTEND"].dt == entry.end
    assert event["DTSTAMP"].dt == STAMP
    assert event["STATUS"] == "CONFIRMED"


def test_times_are_utc() -> None:
    assert b"DTSTART:20260708T123000Z" in write(a_calendar(an_entry()), STAMP)


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        write(a_calendar(an_entry(start=STAMP.replace(tzinfo=None))), STAMP)


def test_calendar_names_method_and_organiser() -> None:
    calendar = read(a_calendar(an_entry()))
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "PUBLISH"
    assert calendar["X-WR-CALNAME"] == "Rencontres 2026"
    assert event["ORGANIZER"] == "mailto:coop-dec@example.org"
    assert event["ORGANIZER"].params["CN"] == "Cités Unies France"


def test_cancelled_entry_in_a_published_calendar_is_marked() -> None:
    calendar = read(a_calendar(an_entry(), an_entry(uid="other", cancelled=True)))
    assert [event["STATUS"] for event in calendar.walk("VEVENT")] == ["CONFIRMED", "CANCELLED"]
    assert calendar["METHOD"] == "PUBLISH"


def test_cancelling_calendar_cancels_every_entry() -> None:
    calendar = read(a_calendar(an_entry(), an_entry(uid="other"), method="CANCEL"))
    assert {event["STATUS"] for event in calendar.walk("VEVENT")} == {"CANCELLED"}
    assert calendar["METHOD"] == "CANCEL"


def test_empty_calendar_is_still_a_calendar() -> None:
    assert read(a_calendar()).walk("VEVENT") == []


def test_same_content_and_stamp_are_the_same_bytes() -> None:
    calendar = a_calendar(an_entry())
    assert write(calendar, STAMP) == write(calendar, STAMP)
    assert write(calendar, STAMP) != write(calendar, STAMP + timedelta(seconds=1))


def test_address_cannot_start_another_line() -> None:
    entry = an_entry(url="http://x/\r\nATTACH:http://evil", location="a\r\nATTACH:b")
    event = the_event(a_calendar(entry))
    assert "ATTACH" not in event
    assert event["LOCATION"] == "a\nATTACH:b"


TYPED = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=400)


@given(title=TYPED, place=TYPED)
def test_any_text_survives_folding_and_escaping(title: str, place: str) -> None:
    content = write(a_calendar(an_entry(title=title, location=place)), STAMP)
    lines = content.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    for line in lines:
        line.decode()
    event = icalendar.Calendar.from_ical(content).walk("VEVENT")[0]
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (title, place)
