"""Who must be told of a release: exactly those whose last word from us is not what the programme says."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications.domain import affected, agenda, mails, reviews
from services.notifications.domain.affected import Wishes
from services.notifications.domain.attempts import Outcome, Verdict
from services.notifications.domain.deliveries import State, Template
from services.notifications.domain.mails import Correspondence
from services.notifications.domain.reviews import Programme
from services.notifications.domain.timetables import timetable, waited_for
from services.notifications.domain.told import NOTHING_TOLD, Mention, Place, Told, places
from shared.events.registration import Amended, Cancelled, Confirmed, Transferred
from tests.notifications.factories import (
    NOW,
    PATIENCE,
    a_fact,
    a_person,
    a_released,
    an_edition,
    moved,
    waits_for,
)

QUIET = timedelta(minutes=10)
HOUR = timedelta(hours=1)
FIRST = a_released()


def hour(day: int, clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-07-{day:02}T{clock}:00+02:00")


def programme(*released) -> Programme:
    return Programme({one.release: places(one) for one in released})


class Person:
    """One registration's mail, and what its holder reads."""

    def __init__(self, *facts, now=NOW):
        self.mail, self.now, self.sequence = Correspondence(), now, 0
        self.releases = {}
        self.read: list[tuple[Template, tuple]] = []
        for fact in facts:
            self.learn(fact)

    def learn(self, fact):
        self.sequence += 1
        self.mail = mails.learnt(self.mail, fact, self.sequence, now=self.now, patience=PATIENCE)
        self.mail = mails.issued(self.mail, fact.generation, now=self.now)

    @property
    def programme(self):
        return programme(*self.releases.values())

    def release(self, released):
        self.releases[released.release] = released
        if self.mail.known.fact.release == released.release:  # it is what their page showed
            self.mail = self.mail.with_told(self.mail.told.looked_at(0))
        self.look()

    def look(self):
        """What the loop does: everybody not yet held against the newest release."""
        if self.mail.known and self.mail.told.reviewed < self.programme.newest:
            self.mail = reviews.reviewed(self.mail, self.programme, now=self.now, quiet=QUIET)

    def due(self):
        newest = self.programme.newest
        due = (one for one in self.mail.deliveries.values() if one.due is not None and one.due <= self.now)
        return [one for one in due if one.release <= newest]

    def send(self, verdict=Verdict.ACCEPTED):
        """Everything that is due leaves."""
        for delivery in self.due():
            mail = reviews.claimed(self.mail, delivery.id, self.programme, sender="me", now=self.now)
            taken = mail.deliveries[delivery.id]
            self.mail = mail
            if taken.state is State.SENDING:
                self._leave(taken, verdict)
            self.look()

    def _leave(self, taken, verdict):
        known, told = self.mail.known, self.mail.told_of(taken.generation)
        released = self.releases.get(taken.made_from)
        shifts = reviews.shifts(reviews.wishes(known.fact), told, self.programme, taken.made_from, self.now)
        items, waits = timetable(known.fact, an_edition(), released), waited_for(known.fact, released)
        said = agenda.updated(items, waits, told, an_edition(), released, alone=True).said
        if verdict in {Verdict.ACCEPTED, Verdict.UNKNOWN}:
            self.read.append((taken.template, tuple((one.session, one.kind) for one in shifts)))
        outcome = Outcome(verdict)
        self.mail = mails.settled(self.mail, taken.id, outcome, sender="me", now=self.now, said=said)

    def wait(self, length=QUIET):
        self.now += length

    def told(self):
        """The changes read since, apart from the first mail."""
        return [what for template, what in self.read if template is Template.PROGRAMME_CHANGED]


def somebody(*, sessions=("2026-01",), waiting=(), release=1):
    person = Person(a_fact(Confirmed, sessions=sessions, waiting=waiting, release=release))
    person.release(FIRST)
    person.send()
    assert [template for template, _ in person.read] == [Template.CONFIRMATION]
    return person


def later(person, *released):
    for one in released:
        person.release(one)
    person.wait()
    person.send()
    return person.told()


MOVED = {"start": hour(8, "15:00"), "end": hour(8, "16:30")}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        (MOVED, "moved"),
        ({"room": None}, "moved"),
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "cancelled", **MOVED}, "cancelled"),
    ],
)
def test_a_change_of_time_room_or_state_is_told_to_whoever_has_a_place(changes, kind):
    assert later(somebody(), moved(FIRST, "2026-01", **changes)) == [(("2026-01", kind),)]


@pytest.mark.parametrize(
    "changes", [{"title": {"fr": "Un autre titre"}}, {"speakers": ()}, {"description": {"fr": "…"}}]
)
def test_a_change_of_words_or_speakers_is_told_to_nobody(changes):
    assert later(somebody(), moved(FIRST, "2026-01", **changes)) == []


def test_a_change_elsewhere_is_told_to_nobody_else():
    assert later(somebody(), moved(FIRST, "2026-13", **MOVED)) == []


def test_a_room_that_gets_another_name_is_another_room():
    renamed = FIRST.model_copy(
        update={"release": 2, "rooms": tuple(room.model_copy(update={"name": "Laplace"}) for room in FIRST.rooms)}
    )
    assert later(somebody(), renamed) == [(("2026-01", "moved"),)]


def test_a_session_waited_for_or_offered_concerns_too():
    waiting = somebody(waiting=(waits_for("2026-13"),))
    offered = somebody(waiting=(waits_for("2026-13", until=NOW + HOUR),))
    change = moved(FIRST, "2026-13", room=None)
    assert later(waiting, change) == later(offered, change) == [(("2026-13", "moved"),)]


def test_a_session_open_to_all_concerns_everybody_who_has_it_in_their_calendar():
    assert later(somebody(sessions=()), moved(FIRST, "2026-05", **MOVED)) == [(("2026-05", "moved"),)]


def test_a_break_concerns_nobody():
    assert later(somebody(), moved(FIRST, "2026-04", **MOVED)) == []


def test_a_new_session_concerns_nobody():
    new = FIRST.sessions[3].model_copy(update={"id": "new", "uid": "new@rencontres.example"})
    assert later(somebody(), FIRST.model_copy(update={"release": 2, "sessions": (*FIRST.sessions, new)})) == []


def test_a_session_that_takes_place_after_all_is_told():
    person = somebody()
    gone = moved(FIRST, "2026-01", status="cancelled")
    assert later(person, gone) == [(("2026-01", "cancelled"),)]
    assert later(person, moved(gone, "2026-01", status="scheduled"))[1:] == [(("2026-01", "reinstated"),)]


def test_several_edits_within_the_quiet_period_make_one_message():
    person = somebody(sessions=("2026-01", "2026-13"))
    second = moved(FIRST, "2026-01", **MOVED)
    third = moved(second, "2026-01", start=hour(8, "17:00"), end=hour(8, "18:00"))
    assert later(person, second, third, moved(third, "2026-13", status="cancelled")) == [
        (("2026-01", "moved"), ("2026-13", "cancelled"))
    ]


def test_a_session_moved_there_and_back_is_told_to_nobody():
    person = somebody()
    second = moved(FIRST, "2026-01", **MOVED)
    assert later(person, second, FIRST.model_copy(update={"release": 3})) == []
    (dropped,) = [one for one in person.mail.deliveries.values() if one.template is Template.PROGRAMME_CHANGED]
    assert (dropped.state, dropped.reason) == (State.EXPIRED, "same-again")
    assert later(person, second.model_copy(update={"release": 4})) == [(("2026-01", "moved"),)]


def test_a_message_that_left_is_followed_by_another_for_the_next_change():
    person = somebody()
    second = moved(FIRST, "2026-01", **MOVED)
    assert later(person, second) == [(("2026-01", "moved"),)]
    assert later(person, moved(second, "2026-01", room=None)) == [(("2026-01", "moved"),)] * 2
    assert later(person) == [(("2026-01", "moved"),)] * 2


def test_without_keeping_what_was_said_people_are_told_again(monkeypatch):
    forgetful = lambda told, *_said: replace(told, count=told.count + 1, reviewed=0)  # noqa: E731 - a method's stand-in
    person = somebody()
    monkeypatch.setattr(Told, "with_mail", forgetful)
    assert later(person, moved(FIRST, "2026-01", **MOVED)) == [(("2026-01", "moved"),)]
    assert later(person) == [(("2026-01", "moved"),)] * 2


def test_an_enrolment_made_on_an_older_page_is_told_the_difference_at_once():
    second = moved(FIRST, "2026-01", **MOVED)
    person = Person(a_fact(Confirmed))
    person.release(FIRST)
    person.release(second)
    person.send()
    person.wait()
    person.send()
    assert person.read == [(Template.CONFIRMATION, (("2026-01", "moved"),))]


def test_a_choice_made_on_an_older_page_is_told_with_the_difference():
    person = somebody()
    second = moved(FIRST, "2026-13", room=None)
    person.release(second)
    person.learn(a_fact(Amended, changed=("sessions",), sessions=("2026-13",), release=1))
    person.send()
    later(person)
    assert person.read[1:] == [(Template.SESSIONS_CHANGED, (("2026-13", "moved"),))]


def test_a_first_mail_that_failed_leaves_the_change_to_be_told():
    person = Person(a_fact(Confirmed))
    person.release(FIRST)
    person.send(Verdict.REFUSED)
    assert later(person, moved(FIRST, "2026-01", **MOVED)) == [(("2026-01", "moved"),)]


def test_a_change_that_could_not_be_told_is_not_written_twice():
    person = somebody()
    person.release(moved(FIRST, "2026-01", **MOVED))
    person.wait()
    person.send(Verdict.REFUSED)
    assert later(person) == []
    assert len(person.mail.deliveries) == 2


def test_a_copy_of_what_may_have_arrived_is_written_from_the_same_release():
    person = somebody()
    second = moved(FIRST, "2026-01", **MOVED)
    person.release(second)
    person.wait()
    person.send(Verdict.UNKNOWN)
    third = moved(second, "2026-01", room=None)
    person.release(third)
    person.wait()
    person.send()
    assert person.told() == [(("2026-01", "moved"),)] * 2
    assert person.mail.told.release == 2
    later(person)
    assert person.mail.told.release == 3


def test_what_is_over_is_told_to_nobody():
    person = somebody()
    person.now = hour(8, "20:00")
    assert later(person, moved(FIRST, "2026-01", **MOVED)) == []


def test_a_cancelled_registration_is_told_of_nothing():
    person = somebody()
    person.release(moved(FIRST, "2026-01", **MOVED))
    person.learn(a_fact(Cancelled, "cancelled"))
    assert later(person) == []


def test_after_a_transfer_the_new_holder_reads_the_newest_programme_and_the_old_one_nothing():
    person = somebody()
    person.release(moved(FIRST, "2026-01", **MOVED))
    person.learn(a_fact(Transferred, generation=2, previous=a_person(), email="new@mairie.example", release=2))
    person.send()
    assert later(person) == []
    templates = [template for template, _ in person.read[1:]]
    assert sorted(templates) == ["transfer-given", "transfer-received"]


def test_a_message_follows_the_person_to_a_new_address():
    person = somebody()
    person.release(moved(FIRST, "2026-01", **MOVED))
    person.learn(a_fact(Amended, changed=("email",), email="new@mairie.example", previous_email="old@mairie.example"))
    assert later(person) == [(("2026-01", "moved"),)]
    (left,) = [
        one
        for one in person.mail.deliveries.values()
        if one.template is Template.PROGRAMME_CHANGED and one.state is State.SENT
    ]
    assert left.recipient == "new@mairie.example"


# The rule of comparison itself, on any history of releases and choices.

SESSIONS = ("a", "b", "c", "d")
PLACES = st.builds(
    lambda shift, room, cancelled: Place(
        hour(8, "09:00") + shift * HOUR, hour(8, "10:00") + shift * HOUR, room, cancelled
    ),
    st.integers(0, 2),
    st.sampled_from(["Monge", "Laplace"]),
    st.booleans(),
)
RELEASES = st.lists(st.fixed_dictionaries(dict.fromkeys(SESSIONS, PLACES)), min_size=1, max_size=5)
CHOSEN = st.sets(st.sampled_from(SESSIONS))


def told_of(release, ids, why="chosen") -> Told:
    return NOTHING_TOLD.with_mail([Mention(id, id, release[id], why, 0) for id in ids], 1, 1)


@settings(max_examples=300, deadline=None)
@given(RELEASES, CHOSEN, CHOSEN)
def test_exactly_what_differs_from_the_last_word_is_found(releases, enrolled, waiting):
    first, newest = releases[0], releases[-1]
    asked = Wishes(enrolled, waiting - enrolled, 1)
    found = {one.session for one in affected.shifts(asked, told_of(first, enrolled), first, newest, NOW)}
    concerns = enrolled | waiting
    differs = {id for id in concerns if first[id] != newest[id] and not (first[id].cancelled and newest[id].cancelled)}
    assert found == differs


@settings(max_examples=300, deadline=None)
@given(RELEASES, CHOSEN)
def test_whatever_happened_between_the_last_word_decides(releases, enrolled):
    asked = Wishes(enrolled, (), 1)
    told = told_of(releases[0], enrolled)
    for newest in releases:
        for shift in affected.shifts(asked, told, releases[0], newest, NOW):
            place = told.said[shift.session]
            told = replace(told, said={**told.said, shift.session: replace(place, place=shift.after)})
    assert affected.shifts(asked, told, releases[0], releases[-1], NOW) == ()


STEPS = st.lists(st.sampled_from(["release", "choose", "send", "wait"]), max_size=14)
TARGETS = st.sampled_from(["2026-01", "2026-02", "2026-05", "2026-13"])
CHOICES = st.sets(st.sampled_from(["2026-01", "2026-02", "2026-13"]))
MOVES = st.fixed_dictionaries(
    {"room": st.sampled_from([None, "monge"]), "status": st.sampled_from(["scheduled", "cancelled"])}
)


class Story(Person):
    """A person through releases that overtake each other and choices made on pages of any age."""

    def __init__(self, data):
        super().__init__(a_fact(Confirmed))
        self.data, self.made = data, [FIRST]

    def step(self, what):
        if what == "release":
            self.made.append(moved(self.made[-1], self.data.draw(TARGETS), **self.data.draw(MOVES)))
            self.release(self.data.draw(st.sampled_from(self.made)))
        elif what == "choose":
            chosen = tuple(sorted(self.data.draw(CHOICES)))
            page = self.data.draw(st.integers(1, len(self.made)))
            self.learn(a_fact(Amended, changed=("sessions",), sessions=chosen, release=page))
        elif what == "wait":
            self.wait()
        else:
            self.send()

    def finish(self):
        """Every release is here, and time passes."""
        for one in self.made:
            self.release(one)
        for _ in range(4):
            self.wait()
            self.send()


@settings(max_examples=150, deadline=None)
@given(STEPS, st.data())
def test_any_order_of_releases_and_choices_ends_with_everybody_knowing_once(steps, data):
    story = Story(data)
    for step in steps:
        story.step(step)
    story.finish()
    asked, newest = reviews.wishes(story.mail.known.fact), story.programme.newest
    assert reviews.shifts(asked, story.mail.told, story.programme, newest, story.now) == ()
    assert [one for one in story.mail.deliveries.values() if one.due is not None] == []
    assert all(story.told())  # no message says that nothing changed
    already = len(story.read)
    story.finish()
    assert len(story.read) == already
