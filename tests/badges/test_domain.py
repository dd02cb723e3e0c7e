"""What the door answers, and what a registration's facts do to its badges, in any order."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.badges.domain import (
    Badge,
    CheckIn,
    Entry,
    Holder,
    NonceReused,
    Presented,
    Reason,
    Result,
    check_in,
    issue,
    project,
    revoke,
    same_question,
    to_withdraw,
)
from shared.events import Fact
from shared.events.badges import Issued
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


def test_fact_that_leaves_the_badge_as_it_is_asks_for_none():
    after = project(a_holder(told=1), a_holder(sequence=2))
    assert (after.sequence, after.due, after.told) == (2, False, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"given_name": "Maëlle"},
        {"family_name": "Autret"},
        {"function": "Maire"},
        {"organisation": "Brest métropole"},
        {"category": "agent", "category_label": {"fr": "Agent"}},
        {"image": False},
        {"language": "es"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_change_of_what_stands_on_the_badge_has_it_drawn_again_and_voids_nothing(change):
    after = project(a_holder(told=1), a_holder(sequence=2, **change))
    assert after.due is True
    assert to_withdraw(after, [a_badge()]) == []


@pytest.mark.parametrize("before", ["pending", "waitlisted", "offered"])
def test_place_that_was_waited_for_gives_a_badge_of_the_same_generation(before):
    waiting = project(None, a_holder(status=before))
    assert waiting.due is False
    assert project(waiting, a_holder(sequence=2)).due is True


def test_new_generation_voids_the_older_badge_only():
    older, newer = a_badge(), a_badge(generation=2)
    assert to_withdraw(CEDED, [older, newer]) == [(older, Reason.TRANSFERRED)]


def test_place_that_is_no_longer_confirmed_voids_the_badge_until_it_is_again():
    waiting = project(a_holder(told=1), a_holder(sequence=2, status="pending"))
    ((badge, reason),) = to_withdraw(waiting, [a_badge()])
    assert reason is Reason.UNCONFIRMED
    _, void, _ = revoke(waiting, badge, reason, BEFORE)
    again = project(waiting, a_holder(sequence=3))
    _, drawn, _ = issue(again, void, a_badge(), "link", "pdf")
    assert (again.due, drawn) == (True, a_badge())


def test_cancellation_withdraws_every_active_badge():
    older, newer = a_badge(state="revoked", reason=Reason.TRANSFERRED), a_badge(generation=2)
    assert to_withdraw(CANCELLED, [older, newer]) == [(newer, Reason.CANCELLED)]


@st.composite
def histories(draw) -> list[Holder]:
    """What a registration may go through: hands change, fields change, places come and go."""
    told, generation = [], 1
    for sequence in range(1, draw(st.integers(1, 6)) + 1):
        generation += draw(st.booleans()) and sequence > 1
        status = draw(st.sampled_from(["pending", "waitlisted", "offered", "confirmed", "confirmed", "cancelled"]))
        function = draw(st.sampled_from(["Maire", "Adjointe"]))
        told.append(a_holder(sequence=sequence, generation=generation, status=status, function=function))
    return told


def lived(told: list[Holder], rests: list[bool]) -> tuple[Holder, dict[int, Badge], list[Fact]]:
    """The facts in this order; after each one with a rest, what is due is drawn."""
    known: Holder | None = None
    badges: dict[int, Badge] = {}
    facts: list[Fact] = []
    for one, rest in zip(told, [*rests, True], strict=True):
        known = project(known, one) or known
        for badge, reason in to_withdraw(known, [*badges.values()]):
            known, badges[badge.generation], fact = revoke(known, badge, reason, BEFORE)
            facts.append(fact)
        if known.due and rest:
            made = a_badge(generation=known.generation)
            known, badges[made.generation], fact = issue(known, badges.get(made.generation), made, "link", "pdf")
            facts.append(fact)
    return known, badges, facts


@given(histories(), st.data())
def test_any_order_of_facts_ends_with_the_same_badge(history, data):
    shuffled = data.draw(st.permutations(history))
    rests = data.draw(st.lists(st.booleans(), min_size=len(history) - 1, max_size=len(history) - 1))
    known, badges, facts = lived(shuffled, rests)
    newest = history[-1]
    wanted = [newest.generation] if newest.status == "confirmed" else []
    assert [badge.generation for badge in badges.values() if badge.state == "active"] == wanted
    assert (known.sequence, known.due, known.told) == (newest.sequence, False, len(facts))
    if wanted:
        drawn = [fact for fact in facts if isinstance(fact, Issued) and fact.generation == newest.generation]
        assert history[drawn[-1].drawn_from - 1].face == newest.face
