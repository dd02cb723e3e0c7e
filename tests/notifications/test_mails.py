"""Each fact calls for its mail once, whatever the order; each person takes exactly one of the two ways to the badge."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.notifications.domain import attempts, deliveries, mails
from services.notifications.domain.attempts import NotRetryable, Outcome, Verdict
from services.notifications.domain.deliveries import DOUBTS, Delivery, State, Template
from services.notifications.domain.mails import Correspondence
from tests.notifications.factories import NOW, PATIENCE, a_cancelled, a_confirmed

NOTHING = Correspondence()
ACCEPTED = Outcome(Verdict.ACCEPTED)


def confirm(mail, now=NOW, sequence=1, **changes):
    return mails.learnt(mail, a_confirmed(**changes), sequence, now=now, patience=PATIENCE)


def cancel(mail, now=NOW, sequence=2):
    return mails.learnt(mail, a_cancelled(), sequence, now=now, patience=PATIENCE)


def issue(mail, now=NOW, generation=1):
    return mails.issued(mail, generation, now=now)


def of(mail: Correspondence, template: Template) -> Delivery | None:
    found = [delivery for delivery in mail.deliveries.values() if delivery.template is template]
    assert len(found) <= 1
    return found[0] if found else None


def confirmation(mail):
    return of(mail, Template.CONFIRMATION)


def attempt(mail, template, outcome=ACCEPTED, now=NOW):
    id = of(mail, template).id
    claimed = mails.claimed(mail, id, sender="me", now=now)
    return mails.settled(claimed, id, outcome, sender="me", now=now)


def test_a_confirmation_waits_for_its_badge():
    assert confirmation(confirm(NOTHING)).due == NOW + PATIENCE


def test_a_confirmation_leaves_at_once_when_the_badge_comes():
    later = NOW + timedelta(seconds=3)
    assert confirmation(issue(confirm(NOTHING), later)).due == later


def test_a_confirmation_leaves_at_once_when_the_badge_was_first():
    assert confirmation(confirm(issue(NOTHING))).due == NOW


def test_a_badge_of_another_generation_does_not_count():
    assert confirmation(issue(confirm(NOTHING, generation=2), generation=1)).due == NOW + PATIENCE


def test_a_badge_that_is_late_follows_in_its_own_mail():
    late = NOW + PATIENCE
    sent = attempt(confirm(NOTHING), Template.CONFIRMATION, now=late)
    assert confirmation(sent).with_badge is False
    assert of(sent, Template.BADGE_READY) is None
    assert of(issue(sent, late), Template.BADGE_READY).state is State.QUEUED


def test_a_badge_that_comes_while_the_confirmation_is_being_sent_follows_afterwards():
    late = NOW + PATIENCE
    mail = confirm(NOTHING)
    id = confirmation(mail).id
    mail = issue(mails.claimed(mail, id, sender="me", now=late), late)
    assert of(mail, Template.BADGE_READY) is None
    mail = mails.settled(mail, id, ACCEPTED, sender="me", now=late)
    assert of(mail, Template.BADGE_READY).due == late


def test_a_confirmation_refused_for_now_takes_the_badge_that_came_meanwhile():
    late = NOW + PATIENCE
    mail = attempt(confirm(NOTHING), Template.CONFIRMATION, Outcome(Verdict.REFUSED_FOR_NOW), late)
    mail = issue(mail, late)
    mail = attempt(mail, Template.CONFIRMATION, now=confirmation(mail).due)
    assert confirmation(mail).with_badge is True
    assert of(mail, Template.BADGE_READY) is None


def test_a_confirmation_that_may_have_arrived_says_the_same_again():
    late = NOW + PATIENCE
    mail = attempt(confirm(NOTHING), Template.CONFIRMATION, Outcome(Verdict.UNKNOWN), late)
    mail = issue(mail, late)
    mail = attempt(mail, Template.CONFIRMATION, now=confirmation(mail).due)
    assert confirmation(mail).with_badge is False
    assert of(mail, Template.BADGE_READY).state is State.QUEUED


def test_a_cancellation_drops_the_confirmation_that_has_not_left():
    mail = cancel(confirm(NOTHING))
    assert confirmation(mail).state is State.EXPIRED
    assert of(mail, Template.CANCELLATION).state is State.QUEUED


def test_a_confirmation_overtaken_by_its_cancellation_is_recorded_and_never_sent():
    mail = confirm(issue(cancel(NOTHING)))
    assert confirmation(mail).state is State.EXPIRED
    assert mail.cancelled


def test_a_confirmation_that_may_have_arrived_is_not_sent_again_after_the_cancellation():
    mail = attempt(issue(confirm(NOTHING)), Template.CONFIRMATION, Outcome(Verdict.UNKNOWN))
    mail = cancel(mail)
    assert (confirmation(mail).state, confirmation(mail).due) == (State.UNKNOWN, None)


def test_a_replayed_fact_changes_nothing():
    mail = attempt(issue(confirm(NOTHING)), Template.CONFIRMATION)
    assert issue(confirm(mail)) == mail


def test_the_newest_state_wins_whatever_the_order():
    older, newer = {"family_name": "Kervadec"}, {"family_name": "Kervadec-Diallo"}
    forwards = confirm(confirm(NOTHING, **older), sequence=2, **newer)
    backwards = confirm(confirm(NOTHING, sequence=2, **newer), **older)
    assert forwards.known == backwards.known
    assert forwards.known.fact.person.family_name == "Kervadec-Diallo"


def test_a_delivery_somebody_else_took_over_is_not_settled_by_its_first_sender():
    mail = issue(confirm(NOTHING))
    id = confirmation(mail).id
    mail = mails.claimed(mail, id, sender="first", now=NOW)
    mail = mails.abandoned(mail, id, sender="first", now=NOW)
    mail = mails.claimed(mail, id, sender="second", now=NOW)
    assert mails.settled(mail, id, ACCEPTED, sender="first", now=NOW) == mail


def test_only_one_of_two_senders_takes_a_delivery():
    mail = issue(confirm(NOTHING))
    id = confirmation(mail).id
    mail = mails.claimed(mail, id, sender="first", now=NOW)
    assert mails.claimed(mail, id, sender="second", now=NOW) == mail


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.SENT, State.EXPIRED])
def test_only_what_failed_may_be_sent_again(state):
    mail = issue(confirm(NOTHING))
    mail = mail.with_delivery(replace(confirmation(mail), state=state))
    with pytest.raises(NotRetryable):
        mails.retried(mail, confirmation(mail).id, now=NOW)


def test_a_confirmation_is_not_sent_again_once_the_registration_is_cancelled():
    mail = attempt(issue(confirm(NOTHING)), Template.CONFIRMATION, Outcome(Verdict.REFUSED))
    with pytest.raises(NotRetryable):
        mails.retried(cancel(mail), confirmation(mail).id, now=NOW)


# Any interleaving of facts, duplicates, time passing and fates of attempts.
STEPS = st.lists(st.sampled_from(["confirmed", "issued", "wait", "claim", "die", "retry", *Verdict]), max_size=25)


class Story:
    """One registration's mail, with what a mailbox would hold."""

    def __init__(self) -> None:
        self.mail, self.now = NOTHING, NOW
        self.arrived: list[tuple[Template, bool | None]] = []

    def step(self, what: str) -> None:
        if what == "confirmed":
            self.mail = confirm(self.mail, self.now)
        elif what == "cancelled":
            self.mail = cancel(self.mail, self.now)
        elif what == "issued":
            self.mail = issue(self.mail, self.now)
        elif what == "wait":
            self.now += PATIENCE
        elif what == "retry":
            self._ask_again()
        else:
            self._send(what)

    def _ask_again(self) -> None:
        for delivery in self.mail.deliveries.values():
            if delivery.retryable and not self.mail.cancelled:
                self.mail = mails.retried(self.mail, delivery.id, now=self.now)
                return

    def _send(self, what: str) -> None:
        sending = [one for one in self.mail.deliveries.values() if one.state is State.SENDING]
        due = [one for one in self.mail.deliveries.values() if one.due is not None and one.due <= self.now]
        if what == "claim" and due:
            self.mail = mails.claimed(self.mail, due[0].id, sender="me", now=self.now)
        elif what == "die" and sending:
            self.mail = mails.abandoned(self.mail, sending[0].id, sender="me", now=self.now)
        elif what in set(Verdict) and sending:
            if what == Verdict.ACCEPTED:
                self.arrived.append((sending[0].template, sending[0].with_badge))
            outcome = Outcome(Verdict(what))
            self.mail = mails.settled(self.mail, sending[0].id, outcome, sender="me", now=self.now)

    def finish(self) -> None:
        """All facts are here, the mail server is well, time passes."""
        self.step("confirmed")
        self.step("issued")
        for _ in range(200):
            self.now += timedelta(hours=9)
            for what in ("claim", Verdict.ACCEPTED):
                self.step(what)


@settings(max_examples=400, deadline=None)
@given(STEPS)
@example(["confirmed", "wait", "claim", "issued", Verdict.UNKNOWN, "wait", "claim", Verdict.ACCEPTED])
def test_every_person_takes_exactly_one_way_to_the_badge(steps):
    story = Story()
    for step in steps:
        story.step(step)
    story.finish()
    sent = confirmation(story.mail)
    assert all(one.due is None and one.state is not State.SENDING for one in story.mail.deliveries.values())
    if sent.state is State.REFUSED:
        assert of(story.mail, Template.BADGE_READY) is None or sent.doubts
        return
    carried = sent.with_badge is True
    followed = of(story.mail, Template.BADGE_READY) is not None
    assert carried != followed


@settings(max_examples=400, deadline=None)
@given(STEPS)
def test_a_mail_arrives_twice_only_when_its_outcome_was_unknown(steps):
    story = Story()
    for step in steps:
        story.step(step)
    story.finish()
    for delivery in story.mail.deliveries.values():
        copies = [one for one in story.arrived if one[0] is delivery.template]
        assert len(copies) <= 1
        assert delivery.doubts or delivery.state is not State.UNKNOWN


@settings(max_examples=400, deadline=None)
@given(STEPS, st.integers(0, 25))
def test_after_a_cancellation_only_the_cancellation_leaves(steps, when):
    story = Story()
    for step in [*steps[:when], "cancelled"]:
        story.step(step)
    before = [one for one in story.mail.deliveries.values() if one.state is State.SENDING]
    already = len(story.arrived)
    for step in [*steps[when:], "cancelled"]:
        story.step(step)
    story.finish()
    late = {template for template, _ in story.arrived[already:]}
    assert late <= {Template.CANCELLATION, *(one.template for one in before)}
    # After three senders that died with it in hand, a person decides.
    left_to_people = {State.REFUSED, State.UNKNOWN}
    assert Template.CANCELLATION in late or of(story.mail, Template.CANCELLATION).state in left_to_people


@pytest.mark.parametrize("before", range(len(attempts.PAUSES)))
def test_a_mail_refused_for_now_waits_longer_each_time(before):
    delivery = replace(confirmation(issue(confirm(NOTHING))), attempts=before, state=State.SENDING)
    after = attempts.settle(delivery, Outcome(Verdict.REFUSED_FOR_NOW, "451"), now=NOW)
    assert (after.state, after.due, after.reason) == (State.RETRY, NOW + attempts.PAUSES[before], "451")


def test_a_mail_refused_for_now_too_often_is_refused():
    delivery = replace(confirmation(issue(confirm(NOTHING))), attempts=len(attempts.PAUSES), state=State.SENDING)
    after = attempts.settle(delivery, Outcome(Verdict.REFUSED_FOR_NOW), now=NOW)
    assert (after.state, after.due) == (State.REFUSED, None)


def test_an_interruption_counts_nothing():
    mail = attempt(issue(confirm(NOTHING)), Template.CONFIRMATION, Outcome(Verdict.INTERRUPTED))
    assert (confirmation(mail).state, confirmation(mail).attempts) == (State.QUEUED, 0)


def test_a_mail_of_unknown_outcome_is_sent_again_and_then_left_to_a_person():
    mail = issue(confirm(NOTHING))
    for _ in range(DOUBTS):
        mail = attempt(mail, Template.CONFIRMATION, Outcome(Verdict.UNKNOWN), confirmation(mail).due)
    assert (confirmation(mail).state, confirmation(mail).due) == (State.UNKNOWN, None)
    assert confirmation(mail).doubts == DOUBTS


def test_a_delivery_tells_its_end_once_and_nothing_before():
    mail = issue(confirm(NOTHING))
    assert deliveries.facts(confirmation(mail)) is None
    told = deliveries.facts(confirmation(attempt(mail, Template.CONFIRMATION)))
    assert (told.name, told.template) == ("email-sent", "confirmation")
    failed = deliveries.facts(confirmation(attempt(mail, Template.CONFIRMATION, Outcome(Verdict.REFUSED, "550"))))
    assert (failed.name, failed.state, failed.reason) == ("email-failed", "refused", "550")
