"""What a release freezes, and what it says has changed."""

from dataclasses import replace
from typing import Any

import pytest

from services.programme.domain.editions import Room, Session, Speaker
from services.programme.domain.releases import Change, Release, release, released, same
from tests.programme.factories import LAPLACE, MONGE, NOW, a_draft, a_session, an_edition, at


def next_release(previous: Release | None, *sessions: Session, rooms: tuple[Room, ...] = (MONGE, LAPLACE)) -> Release:
    return release(an_edition(), a_draft(*sessions, rooms=rooms), previous, {}, NOW)


def test_first_release_is_number_one_without_changes():
    first = next_release(None, a_session())
    assert (first.number, first.changes) == (1, ())
    assert first.sessions[0].revision == 0


def test_sessions_come_in_order_of_time():
    first = next_release(None, a_session("late", start=at(17), end=at(18)), a_session("early"))
    assert [session.id for session in first.sessions] == ["early", "late"]


def test_places_are_those_of_the_room_unless_the_session_says_less():
    first = next_release(None, a_session("whole"), a_session("part", capacity=20), a_session("nowhere", room=None))
    assert {session.id: session.capacity for session in first.sessions} == {"whole": 60, "part": 20, "nowhere": None}


@pytest.mark.parametrize(
    ("changes", "expected", "revision"),
    [
        ({"start": at(15), "end": at(16, 30)}, ["moved"], 1),
        ({"room": "laplace"}, ["room"], 1),
        ({"title": {"fr": "Autre"}}, ["text"], 1),
        ({"description": {"fr": "Plus"}}, ["text"], 1),
        ({"speakers": (Speaker("Ada"),)}, ["speakers"], 0),
        ({"access": "open"}, [], 0),
        ({"start": at(15), "room": "laplace", "title": {"fr": "Autre"}}, ["moved", "room", "text"], 1),
    ],
)
def test_change_is_named_and_calendars_updated_when_they_say_otherwise(
    changes: dict[str, Any], expected: list[str], revision: int
):
    first = next_release(None, a_session())
    second = next_release(first, replace(a_session(), **changes))
    assert [change.change for change in second.changes] == expected
    assert second.sessions[0].revision == revision


def test_renamed_room_updates_calendars():
    first = next_release(None, a_session())
    second = next_release(first, a_session(), rooms=(replace(MONGE, name="Salon Monge"), LAPLACE))
    assert second.sessions[0].revision == 1


def test_new_session_is_said_to_be_new():
    second = next_release(next_release(None, a_session()), a_session(), a_session("s-2"))
    assert second.changes == (Change("s-2", "new"),)


def test_session_that_left_the_draft_is_cancelled_once_and_stays():
    first = next_release(None, a_session(), a_session("s-2"))
    second = next_release(first, a_session())
    third = next_release(second, a_session())
    assert second.changes == (Change("s-2", "cancelled"),)
    assert [(r.session("s-2").status, r.session("s-2").revision) for r in (second, third)] == [("cancelled", 1)] * 2
    assert third.changes == ()


def test_cancelled_session_that_comes_back_is_new_with_a_higher_revision():
    first = next_release(None, a_session())
    back = next_release(next_release(first), a_session())
    assert back.changes == (Change("s-1", "new"),)
    assert (back.sessions[0].status, back.sessions[0].revision) == ("scheduled", 2)


def test_uid_and_slug_outlive_a_new_title():
    first = next_release(None, a_session(title={"fr": "L’eau au Maghreb"}))
    second = next_release(first, a_session(title={"fr": "Le désert"}))
    assert second.sessions[0].slug == "l-eau-au-maghreb"
    assert second.sessions[0].uid == first.sessions[0].uid


def test_same_title_gets_another_slug():
    first = next_release(None, a_session("a", title={"fr": "Pause-café"}), a_session("b", title={"fr": "Pause-café"}))
    assert [session.slug for session in first.sessions] == ["pause-cafe", "pause-cafe-2"]


def test_unchanged_programme_is_the_same():
    first = next_release(None, a_session())
    assert same(first, next_release(first, a_session()))
    assert not same(first, next_release(first, a_session(room="laplace")))


def test_fact_carries_the_whole_programme():
    fact = released(next_release(next_release(None, a_session()), a_session(room="laplace")))
    assert (fact.edition, fact.release) == ("raict-2026", 2)
    assert [(s.id, s.room, s.revision, s.capacity) for s in fact.sessions] == [("s-1", "laplace", 1, 48)]
    assert [(c.session, c.change) for c in fact.changes] == [("s-1", "room")]
    assert [kind.id for kind in fact.kinds] == ["atelier", "pause-cafe"]
