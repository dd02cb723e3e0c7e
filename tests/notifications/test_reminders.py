"""Reminders: when they leave, to whom, once, never about the past."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.notifications.domain import mails, reminders, staleness
from services.notifications.domain.attempts import Outcome, Verdict
from services.notifications.domain.deliveries import Template
from services.notifications.domain.mails import Correspondence
from services.notifications.domain.reminders import BadAmount, Firing, Occasion, Rule, SameRule
from tests.notifications.factories import (
    EDITION,
    NOW,
    PATIENCE,
    a_confirmed,
    a_released,
    a_session,
    an_edition,
)

OPENING = datetime(2026, 7, 8, 12, 30, tzinfo=UTC)
MADE = datetime(2026, 5, 1, tzinfo=UTC)
TWO_DAYS = Rule("e", EDITION, "edition", 2, "days", MADE)
ONE_HOUR = Rule("s", EDITION, "session", 1, "hours", MADE)


def the(rule: Rule, edition=None, released=None, session: str = "") -> Occasion:
    found = reminders.occasions(rule, edition or an_edition(), released or a_released())
    (one,) = [occasion for occasion in found if occasion.session == session]
    return one


def test_an_edition_begins_with_its_first_session_or_at_nine():
    assert reminders.begins(an_edition(), a_released()) == OPENING
    assert reminders.begins(an_edition(), None) == datetime(2026, 7, 8, 7, tzinfo=UTC)


def test_days_keep_the_hour_on_the_clock_where_it_changes():
    sunday = a_released(sessions=(a_session("a", 8, "09:30", "10:00", "A"),))
    autumn = an_edition(dates=(date(2026, 10, 26),))
    moved = sunday.sessions[0].model_copy(update={"start": datetime(2026, 10, 26, 8, 30, tzinfo=UTC)})
    occasion = the(TWO_DAYS, autumn, sunday.model_copy(update={"sessions": (moved,)}))
    assert occasion.moment == datetime(2026, 10, 24, 7, 30, tzinfo=UTC)


def test_a_session_rule_speaks_of_each_session_one_signs_up_for_that_takes_place():
    sessions = (*a_released().sessions, a_session("x", 9, "09:00", "10:00", "X", status="cancelled"))
    found = [*reminders.occasions(ONE_HOUR, an_edition(), a_released(sessions=sessions))]
    assert [one.session for one in found] == ["2026-01", "2026-02", "2026-13"]
    assert found[0].moment == OPENING - timedelta(hours=1)


def test_a_session_that_moves_within_its_day_is_the_same_occasion():
    later = a_released(sessions=(a_session("2026-01", 8, "17:00", "18:00", "A"),))
    tomorrow = a_released(sessions=(a_session("2026-01", 9, "14:30", "16:00", "A"),))
    ids = [the(ONE_HOUR, released=one, session="2026-01").id for one in (a_released(), later, tomorrow)]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("rule", "late", "reason"),
    [
        (TWO_DAYS, timedelta(0), ""),
        (TWO_DAYS, timedelta(hours=6), ""),
        (TWO_DAYS, timedelta(hours=7), "too-late"),
        (ONE_HOUR, timedelta(minutes=30), ""),
        (ONE_HOUR, timedelta(minutes=31), "too-late"),
        (replace(ONE_HOUR, since=OPENING), timedelta(0), "made-later"),
    ],
)
def test_what_should_have_left_long_ago_does_not_leave(rule, late, reason):
    occasion = the(rule, session="2026-01" if rule.anchor == "session" else "")
    assert occasion.skipped(occasion.moment + late) == reason


def test_what_was_skipped_gets_another_chance_when_its_moment_moves():
    occasion = the(ONE_HOUR, session="2026-01")
    skipped = Firing.begun(occasion, occasion.moment + timedelta(minutes=40))
    later = the(
        ONE_HOUR, released=a_released(sessions=(a_session("2026-01", 8, "17:00", "18:00", "A"),)), session="2026-01"
    )
    assert (occasion.is_open(skipped), later.is_open(skipped)) == (False, True)
    assert not later.is_open(replace(skipped, state="done"))


@pytest.mark.parametrize(
    ("changes", "reminded"),
    [
        ({}, True),
        ({"sessions": ("2026-02",)}, False),
        ({"registered_at": OPENING}, False),
        ({"status": "offered"}, False),
        ({"status": "waitlisted"}, False),
    ],
)
def test_a_reminder_is_for_those_who_had_a_place_when_it_left(changes, reminded):
    fact = a_confirmed(**changes)
    assert reminders.concerns(fact, the(ONE_HOUR, session="2026-01")) is reminded


@pytest.mark.parametrize(("amount", "unit"), [(0, "days"), (61, "days"), (73, "hours")])
def test_a_time_before_that_makes_no_sense_is_refused(amount, unit):
    with pytest.raises(BadAmount):
        reminders.checked(replace(TWO_DAYS, amount=amount, unit=unit), [])


def test_two_rules_that_would_write_at_the_same_time_are_refused():
    with pytest.raises(SameRule):
        reminders.checked(replace(TWO_DAYS, id="other"), [TWO_DAYS])
    assert reminders.checked(replace(TWO_DAYS, amount=2), [TWO_DAYS]) == TWO_DAYS


def test_a_reminder_that_waited_until_its_session_began_or_was_given_up_is_stale():
    fact = a_confirmed()
    mail = mails.learnt(Correspondence(), fact, 1, now=NOW, patience=PATIENCE)
    mail = reminders.reminded(mail, the(ONE_HOUR, session="2026-01"), now=NOW)
    (one,) = [delivery for delivery in mail.deliveries.values() if delivery.template is Template.REMINDER_SESSION]
    assert mail.staleness(one, OPENING - timedelta(minutes=1)) == ""
    assert mail.staleness(one, OPENING) == staleness.TOO_LATE
    gone = a_confirmed(sessions=())
    later = replace(mail, known=replace(mail.known, fact=gone))
    assert later.staleness(one, NOW) == staleness.DECIDED_MEANWHILE


def test_a_mail_that_is_refused_for_now_still_counts_as_a_reminder():
    fact = a_confirmed()
    mail = mails.learnt(Correspondence(), fact, 1, now=NOW, patience=PATIENCE)
    mail = reminders.reminded(mail, the(TWO_DAYS), now=NOW)
    (one,) = [delivery for delivery in mail.deliveries.values() if delivery.template is Template.REMINDER_EDITION]
    taken = mails.claimed(mail, one.id, sender="me", now=NOW)
    back = mails.settled(taken, one.id, Outcome(Verdict.REFUSED_FOR_NOW), sender="me", now=NOW)
    assert reminders.reminded(back, the(TWO_DAYS), now=NOW) is back
