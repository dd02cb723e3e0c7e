"""Findings as a whole: their order, the sample's, and that nothing depends on the order of the draft."""

import json
from datetime import timedelta
from pathlib import Path
from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from services.programme.domain.checks import findings
from services.programme.domain.editions import Draft, Room, Session, Speaker
from services.programme.domain.places import Both, Places, Use
from services.programme.web.models import EditionIn
from shared.web import said
from tests.programme.factories import LAPLACE, MONGE, a_draft, a_session, an_edition, at

SAMPLE = Path(__file__).parents[3] / "deploy" / "sample" / "raict-2026.json"
IDS = ("a", "b", "c", "d", "e")
ROOMS = (MONGE, LAPLACE, Room("hall", "Grande salle", 500), Room("stands", "Stands"))


@st.composite
def sessions(draw: st.DrawFn) -> list[Session]:
    """Up to five sessions of one afternoon, in few rooms, with few people."""
    made = []
    for id in draw(st.lists(st.sampled_from(IDS), unique=True)):
        start = at(14) + timedelta(minutes=draw(st.integers(0, 24)) * 5)
        made.append(
            a_session(
                id,
                title={"fr": draw(st.sampled_from(("L’eau", "La dette, 2025", "Les Cafés, 14h")))},
                start=start,
                end=start + timedelta(minutes=draw(st.integers(1, 30)) * 5),
                room=draw(st.sampled_from(("monge", "laplace", None))),
                kind=draw(st.sampled_from(("atelier", "pause-cafe"))),
                access=draw(st.sampled_from(("open", "sign-up"))),
                capacity=draw(st.sampled_from((None, 10, 100))),
                speakers=tuple(map(Speaker, draw(st.lists(st.sampled_from(("Ana", "ANA", "Béa")))))),
            )
        )
    return made


counts = st.builds(
    lambda taken, pairs: Places(
        "raict-2026", 1, {id: Use(60, n) for id, n in taken.items()}, tuple(Both(pair, n) for pair, n in pairs.items())
    ),
    st.dictionaries(st.sampled_from(IDS), st.integers(0, 600)),
    st.dictionaries(st.sampled_from([(a, b) for a in IDS for b in IDS if a < b]), st.integers(1, 9)),
)


@given(sessions().flatmap(lambda made: st.tuples(st.just(made), st.permutations(made))), counts, st.permutations(ROOMS))
def test_no_finding_depends_on_the_order_of_sessions_or_rooms(
    orders: tuple[list[Session], list[Session]], places: Places, rooms: list[Room]
):
    one, other = (
        findings(an_edition(), a_draft(*order, rooms=tuple(given)), places, None)
        for order, given in zip(orders, (ROOMS, rooms), strict=True)
    )
    assert one == other


def swapped(draft: Draft) -> Draft:
    """The same draft, each session with the room and times of another: names alone say who is who."""
    names = {"a": "b", "b": "a"}
    return a_draft(
        *(a_session(names.get(s.id, s.id), start=s.start, end=s.end, room=s.room) for s in draft.sessions), rooms=ROOMS
    )


@given(sessions())
def test_overlap_is_symmetric(made: list[Session]):
    draft = a_draft(*(a_session(s.id, start=s.start, end=s.end, room=s.room) for s in made), rooms=ROOMS)

    def clashes(draft: Draft) -> set[frozenset[str]]:
        found = findings(an_edition(), draft, Places("raict-2026"), None)
        return {frozenset(finding.sessions) for finding in found if finding.code == "room-taken-twice"}

    renamed = {frozenset({"a": "b", "b": "a"}.get(id, id) for id in pair) for pair in clashes(draft)}
    assert clashes(swapped(draft)) == renamed


@given(sessions(), counts, st.sampled_from(("fr", "en", "es")))
def test_every_finding_is_said_and_every_way_out_leads_to_a_free_room(made: list[Session], places: Places, lang: str):
    for finding in findings(an_edition(), a_draft(*made, rooms=ROOMS), places, None):
        assert "%(" not in said(lang, finding)
        for way in finding.ways_out:
            (session,) = (one for one in made if one.id == way.session)
            there = [other for other in made if other.room == way.room and other.id != session.id]
            assert all(other.end <= session.start or session.end <= other.start for other in there)
            assert (next(r for r in ROOMS if r.id == way.room).capacity or 0) >= places.of(session.id, None).taken


def test_conflicts_come_first_then_time_decides():
    draft = a_draft(
        a_session("late", start=at(17), end=at(18), room=None), a_session("b"), a_session("a"), rooms=(MONGE,)
    )
    made = findings(an_edition(languages=("fr",)), draft, Places("raict-2026"), None)
    assert [(finding.severity, finding.code, finding.sessions) for finding in made] == [
        ("bad", "room-taken-twice", ("a", "b")),
        ("warn", "without-quota", ("late",)),
    ]


def sample() -> EditionIn:
    """The edition of 2026 as it is delivered."""
    return EditionIn(**json.loads(SAMPLE.read_text())["programme"])


def found(body: EditionIn) -> list[tuple[str, tuple[str, ...]]]:
    made = findings(body.edition("raict-2026"), body.draft(), Places("raict-2026"), None)
    return [(finding.code, finding.sessions) for finding in made]


def test_sample_has_no_conflict_but_too_little_time_before_the_closing():
    assert found(sample()) == [("no-time-to-move", ("2026-16", "2026-13", "2026-14"))]


def test_press_kit_s_own_words_are_found_when_they_are_entered():
    body = sample().model_dump()
    body["practical"] += (
        {"title": {"fr": "Qui peut organiser un « Café » en 2025 ?"}, "text": {"fr": "Les exposants."}},
        {
            "title": {"fr": "Cafés"},
            "text": {"fr": "Les Cafés des RAICT : de 14h00 à 15h00 le jeudi 9 juillet, après le cocktail déjeuner."},
        },
    )
    new = set(found(EditionIn(**body))) - set(found(sample()))
    assert new == {("two-times", ("2026-12",)), ("year-before", ()), ("not-translated", ())}


def test_six_hundred_sessions_are_checked_in_a_moment():
    rooms = tuple(Room(f"r-{n}", f"Salle {n}", 50) for n in range(25))
    made = [
        a_session(
            f"s-{n}",
            room=f"r-{n % 25}",
            start=at(9) + n // 25 * timedelta(minutes=20),
            end=at(9, 20) + n // 25 * timedelta(minutes=20),
        )
        for n in range(600)
    ]
    begun = process_time()
    made_of = findings(an_edition(), a_draft(*made, rooms=rooms), Places("raict-2026"), None)
    assert process_time() - begun < 2
    assert {finding.code for finding in made_of} == {"no-time-to-move", "not-translated"}
