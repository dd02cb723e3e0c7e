"""Decisions: who may register, which sessions together, how places are counted."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain import refusals
from services.registration.domain.joining import cancel, register
from services.registration.domain.places import Places, left, level
from services.registration.domain.telling import told
from shared.errors import Refusal
from shared.events import registration as facts
from tests.registration.conftest import (
    EDITION,
    NOW,
    a_category,
    a_house,
    a_session,
    an_application,
    an_edition,
)


def registering(application=None, house=None, *, now=NOW, shared=False, staff=False):
    one, after = register(
        application or an_application(), house or a_house(), id="r1", now=now, shared=shared, staff=staff
    )
    return one, after.places


def test_register_confirms_and_counts_each_place():
    registration, places = registering(an_application(sessions=("2026-01",)))
    assert (registration.status, registration.sessions, registration.release) == ("confirmed", ("2026-01",), 1)
    assert (places.taken, places.categories, places.sessions) == (1, {"elu": 1}, {"2026-01": 1})


def test_register_flags_an_address_already_used():
    registration, _ = registering(shared=True)
    assert registration.same_address


OPENING = datetime(2026, 5, 8, 22, tzinfo=UTC)
CLOSING = datetime(2026, 7, 5, 22, tzinfo=UTC)
"""Midnight in Paris, 60 and 2 days before 8 July."""


@pytest.mark.parametrize(
    ("when", "refusal"),
    [
        (OPENING - timedelta(milliseconds=1), refusals.RegistrationsNotOpen),
        (CLOSING, refusals.RegistrationsClosed),
        (CLOSING + timedelta(days=400), refusals.RegistrationsClosed),
    ],
)
def test_register_outside_the_dates_is_refused(when, refusal):
    with pytest.raises(refusal):
        registering(now=when)


@pytest.mark.parametrize("when", [OPENING, CLOSING - timedelta(milliseconds=1)])
def test_register_within_the_dates_is_accepted(when):
    assert registering(now=when)[0].status == "confirmed"


def test_dates_count_midnights_across_the_change_to_summer_time():
    edition = an_edition(first_day=date(2026, 3, 30), opens_days_before=2)
    assert edition.opens() == datetime(2026, 3, 27, 23, tzinfo=UTC)
    assert edition.closes() == edition.opens()


def test_register_follows_the_dates_of_the_category():
    late = an_edition(categories=(a_category(closes_days_before=0),))
    registration, _ = registering(house=a_house(edition=late), now=CLOSING + timedelta(days=1))
    assert registration.status == "confirmed"


def test_register_in_a_category_that_is_not_public_takes_staff():
    with pytest.raises(refusals.CategoryUnknown):
        registering(an_application(category="equipe"))
    registration, _ = registering(an_application(category="equipe"), staff=True)
    assert registration.category == "equipe"


@pytest.mark.parametrize(
    ("edition", "places", "code"),
    [
        (an_edition(quota=3), Places(EDITION, taken=3), "edition-full"),
        (an_edition(quota=0), Places(EDITION), "edition-full"),
        (
            an_edition(categories=(a_category(quota=2),)),
            Places(EDITION, taken=2, categories={"elu": 2}),
            "category-full",
        ),
        (an_edition(), Places(EDITION, taken=60, sessions={"2026-01": 60}), "session-full"),
    ],
)
def test_register_beyond_a_quota_is_refused(edition, places, code):
    with pytest.raises(Refusal) as refused:
        registering(an_application(sessions=("2026-01",)), a_house(edition=edition, places=places))
    assert refused.value.code == code


def test_register_without_quotas_has_no_limit():
    house = a_house(edition=an_edition(quota=None), places=Places(EDITION, taken=10_000))
    _, places = registering(house=house)
    assert places.taken == 10_001


@pytest.mark.parametrize(
    "session",
    [
        a_session(access="open"),
        a_session(access="invitation"),
        a_session(status="cancelled"),
        a_session("other"),
    ],
)
def test_register_for_a_session_without_sign_up_is_refused(session):
    with pytest.raises(refusals.SessionUnknown):
        registering(an_application(sessions=("2026-01",)), a_house(session))


def test_register_for_two_workshops_at_once_names_day_and_time():
    house = a_house(a_session("a"), a_session("b", hour=13, minute=0))
    with pytest.raises(refusals.WorkshopsOverlap) as refused:
        registering(an_application(sessions=("a", "b")), house)
    assert refused.value.params["sessions"] == ("a", "b")
    assert refused.value.params["weekday"] == house.programme.sessions["b"].start


def test_register_for_a_workshop_and_a_meeting_at_once_speaks_of_sessions():
    house = a_house(a_session("a"), a_session("b", kind="reunion"))
    with pytest.raises(refusals.SessionsOverlap) as refused:
        registering(an_application(sessions=("a", "b")), house)
    assert not isinstance(refused.value, refusals.WorkshopsOverlap)


def test_register_for_sessions_that_touch_is_accepted_in_order_of_time():
    house = a_house(a_session("b", hour=14, minute=0), a_session("a"))
    registration, _ = registering(an_application(sessions=("b", "a", "b")), house)
    assert registration.sessions == ("a", "b")


def test_cancel_frees_the_places_once():
    house = a_house()
    one, taken = register(an_application(sessions=("2026-01",)), house, id="r1", now=NOW, shared=False)
    cancelled, freed = cancel((one, taken), NOW)
    assert (cancelled.status, cancelled.sequence, cancelled.cancelled_at) == ("cancelled", 2, NOW)
    assert (cancelled.sessions, freed.places.sessions) == (("2026-01",), {"2026-01": 0})
    assert (freed.places.taken, freed.places.cancelled) == (0, 1)
    assert cancel((cancelled, freed), NOW) == (cancelled, freed)


def test_free_more_than_taken_is_an_error():
    with pytest.raises(ValueError, match="more places freed"):
        Places(EDITION).take("elu", -1)


def test_told_carries_the_whole_public_state_and_no_phone():
    registration, _ = registering(an_application(sessions=("2026-01",), phone="+33 6 12 34 56 78"))
    fact = told(registration, a_house(), "https://raict.example/mon-inscription/x")
    assert isinstance(fact, facts.Confirmed)
    assert fact.enrolments == (facts.Enrolment(session="2026-01", state="enrolled"),)
    assert fact.category_label["en"] == "Elected"
    assert "+33 6 12 34 56 78" not in fact.model_dump_json()


def test_told_names_a_vanished_category_by_its_id():
    registration, _ = registering()
    assert told(registration, a_house(edition=an_edition(categories=())), "x").category_label == {"fr": "elu"}


def test_places_told_lists_sign_up_sessions_only():
    house = a_house(a_session("a", capacity=48), a_session("b", access="open"))
    fact = Places(EDITION, taken=7, sessions={"a": 5}).told(600, house.programme, "Europe/Paris")
    assert (fact.quota, fact.taken) == (600, 7)
    assert [(one.session, one.quota, one.taken) for one in fact.sessions] == [("a", 48, 5)]


@pytest.mark.parametrize(
    ("quota", "taken", "expected"),
    [(None, 9, "free"), (4, 2, "free"), (4, 3, "soon"), (4, 4, "full"), (4, 5, "full"), (0, 0, "full")],
)
def test_level_is_soon_from_three_quarters(quota, taken, expected):
    assert level(quota, taken) == expected


@given(quota=st.none() | st.integers(0, 100), taken=st.integers(0, 200))
def test_left_is_never_negative(quota, taken):
    assert left(quota, taken) is None or left(quota, taken) >= 0
