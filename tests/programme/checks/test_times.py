"""A session beyond its day, and the same session with two times."""

from dataclasses import replace
from datetime import time

import pytest

from services.programme.domain.checks import findings
from services.programme.domain.checks.spelled import Span, days, spans
from services.programme.domain.editions import Edition, Notice, Session
from services.programme.domain.places import Places
from tests.programme.factories import a_draft, a_session, an_edition, at

CAFES = a_session(
    "cafes",
    title={"fr": "Les Cafés des RAICT"},
    start=at(14, 30, day=9),
    end=at(15, 30, day=9),
    room=None,
    access="open",
)


def found(session: Session, code: str, edition: Edition | None = None) -> list[object]:
    """What findings with this code say was spelled."""
    made = findings(edition or an_edition(), a_draft(session), Places("raict-2026"), None)
    return [finding.params.get("spelled") for finding in made if finding.code == code]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("14h30-15h30", time(14, 30), time(15, 30)),
        ("de 14h00 à 15h00", time(14), time(15)),
        ("14 h 30", time(14, 30), None),
        ("14\u00a0h\u00a030 – 16\u00a0h\u00a000", time(14, 30), time(16)),
        ("9h30-11h", time(9, 30), time(11)),
        ("dès 14h.", time(14), None),
        ("à 18 heures précises", time(18), None),
        ("from 2:30 pm to 3:30 p.m.", time(14, 30), time(15, 30)),
        ("at 12 am", time(0), None),
        ("2pm-3pm", time(14), time(15)),
        ("de 14.30 a 15.30 horas", time(14, 30), time(15, 30)),
        ("de las 14:30 a las 15:30", time(14, 30), time(15, 30)),
    ],
)
def test_times_are_read_as_people_spell_them(text: str, start: time, end: time | None):
    assert [(span.start, span.end) for span in spans(text)] == [(start, end)]


@pytest.mark.parametrize(
    "text",
    [
        "20 à 40 minutes",
        "1 h 30 de débat",
        "le 08.07.2026",
        "12.50 €",
        "10.30 %",
        "14 hommes",
        "+33 1 53 41 81 81",
        "version 14.30.2",
        "25h00",
        "13 pm",
        "21-24 octobre 2026",
        "https://example.org:8080/",
    ],
)
def test_what_is_no_time_of_a_day_is_passed_over(text: str):
    assert list(spans(text)) == []


def test_span_keeps_how_it_was_spelled():
    assert list(spans("Le jeudi, de 14h00 à 15h00.")) == [Span("14h00 à 15h00", time(14), time(15))]


def test_cafes_of_the_press_kit_have_two_times():
    text = {"fr": "Les Cafés des RAICT ont lieu de 14h00 à 15h00 le jeudi 9 juillet, après le cocktail déjeuner."}
    edition = an_edition(practical=(Notice({"fr": "Cafés"}, text),))
    assert found(CAFES, "two-times", edition) == ["14h00 à 15h00"]


@pytest.mark.parametrize(
    "notice",
    [
        Notice({"fr": "Sur les stands"}, {"fr": "De 14h à 15h."}, session="cafes"),
        Notice({"fr": "À propos : les Cafés des RAICT"}, {"fr": "Chaque jour. De 14h à 15h."}),
        Notice({"fr": "Les Cafés"}, {"fr": "Le jeudi 9 juillet. De 14h à 15h, après le cocktail déjeuner."}),
    ],
)
def test_notice_about_a_session_is_compared_with_it(notice: Notice):
    assert found(CAFES, "two-times", an_edition(highlights=(notice,))) == ["14h à 15h"]


def test_other_sentences_of_a_notice_do_not_count():
    notice = Notice({"fr": "Venir"}, {"fr": "L’accueil ouvre à 8h30. Les Cafés des RAICT commencent à 14h30."})
    assert found(CAFES, "two-times", an_edition(practical=(notice,))) == []


def test_same_wrong_time_in_three_languages_is_found_once():
    text = {"fr": "De 14h à 15h", "en": "From 2 pm to 3 pm", "es": "De 14.00 a 15.00"}
    assert found(replace(CAFES, description=text), "two-times") == ["14h à 15h"]


def test_order_of_events_within_a_session_fits():
    text = {"fr": "14h30-14h50 : accueil. 14h50-15h30 : échanges."}
    assert found(replace(CAFES, description=text), "two-times") == []


def test_lone_span_must_be_the_session_s_own():
    assert found(replace(CAFES, description={"fr": "14h30-15h"}), "two-times") == ["14h30-15h"]
    assert found(replace(CAFES, description={"fr": "14:30–15:30"}), "two-times") == []


def test_time_is_read_on_the_edition_s_clocks():
    edition = an_edition(timezone="Europe/Lisbon")
    assert found(replace(CAFES, description={"fr": "13h30"}), "two-times", edition) == []


def test_session_that_ends_the_next_day_or_lasts_too_long_is_found():
    assert found(replace(CAFES, end=at(1, day=10)), "beyond-its-day") == [None]
    assert found(a_session(start=at(9), end=at(17)), "beyond-its-day") == []
    assert found(a_session(start=at(9), end=at(17, 1)), "beyond-its-day") == [None]


def test_day_that_left_the_edition_is_a_conflict():
    assert found(CAFES, "outside-edition", an_edition(dates=an_edition().dates[:1])) == [None]


def test_dates_with_their_weekday_are_read_in_three_languages():
    text = "jeudi 9 juillet, Thursday 9 July 2026, jueves 9 de julio de 2026, mercredi 1er avril"
    assert [(day.weekday, day.day, day.month, day.year) for day in days(text)] == [
        (3, 9, 7, None),
        (3, 9, 7, 2026),
        (3, 9, 7, 2026),
        (2, 1, 4, None),
    ]
