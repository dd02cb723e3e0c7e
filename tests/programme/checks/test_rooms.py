"""Rooms taken twice, too small, or too far from one session to the next."""

from services.programme.domain.checks import FreeRoom, findings
from services.programme.domain.checks.finding import LargeEnoughRoom, LargerRoom
from services.programme.domain.editions import Draft, Room, Session
from services.programme.domain.places import Places, Use
from tests.programme.factories import LAPLACE, MONGE, a_draft, a_session, an_edition, at

HALL = Room("hall", "Grande salle", 500)


def found(draft: Draft, code: str, enrolled: dict[str, int] | None = None) -> list[tuple[str, ...]]:
    """The sessions of every finding with this code."""
    uses = {session: Use(None, taken) for session, taken in (enrolled or {}).items()}
    made = findings(an_edition(), draft, Places("raict-2026", 1, uses), None)
    return [finding.sessions for finding in made if finding.code == code]


def ways_out(sessions: tuple[Session, ...], rooms: tuple[Room, ...], enrolled: int) -> tuple[FreeRoom, ...]:
    """What to do about the one room that is taken twice."""
    places = Places("raict-2026", 1, {session.id: Use(None, enrolled) for session in sessions})
    made = findings(an_edition(), a_draft(*sessions, rooms=rooms), places, None)
    (clash,) = (finding for finding in made if finding.code == "room-taken-twice")
    return clash.ways_out


CLASH = (a_session("a"), a_session("b", start=at(15), end=at(17)))


def test_room_taken_twice_is_found_once():
    assert found(a_draft(*CLASH), "room-taken-twice") == [("a", "b")]


def test_room_given_over_at_once_is_not_taken_twice():
    draft = a_draft(a_session("a"), a_session("b", start=at(16), end=at(17)))
    assert found(draft, "room-taken-twice") == []


def test_sessions_somewhere_in_the_venue_take_no_room():
    assert found(a_draft(a_session("a", room=None), a_session("b", room=None)), "room-taken-twice") == []


def test_way_out_is_the_smallest_room_that_holds_as_many():
    ways = ways_out(CLASH, (MONGE, HALL, Room("m", "Moyenne", 90)), 20)
    assert [(way.session, way.room, type(way)) for way in ways] == [("a", "m", LargerRoom), ("b", "m", LargerRoom)]


def test_smaller_room_will_do_when_it_holds_everybody_enrolled():
    assert [(way.room, type(way)) for way in ways_out(CLASH, (MONGE, LAPLACE), 48)] == [
        ("laplace", LargeEnoughRoom)
    ] * 2


def test_room_that_does_not_hold_them_is_no_way_out():
    assert ways_out(CLASH, (MONGE, LAPLACE), 49) == ()


def test_room_taken_at_that_time_is_no_way_out():
    third = a_session("c", room="laplace", start=at(15, 45), end=at(16, 15))
    assert ways_out((*CLASH, third), (MONGE, LAPLACE), 1) == ()
