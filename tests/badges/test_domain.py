"""What the door answers, and what a registration's facts do to its badges, in any order."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from services.badges.domain import (
    CheckIn,
    Entry,
    NonceReused,
    Presented,
    Reason,
    Result,
    check_in,
    project,
    revoke,
    same_question,
    to_withdraw,
)
from tests.badges.factories import BEFORE, FIRST_MORNING, a_badge, a_holder, an_edition

SECOND_MORNING = FIRST_MORNING + timedelta(days=1)


def presented(badge=None, gate="Iéna", key="token:desk:n1") -> Presented:
    return Presented(key=key, badge=badge.id if badge else None, gate=gate, scanned_at=FIRST_MORNING)


def answered(now, badge=None, gate="Iéna") -> tuple[CheckIn, object]:
    badge = badge or a_badge()
    answer, after, _, facts = check_in(presented(badge, gate), an_edition(), badge, a_holder(), now)
    return answer, after, facts


def test_first_scan_of_the_day_is_admitted_and_told():
    answer, after, facts = answered(FIRST_MORNING)
    assert (answer.result, answer.rehearsal, answer.first_seen) == (Result.ADMITTED, False, None)
    assert after.entries == (Entry(FIRST_MORNING, an_edition().dates[0], "Iéna", rehearsal=False),)
    assert [(fact.at, fact.gate, fact.rehearsal) for fact in facts] == [(FIRST_MORNING, "Iéna", False)]


def test_second_scan_of_the_day_says_when_and_where_the_first_was():
    _, once, _ = answered(FIRST_MORNING)
    answer, after, facts = answered(FIRST_MORNING + timedelta(hours=2), once, gate="Autre porte")
    assert (answer.result, answer.first_seen, answer.first_gate) == (Result.ALREADY, FIRST_MORNING, "Iéna")
    assert (after, facts) == (once, [])


def test_second_day_admits_again():
    _, once, _ = answered(FIRST_MORNING)
    assert answered(SECOND_MORNING, once)[0].result is Result.ADMITTED


def test_rehearsal_answers_as_on_the_day_and_does_not_count_for_it():
    answer, rehearsed, facts = answered(BEFORE)
    assert (answer.result, answer.rehearsal) == (Result.ADMITTED, True)
    assert [fact.rehearsal for fact in facts] == [True]
    again, *_ = answered(BEFORE + timedelta(minutes=1), rehearsed)
    assert (again.result, again.first_seen) == (Result.ALREADY, BEFORE)
    assert answered(FIRST_MORNING, rehearsed)[0].result is Result.ADMITTED


@pytest.mark.parametrize(
    ("moment", "rehearsal"),
    [(datetime(2026, 7, 7, 21, 59, tzinfo=UTC), True), (datetime(2026, 7, 7, 22, 0, tzinfo=UTC), False)],
)
def test_first_day_begins_at_midnight_at_the_venue(moment, rehearsal):
    assert answered(moment)[0].rehearsal is rehearsal


def test_day_after_the_last_is_another_day():
    answer, after, facts = answered(SECOND_MORNING + timedelta(days=1))
    assert (answer.result, after.entries, facts) == (Result.WRONG_DAY, (), [])


def test_revoked_badge_is_refused_on_any_day():
    _, badge, told = revoke(a_holder(), a_badge(), Reason.CANCELLED, BEFORE)
    assert (told.reason, told.generation) == ("cancelled", 1)
    for moment in (BEFORE, FIRST_MORNING, SECOND_MORNING + timedelta(days=9)):
        answer, _, facts = answered(moment, badge)
        assert (answer.result, facts) == (Result.REVOKED, [])


def test_nothing_of_ours_is_unknown():
    answer, badge, holder, facts = check_in(presented(), an_edition(), None, None, FIRST_MORNING)
    assert (answer.result, answer.registration, badge, holder, facts) == (Result.UNKNOWN, None, None, None, [])


def test_nonce_that_returns_with_another_badge_is_refused():
    answer, *_ = answered(FIRST_MORNING)
    same_question(answer, presented(a_badge()))
    for other in (presented(a_badge(registration="r2")), presented(a_badge(), gate="Autre porte"), presented()):
        with pytest.raises(NonceReused):
            same_question(answer, other)


FIRST = a_holder(sequence=1)
CANCELLED = a_holder(sequence=2, status="cancelled")
CEDED = a_holder(sequence=3, generation=2, given_name="Maëlle")


@pytest.mark.parametrize("order", [*permutations([FIRST, CANCELLED])])
def test_cancellation_leaves_nothing_due_in_any_order(order):
    known = None
    for told in order:
        known = project(known, told) or known
    assert (known.status, known.due, known.sequence) == ("cancelled", False, 2)


@pytest.mark.parametrize("order", [*permutations([FIRST, CANCELLED, CEDED])])
def test_newest_fact_wins_in_any_order_and_a_new_generation_falls_due(order):
    known = None
    for told in order:
        known = project(known, told) or known
    assert (known.given_name, known.generation, known.due) == ("Maëlle", 2, True)


def test_confirmation_of_a_generation_that_has_its_badge_asks_for_none():
    issued = a_holder(told=1, due=False)
    after = project(issued, a_holder(sequence=2, function="Maire"))
    assert (after.function, after.due, after.told) == ("Maire", False, 1)


def test_new_generation_replaces_the_older_badge_only():
    older, newer = a_badge(), a_badge(generation=2)
    assert to_withdraw(CEDED, [older, newer]) == [(older, Reason.REPLACED)]


def test_cancellation_withdraws_every_active_badge():
    older, newer = a_badge(state="revoked", reason=Reason.REPLACED), a_badge(generation=2)
    assert to_withdraw(CANCELLED, [older, newer]) == [(newer, Reason.CANCELLED)]
