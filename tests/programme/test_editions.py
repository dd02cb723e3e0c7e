"""Programmes that contradict themselves are refused; addresses are words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.programme.domain import editions
from services.programme.domain.slugs import LONGEST, slug
from tests.programme.factories import a_draft, a_session, an_edition, at


def test_sound_programme_passes():
    editions.check(
        an_edition(), a_draft(a_session(), a_session("s-2", room=None, start=at(9, day=9), end=at(10, day=9)))
    )


@pytest.mark.parametrize(
    ("session", "refusal"),
    [
        (a_session(room="berthollet"), editions.UnknownRoom),
        (a_session(kind="gala"), editions.UnknownKind),
        (a_session(end=at(14, 30)), editions.EndsBeforeItStarts),
        (a_session(start=at(9, day=10), end=at(10, day=10)), editions.OutsideEdition),
        (a_session(title={"en": "Workshop"}), editions.MissingFrench),
    ],
)
def test_contradiction_is_refused(session: editions.Session, refusal: type[editions.ProgrammeRefusal]):
    with pytest.raises(refusal):
        editions.check(an_edition(), a_draft(session))


def test_two_sessions_with_one_id_are_refused():
    with pytest.raises(editions.DuplicateId):
        editions.check(an_edition(), a_draft(a_session(), a_session()))


def test_day_is_that_of_the_edition_s_clocks():
    late = a_session(start=at(23, 30, day=9), end=at(23, 50, day=9))
    editions.check(an_edition(), a_draft(late))


def test_fact_tells_who_and_where():
    fact = editions.changed(an_edition())
    assert (fact.edition, fact.key, fact.venue.name) == ("raict-2026", "raict-2026", "Hôtel des Arts et Métiers")
    assert fact.dates == an_edition().dates


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("L’AICT face au changement climatique\u00a0: notions", "l-aict-face-au-changement-climatique-notions"),
        ("Œuvres d'été", "oeuvres-d-ete"),
        ("日本", "seance"),
    ],
)
def test_slug_is_made_of_words(title: str, expected: str):
    assert slug(title, ()) == expected


@given(st.text(max_size=300))
def test_slug_is_always_short_and_safe(title: str):
    made = slug(title, ())
    assert 0 < len(made) <= LONGEST
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
