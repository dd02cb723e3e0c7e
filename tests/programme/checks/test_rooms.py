"""Rooms taken twice, too small, or too far from one session to the next."""

from services.programme.domain.checks import FreeRoom, findings
from services.programme.domain.checks.finding import LargeEnoughRoom, LargerRoom
from services.programme.domain.editions import Draft, Room, Session
from services.programme.domain.places import Both, Places, Use
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


def test_room_smaller_than_who_is_enrolled_is_a_conflict_with_a_way_out():
    draft = a_draft(a_session("a", room="laplace"), rooms=(MONGE, LAPLACE))
    assert found(draft, "room-too-small", {"a": 48}) == []
    assert found(draft, "room-too-small", {"a": 49}) == [("a",)]
    places = Places("raict-2026", 1, {"a": Use(48, 49)})
    (small,) = findings(an_edition(), draft, places, None)[:1]
    assert (small.severity, small.way_out("a")) == ("bad", LargerRoom("a", "monge", {"room": "Salle Monge"}))


def test_quota_smaller_than_who_is_enrolled_is_found():
    assert found(a_draft(a_session("a", capacity=20)), "quota-too-small", {"a": 20}) == []
    assert found(a_draft(a_session("a", capacity=20)), "quota-too-small", {"a": 21}) == [("a",)]


def test_quota_beyond_the_room_is_found():
    assert found(
        a_draft(a_session("a", capacity=60), a_session("b", capacity=61, start=at(17), end=at(18))), "quota-beyond-room"
    ) == [("b",)]


def test_sign_up_without_any_quota_is_found():
    draft = a_draft(a_session("a", room=None), a_session("b"), a_session("c", room=None, access="open"))
    assert found(draft, "without-quota") == [("a",)]


def consecutive(minutes: int, **second: object) -> Draft:
    """A workshop that ends at 16 h, and another one elsewhere so many minutes later."""
    after = {"room": "laplace", "start": at(16, minutes), "end": at(18)} | second
    return a_draft(a_session("a"), a_session("b", **after))


def test_rooms_are_changed_in_five_minutes():
    assert found(consecutive(4), "no-time-to-move") == [("b", "a")]
    assert found(consecutive(5), "no-time-to-move") == []


def test_next_session_in_the_same_room_leaves_time():
    assert found(consecutive(0, room="monge"), "no-time-to-move") == []


def test_nobody_hurries_to_a_break():
    assert found(consecutive(0, kind="pause-cafe"), "no-time-to-move") == []


def test_parallel_sessions_that_end_together_are_one_finding():
    draft = a_draft(
        a_session("a"), a_session("b", room="laplace"), a_session("c", room="hall", start=at(16), end=at(17))
    )
    assert found(draft, "no-time-to-move") == [("c", "a", "b")]


def test_nobody_walks_to_or_from_what_has_no_room():
    somewhere = a_session("b", room=None), a_session("c", room=None, start=at(16), end=at(17))
    after = a_session("d", room="laplace", start=at(17), end=at(18))
    assert found(a_draft(a_session("a"), *somewhere, after), "no-time-to-move") == []


def test_people_who_change_rooms_are_counted_once_registration_has_told():
    for both, expected in (((Both(("b", "a"), 27),), 27), ((Both(("a", "x"), 1),), None)):
        made = findings(an_edition(), consecutive(0), Places("raict-2026", 1, both=both), None)
        assert [one.params.get("count") for one in made if one.code == "no-time-to-move"] == [expected]
