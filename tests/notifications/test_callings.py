"""Every fact of a registration calls for its mails, once each; what is no longer true is dropped."""

import itertools
from datetime import timedelta

import pytest

from services.notifications.domain import mails
from services.notifications.domain.attempts import Outcome, Verdict
from services.notifications.domain.deliveries import State, Template
from services.notifications.domain.mails import Correspondence
from services.notifications.domain.told import Mention, Place
from shared.events.registration import (
    Amended,
    Cancelled,
    Confirmed,
    LinkRequested,
    Offered,
    Refused,
    Submitted,
    Transferred,
    Waitlisted,
)
from tests.notifications.factories import NOW, PATIENCE, a_fact, a_person, waits_for

LATER = NOW + timedelta(hours=2)
OFFER = {"waiting": (waits_for("2026-02", until=LATER),), "session": "2026-02"}


def learn(mail, fact, sequence, now=NOW):
    return mails.learnt(mail, fact, sequence, now=now, patience=PATIENCE)


def history(*facts):
    """The mail after these facts, numbered from 1."""
    mail = Correspondence()
    for sequence, fact in enumerate(facts, 1):
        mail = learn(mail, fact, sequence)
    return mail


def queued(mail):
    """What is to leave: each template with its recipient."""
    found = [one for one in mail.deliveries.values() if one.state is State.QUEUED]
    return sorted((str(one.template), one.recipient.split("@")[0]) for one in found)


def reasons(mail):
    return {str(one.template): one.reason for one in mail.deliveries.values() if one.state is State.EXPIRED}


def send(mail, template, now=NOW, said=()):
    id = next(one.id for one in mail.deliveries.values() if one.template is template and one.due is not None)
    claimed = mails.claimed(mail, id, sender="me", now=now, release=1)
    return mails.settled(claimed, id, Outcome(Verdict.ACCEPTED), sender="me", now=now, said=said)


SAID = (Mention("2026-01", "2026-01@rencontres.example", Place(NOW, LATER, "Salle Monge", False), "chosen", 2),)
ME = "solene.kervadec"


@pytest.mark.parametrize(
    ("fact", "mails"),
    [
        (a_fact(Submitted, "pending"), [("submitted", ME)]),
        (a_fact(Confirmed), [("confirmation", ME)]),
        (a_fact(Waitlisted, "waitlisted", position=4), [("waitlisted", ME)]),
        (a_fact(Offered, "offered", offered_until=LATER), [("offered", ME)]),
        (a_fact(Offered, "confirmed", **OFFER), [("offered", ME)]),
        (a_fact(Refused, "refused"), [("refused", ME)]),
        (a_fact(Cancelled, "cancelled"), [("cancellation", ME)]),
        (a_fact(Cancelled, "cancelled", reason="offer-declined"), [("cancellation", ME)]),
        (a_fact(Cancelled, "cancelled", reason="offer-expired"), [("offer-expired", ME)]),
        (a_fact(LinkRequested), [("lost-link", ME)]),
        (a_fact(Amended, changed=("sessions",)), [("sessions-changed", ME)]),
        (a_fact(Amended, "pending", changed=("sessions",)), [("data-changed", ME)]),
        (a_fact(Amended, changed=("offer-accepted", "sessions"), session="2026-02"), [("sessions-changed", ME)]),
        (a_fact(Amended, changed=("offer-expired",), session="2026-02"), [("offer-expired", ME)]),
        (a_fact(Amended, changed=("offer-withdrawn",), session="2026-02"), []),
        (a_fact(Amended, changed=("offer-declined",), session="2026-02"), []),
        (a_fact(Amended, changed=("link",)), [("new-link", ME)]),
        (a_fact(Amended, changed=("function", "phone")), [("data-changed", ME)]),
        (
            a_fact(Amended, changed=("email",), previous_email="old@mairie.example"),
            [("address-changed", "old"), ("data-changed", ME)],
        ),
        (
            a_fact(Transferred, generation=2, previous=a_person(email="before@mairie.example")),
            [("transfer-given", "before"), ("transfer-received", ME)],
        ),
    ],
)
def test_each_fact_calls_for_its_mails_once(fact, mails):
    once = history(fact)
    assert queued(once) == mails
    assert learn(once, fact, 1) == once


def test_the_same_change_made_twice_is_told_twice():
    there, back = (a_fact(Amended, changed=("function",), function=function) for function in ("Maire", "Adjointe"))
    assert queued(history(there, back, there)) == [("data-changed", ME)] * 3


@pytest.mark.parametrize(
    ("first", "then", "reason"),
    [
        (a_fact(Submitted, "pending"), a_fact(Confirmed), {"submitted": "decided-meanwhile"}),
        (a_fact(Submitted, "pending"), a_fact(Refused, "refused"), {"submitted": "decided-meanwhile"}),
        (
            a_fact(Waitlisted, "waitlisted"),
            a_fact(Offered, "offered", offered_until=LATER),
            {"waitlisted": "decided-meanwhile"},
        ),
        (a_fact(Offered, "offered", offered_until=LATER), a_fact(Confirmed), {"offered": "offer-over"}),
        (
            a_fact(Offered, **OFFER),
            a_fact(Amended, changed=("offer-accepted", "sessions"), sessions=("2026-02",)),
            {"offered": "offer-over"},
        ),
        (a_fact(Offered, **OFFER), a_fact(Amended, changed=("offer-declined",)), {"offered": "offer-over"}),
        (
            a_fact(Confirmed),
            a_fact(Transferred, generation=2, previous=a_person(), email="new@mairie.example"),
            {"confirmation": "transferred-meanwhile"},
        ),
        (
            a_fact(Amended, changed=("function",)),
            a_fact(Cancelled, "cancelled"),
            {"data-changed": "cancelled-meanwhile"},
        ),
    ],
)
def test_a_mail_that_is_no_longer_true_is_dropped_whatever_the_order(first, then, reason):
    in_order = history(first, then)
    assert reasons(in_order) == reason
    reverse = learn(learn(Correspondence(), then, 2), first, 1)
    assert (queued(reverse), reasons(reverse)) == (queued(in_order), reason)


def test_an_offer_is_not_made_once_its_time_has_passed():
    mail = history(a_fact(Offered, "offered", offered_until=LATER))
    (offer,) = mail.deliveries.values()
    assert reasons(mails.claimed(mail, offer.id, sender="me", now=LATER)) == {"offered": "offer-over"}


def test_without_the_rule_of_staleness_an_offer_leaves_after_its_time(monkeypatch):
    mail = history(a_fact(Offered, "offered", offered_until=LATER))
    (offer,) = mail.deliveries.values()
    monkeypatch.setattr(mails, "staleness", lambda _delivery, _situation: "")
    late = mails.claimed(mail, offer.id, sender="me", now=LATER)
    assert late.deliveries[offer.id].state == "sending"


def test_a_second_offer_of_the_same_place_is_another_mail():
    expired = a_fact(Amended, changed=("offer-expired",), session="2026-02")
    again = a_fact(Offered, waiting=(waits_for("2026-02", until=LATER + PATIENCE),), session="2026-02")
    assert queued(history(a_fact(Offered, **OFFER), expired, again)) == [("offer-expired", ME), ("offered", ME)]


FACTS = (
    a_fact(Submitted, "pending"),
    a_fact(Confirmed),
    a_fact(Amended, changed=("sessions",), sessions=("2026-02",)),
    a_fact(Transferred, generation=2, previous=a_person(), email="new@mairie.example", sessions=("2026-02",)),
    a_fact(LinkRequested, generation=2, email="new@mairie.example", sessions=("2026-02",)),
)


@pytest.mark.parametrize("order", [*itertools.permutations(range(5))])
def test_any_order_of_facts_leaves_the_same_mails(order):
    mail = Correspondence()
    for index in order:
        mail = learn(mail, FACTS[index], index + 1)
    expected = [("lost-link", "new"), ("transfer-given", ME), ("transfer-received", "new")]
    assert queued(mail) == expected
    assert mail.known.sequence == 5
    assert set(reasons(mail).values()) <= {"decided-meanwhile", "transferred-meanwhile"}


def test_a_transfer_brings_the_badge_of_the_new_generation():
    mail = mails.issued(history(a_fact(Confirmed)), 1, now=NOW)
    mail = learn(mail, a_fact(Transferred, generation=2, previous=a_person(), email="new@mairie.example"), 2)
    (received,) = [one for one in mail.deliveries.values() if one.template is Template.TRANSFER_RECEIVED]
    assert received.due == NOW + PATIENCE
    assert mails.issued(mail, 2, now=NOW).deliveries[received.id].due == NOW


def test_what_changed_on_the_badge_waits_for_the_badge_that_shows_it():
    mail = mails.issued(history(a_fact(Confirmed)), 1, now=NOW, drawn_from=1)
    mail = learn(send(mail, Template.CONFIRMATION, said=SAID), a_fact(Amended, changed=("function",)), 2)
    (changed,) = [one for one in mail.deliveries.values() if one.template is Template.DATA_CHANGED]
    assert changed.due == NOW + PATIENCE
    assert mails.issued(mail, 1, now=NOW, drawn_from=1).deliveries[changed.id].due == NOW + PATIENCE
    drawn = mails.issued(mail, 1, now=NOW, drawn_from=2)
    assert drawn.deliveries[changed.id].due == NOW
    assert send(drawn, Template.DATA_CHANGED).deliveries[changed.id].with_badge is True
    late = send(mail, Template.DATA_CHANGED, now=NOW + PATIENCE)
    assert late.deliveries[changed.id].with_badge is False


@pytest.mark.parametrize("field", ["language", "image"])
def test_language_and_image_stand_on_the_badge_too(field):
    mail = learn(history(a_fact(Confirmed)), a_fact(Amended, changed=("consents", field)), 2)
    (changed,) = [one for one in mail.deliveries.values() if one.template is Template.DATA_CHANGED]
    assert changed.due == NOW + PATIENCE


@pytest.mark.parametrize("field", ["phone", "consents"])
def test_what_does_not_stand_on_the_badge_leaves_at_once(field):
    mail = mails.issued(history(a_fact(Confirmed)), 1, now=NOW)
    mail = learn(mail, a_fact(Amended, changed=(field,)), 2)
    (changed,) = [one for one in mail.deliveries.values() if one.template is Template.DATA_CHANGED]
    assert changed.due == NOW
    assert send(mail, Template.DATA_CHANGED).deliveries[changed.id].with_badge is False


def test_what_waited_for_an_address_that_was_wrong_leaves_for_the_right_one():
    amended = a_fact(Amended, changed=("email",), email="right@mairie.example", previous_email=f"{ME}@mairie.example")
    mail = history(a_fact(Confirmed), amended)
    assert reasons(mail) == {"confirmation": "readdressed"}
    assert queued(mail) == [("address-changed", ME), ("confirmation", "right"), ("data-changed", "right")]
    reverse = learn(learn(Correspondence(), amended, 2), a_fact(Confirmed), 1)
    assert queued(reverse) == queued(mail)


def test_several_choices_waiting_to_be_told_are_told_in_one_mail():
    mail = send(mails.issued(history(a_fact(Confirmed)), 1, now=NOW), Template.CONFIRMATION, said=SAID)
    for sequence, sessions in enumerate([("2026-02",), ("2026-13",)], 2):
        mail = learn(mail, a_fact(Amended, changed=("sessions",), sessions=sessions), sequence)
    mail = send(mail, Template.SESSIONS_CHANGED, said=SAID)
    assert (queued(mail), reasons(mail)) == ([], {"sessions-changed": "already-told"})


def test_two_timetables_of_one_person_are_never_on_their_way_at_a_time():
    mail = send(mails.issued(history(a_fact(Confirmed)), 1, now=NOW), Template.CONFIRMATION, said=SAID)
    mail = learn(mail, a_fact(Amended, changed=("sessions",)), 2)
    first, *_ = [one for one in mail.deliveries.values() if one.template is Template.SESSIONS_CHANGED]
    mail = mails.claimed(mail, first.id, sender="me", now=NOW)
    mail = learn(mail, a_fact(Amended, changed=("sessions",)), 3)
    (second,) = [one for one in mail.deliveries.values() if one.state is State.QUEUED]
    waiting = mails.claimed(mail, second.id, sender="me", now=NOW).deliveries[second.id]
    assert (waiting.state, waiting.due) == (State.QUEUED, NOW + mails.AFTER_THE_OTHER)


@pytest.mark.parametrize("fact", [Submitted, Confirmed, Waitlisted])
def test_who_was_brought_in_quietly_gets_no_mail_and_no_badge_until_something_else_happens(fact):
    brought = history(a_fact(fact, quiet=True))
    with_badge = mails.issued(brought, 1, now=NOW, drawn_from=1)
    assert queued(with_badge) == []
    assert brought.known.fact.quiet
    later = learn(with_badge, a_fact(Amended, changed=("sessions",)), 2)
    assert queued(later) == [("sessions-changed", ME)]
    assert queued(learn(with_badge, a_fact(Cancelled, "cancelled"), 2)) == [("cancellation", ME)]
