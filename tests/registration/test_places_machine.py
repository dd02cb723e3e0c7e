"""Thousands of random steps: people come, wait, accept, decline and leave while the rules change under them."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from services.registration.domain import choosing, joining, offers, seats
from services.registration.domain.choosing import Choice
from services.registration.domain.places import Places, left
from services.registration.domain.queues import Entry, Queue
from services.registration.domain.refusals import EditionFull
from services.registration.domain.registrations import PLACE
from shared.errors import Refusal
from tests.registration.conftest import NOW, a_category, a_house, a_session, an_application, an_edition
from tests.registration.places_model import Lines, Scene, check_nothing_idle, check_step

SESSIONS = ("a", "b", "c")
"""The first two at the same time, the third on the next day."""

pick = st.integers(0, 2**32).map(Random)
"""What a step is about, drawn evenly: left to itself, Hypothesis would mostly take the first."""
few = st.none() | st.integers(0, 4)


def asked(random):
    """Category, sessions wanted, sessions also waited for, and whether to wait for the edition."""
    return an_application(
        category=random.choice(["elu", "elu", "agent", "agent", "presse"]),
        sessions=tuple(random.sample(SESSIONS, random.randint(0, 2))),
        waiting=tuple(random.sample(SESSIONS, random.randint(0, 2))),
        wait=random.random() < 0.8,
        both=random.random() < 0.5,
    )


class PlacesMachine(RuleBasedStateMachine):
    """The decisions alone, with the database's part played by two dictionaries."""

    steps = 0

    def __init__(self):
        super().__init__()
        categories = (a_category("elu", quota=3), a_category("agent"), a_category("presse", approval=True))
        edition = an_edition(quota=7, categories=categories)
        sessions = [
            a_session("a", capacity=2),
            a_session("b", minute=45, capacity=1),
            a_session("c", day=9, capacity=2),
        ]
        self.scene = Scene({}, a_house(*sessions, edition=edition), NOW)
        self.lines, self.count = Lines(), 0

    @initialize(pick=pick)
    def fill(self, pick):
        for _ in range(12):
            self.come(pick)

    @rule(pick=pick)
    def some_come(self, pick):
        for _ in range(pick.randint(2, 5)):
            self.come(pick)

    def come(self, random):
        self.count += 1
        wish, id = asked(random), f"r{self.count}"
        self.attempt(lambda scene: joining.register(wish, scene.house, id=id, now=scene.now, shared=False))

    @precondition(lambda self: self.scene.people)
    @rule(pick=pick, status=st.sampled_from(["waitlisted", "offered", "pending", "cancelled"]))
    def cancel(self, pick, status):
        self.attempt(lambda scene: joining.cancel(self.somebody(pick, status), scene.now))

    @precondition(lambda self: self.scene.people)
    @rule(pick=pick)
    def approve(self, pick):
        self.attempt(lambda scene: joining.approve(self.somebody(pick, "pending"), scene.now))

    @precondition(lambda self: self.scene.people)
    @rule(pick=pick)
    def refuse(self, pick):
        self.attempt(lambda _scene: joining.refuse(self.somebody(pick, "pending")))

    @precondition(lambda self: self.scene.people)
    @rule(pick=pick, session=st.sampled_from(SESSIONS))
    def sign_up(self, pick, session):
        self.attempt(lambda scene: joining.sign_up(self.somebody(pick, "confirmed"), session, scene.now))

    @precondition(lambda self: self.scene.people)
    @rule(pick=pick, session=st.sampled_from(SESSIONS))
    def leave(self, pick, session):
        stand = self.somebody(pick, "confirmed")
        if stand[0].lives:
            move = seats.leave if session in stand[0].sessions else seats.give_up
            self.attempt(lambda _scene: move(stand, session))

    @precondition(lambda self: self.scene.people)
    @rule(pick=pick)
    def choose(self, pick):
        wanted = Choice(
            tuple(pick.sample(SESSIONS, pick.randint(0, 2))), tuple(pick.sample(SESSIONS, pick.randint(0, 2)))
        )
        stand = self.somebody(pick, pick.choice(["confirmed", "waitlisted"]))
        if stand[0].lives:
            self.attempt(lambda scene: choosing.choose(stand, wanted, scene.now))

    @precondition(lambda self: self.offers())
    @rule(pick=pick, takes=st.booleans())
    def answer(self, pick, takes):
        known = self.offers()
        id, what = pick.choice(known)
        decide = offers.accept if takes else offers.decline
        self.attempt(lambda scene: decide((scene.people[id], scene.house), what, scene.now))

    @rule(hours=st.sampled_from([0.1, 0.5, 2, 6, 25]))
    def pass_time(self, hours):
        self.become(replace(self.scene, now=self.scene.now + timedelta(hours=hours)))

    @rule(quota=st.none() | st.integers(3, 12), overlaps=st.sampled_from(["refuse", "refuse", "warn"]))
    def change_quota(self, quota, overlaps):
        self.rule(quota=quota, overlaps=overlaps)

    @rule(number=st.integers(0, 2), quota=few, closes=st.sampled_from([None, None, None, None, 2, 1000]))
    def change_category(self, number, quota, closes):
        categories = list(self.scene.house.edition.categories)
        categories[number] = replace(categories[number], quota=quota, closes_days_before=closes)
        self.rule(categories=tuple(categories))

    @rule(
        session=st.sampled_from(SESSIONS), capacity=few, status=st.sampled_from(["scheduled", "scheduled", "cancelled"])
    )
    def release(self, session, capacity, status):
        programme = self.scene.house.programme
        changed = programme.sessions[session].model_copy(update={"capacity": capacity, "status": status})
        house = replace(
            self.scene.house, programme=replace(programme, sessions={**programme.sessions, session: changed})
        )
        self.become(replace(self.scene, house=house))

    @rule(pick=pick, seconds=st.integers(0, 7200))
    def free_and_promote(self, pick, seconds):
        if self.scene.people:
            self.cancel(pick, "confirmed")
        self.become(replace(self.scene, now=self.scene.now + timedelta(seconds=seconds)))
        self.promote()

    @rule()
    def promote(self):
        for _ in range(100):
            served = [self.serve(session) for session in ("", *SESSIONS)]
            if not any(served):
                check_nothing_idle(self.scene)
                return
        raise AssertionError("promotion never comes to rest")

    def serve(self, session):
        scene = self.scene
        house, served = offers.serve(scene.house, scene.people, session, scene.now)
        people = dict(scene.people)
        for one in served:
            people[one.stand[0].id] = one.stand[0]
        self.become(replace(scene, people=people, house=house))
        return served

    def somebody(self, pick, status=None):
        people = self.scene.people.values()
        fitting = [one for one in people if one.status == status] or [*people]
        return pick.choice(fitting), self.scene.house

    def offers(self):
        found = [(one.id, PLACE) for one in self.scene.people.values() if one.status == "offered"]
        wishes = [(one.id, wish) for one in self.scene.people.values() if one.lives for wish in one.waiting]
        return found + [(id, wish.session) for id, wish in wishes if wish.offered_until]

    def rule(self, **changes):
        house = self.scene.house
        self.become(replace(self.scene, house=replace(house, edition=replace(house.edition, **changes))))

    def attempt(self, decide):
        try:
            one, house = decide(self.scene)
        except Refusal:
            return
        self.become(replace(self.scene, people={**self.scene.people, one.id: one}, house=house))

    def become(self, scene):
        type(self).steps += 1
        check_step(self.scene, scene, self.lines)
        self.scene = scene


def run(machine, examples=100, steps=100):
    """So many random stories. Without shrinking: a fault is found, not explained."""
    quick = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    run_state_machine_as_test(machine, settings=quick)


def test_ten_thousand_steps_keep_every_counter_and_every_order():
    PlacesMachine.steps = 0
    run(PlacesMachine)
    assert PlacesMachine.steps >= 10_000


def only_places_count(self, session):
    return self.left_in(session) == 0


def only_quotas_count(self, edition, category, now):
    return EditionFull if left(edition.quota, self.taken) == 0 else None


def last_comes_first(self, registration, category, now):
    return replace(self, waiting=(Entry(registration, category, now), *self.waiting))


def offers_take_nothing(self, session, by=1):
    return self


@pytest.mark.parametrize(
    ("owner", "guard", "off"),
    [
        (Places, "is_full", only_places_count),
        (Places, "refusal", only_quotas_count),
        (Places, "hold", offers_take_nothing),
        (Queue, "join", last_comes_first),
        (Queue, "passed_over", lambda self, *_: self),
        (seats, "give_up", lambda stand, _session: stand),
    ],
)
def test_without_a_guard_the_machine_finds_the_fault(monkeypatch, owner, guard, off):
    monkeypatch.setattr(owner, guard, off)
    with pytest.raises((AssertionError, ValueError)):
        run(PlacesMachine)
