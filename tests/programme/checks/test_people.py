"""Who would have to be in two places at once, and who loses a session."""

from dataclasses import replace

from services.programme.domain.checks import findings
from services.programme.domain.editions import Draft, Speaker
from services.programme.domain.places import Both, Places, Use
from services.programme.domain.releases import release
from tests.programme.factories import NOW, a_draft, a_session, an_edition, at

THREE = {"fr": "Un", "en": "One", "es": "Uno"}
NOBODY = Places("raict-2026")


def found(draft: Draft, code: str, places: Places = NOBODY) -> list[tuple[tuple[str, ...], dict]]:
    """The sessions and the parameters that are no titles of every finding with this code."""
    return [
        (finding.sessions, {name: said for name, said in finding.params.items() if not isinstance(said, dict)})
        for finding in findings(an_edition(), draft, places, None)
        if finding.code == code
    ]


def with_speakers(one: Speaker, other: Speaker, **second: object) -> Draft:
    """Two sessions, each with a speaker."""
    return a_draft(
        a_session("a", speakers=(one,)), a_session("b", **{"room": "laplace", "speakers": (other,)} | second)
    )


def test_speaker_in_two_sessions_is_found_whatever_the_spelling_and_the_role():
    draft = with_speakers(Speaker("Marie-Hélène Loison"), Speaker("MARIE HELENE  LOISON", role="moderator"))
    assert found(draft, "speaker-twice") == [(("a", "b"), {"name": "Marie-Hélène Loison"})]


def test_speaker_of_two_sessions_in_a_row_is_free():
    draft = with_speakers(Speaker("Mpho Parks Tau"), Speaker("Mpho Parks Tau"), start=at(16), end=at(17))
    assert found(draft, "speaker-twice") == []


def test_people_of_sessions_that_come_to_overlap_are_counted():
    places = Places("raict-2026", 1, both=(Both(("b", "a"), 7), Both(("a", "c"), 3)))
    draft = a_draft(a_session("a"), a_session("b", room="laplace"), a_session("c", start=at(17), end=at(18)))
    assert found(draft, "people-twice", places) == [(("a", "b"), {"count": 7})]


def test_same_title_twice_at_once_is_found():
    twin = {"title": {"fr": "L’eau au Maghreb"}}
    draft = a_draft(a_session("a", **twin), a_session("b", room="laplace", **twin))
    assert [sessions for sessions, _ in found(draft, "title-twice")] == [("a", "b")]


def test_breaks_in_several_places_may_bear_the_same_title():
    pause = {"title": {"fr": "Pause-café"}, "kind": "pause-cafe"}
    draft = a_draft(a_session("a", **pause), a_session("b", room="laplace", **pause))
    assert found(draft, "title-twice") == []


def test_session_taken_out_says_who_loses_it():
    places = Places("raict-2026", 1, {"a": Use(60, 60, 2), "b": Use(60, 0)})
    released = release(an_edition(), a_draft(a_session("a"), a_session("b", room="laplace")), None, {}, NOW)
    (losing,) = findings(an_edition(title=THREE, theme=THREE), replace(a_draft(), kinds=()), places, released)
    assert (losing.code, losing.sessions) == ("enrolled-in-cancelled", ("a",))
    assert (losing.params["enrolled"], losing.params["waiting"]) == (60, 2)
