"""Calendars over the life of a session: one UID for ever, a SEQUENCE that grows, CANCELLED and back."""

from typing import Any

import icalendar
import pytest

from services.programme.domain.editions import Room, Session
from services.programme.domain.releases import Release, release
from services.programme.feeds import Feed, calendar
from tests.programme.factories import LAPLACE, MONGE, NOW, a_draft, a_session, an_edition, at

HOSTILE = 'Élus; \\n, "agents"\nEND:VEVENT\r\nBEGIN:VALARM\n \u2028 & <b>\'🎪' + "é" * 90


def events(made: Release, lang: str = "fr") -> list[icalendar.Event]:
    """Every session of a release, as another program reads it."""
    body = calendar(Feed(an_edition(), made, lang, "https://rencontres.example.org"), made.sessions)
    assert max(map(len, body.split(b"\r\n"))) <= 75
    read = icalendar.Calendar.from_ical(body)
    assert [part.errors for part in read.walk()] == [[] for _ in read.walk()]
    return read.walk("VEVENT")


def life(*drafts: tuple[tuple[Session, ...], tuple[Room, ...]]) -> list[tuple[str, int, str]]:
    """Status, SEQUENCE and UID of the only session there ever was, after each release."""
    told, previous = [], None
    for sessions, rooms in drafts:
        previous = release(an_edition(), a_draft(*sessions, rooms=rooms), previous, {}, NOW)
        (event,) = events(previous)
        told.append((str(event["STATUS"]), event["SEQUENCE"], str(event["UID"])))
    return told


def test_sequence_grows_with_every_change_and_survives_an_absence():
    rooms, uid = (MONGE, LAPLACE), "s-1.raict-2026@rencontres"
    assert life(
        ((a_session(),), rooms),
        ((a_session(),), rooms),
        ((a_session(start=at(15)),), rooms),
        ((a_session(start=at(15), room="laplace"),), rooms),
        ((), rooms),
        ((), rooms),
        ((a_session(),), rooms),
    ) == [
        ("CONFIRMED", 0, uid),
        ("CONFIRMED", 0, uid),
        ("CONFIRMED", 1, uid),
        ("CONFIRMED", 2, uid),
        ("CANCELLED", 3, uid),
        ("CANCELLED", 3, uid),
        ("CONFIRMED", 4, uid),
    ]


def test_room_that_is_renamed_changes_the_entry():
    renamed = Room("monge", "Salle Gaspard-Monge", 60)
    assert [sequence for _, sequence, _ in life(((a_session(),), (MONGE,)), ((a_session(),), (renamed,)))] == [0, 1]


@pytest.mark.parametrize("change", [{"capacity": 5}, {"access": "open"}])
def test_what_a_calendar_does_not_say_is_no_change_of_it(change: dict[str, Any]):
    rooms = (MONGE,)
    assert [sequence for _, sequence, _ in life(((a_session(),), rooms), ((a_session(**change),), rooms))] == [0, 0]


@pytest.mark.parametrize("lang", ["fr", "en", "es"])
def test_hostile_texts_stay_texts(lang: str):
    session = a_session(title={"fr": HOSTILE}, description={"fr": f"{HOSTILE}\n\n{HOSTILE}"}, room="r")
    made = release(an_edition(), a_draft(session, rooms=(Room("r", HOSTILE, 5),)), None, {}, NOW)
    (event,) = events(made, lang)
    readable = HOSTILE.replace("\r\n", "\n")
    assert str(event["SUMMARY"]) == readable
    assert str(event["DESCRIPTION"]) == f"{readable}\n\n{readable}"
    assert str(event["LOCATION"]).startswith(readable)
    assert event.subcomponents == []


def test_every_session_has_its_own_uid():
    sessions = [a_session(f"s-{n}", room=None) for n in range(600)]
    made = release(an_edition(), a_draft(*sessions), None, {}, NOW)
    assert len({str(event["UID"]) for event in events(made)}) == 600
