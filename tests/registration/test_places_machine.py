"""Thousands of random steps: people come, wait, accept, decline and leave while the rules change under them.

Story number 7 is the same story on every machine and in every order of tests: the dice are the number's alone.
Hypothesis would also draw the numbers it finds in whatever modules happen to be imported.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

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


def asked(random):
    """Category, sessions wanted, sessions also waited for, and whether to wait for the edition."""
    return an_application(
        category=random.choice(["elu", "elu", "agent", "agent", "presse"]),
        sessions=tuple(random.sample(SESSIONS, random.randint(0, 2))),
        waiting=tuple(random.sample(SESSIONS, random.randint(0, 2))),
        wait=random.random() < 0.8,
        both=random.random() < 0.5,
    )


class PlacesMachine:
    """The decisions alone, with the database's part played by two dictionaries."""

    ACTS = (
        "some_come",
        "cancel",
        "approve",
        "refuse",
        "sign_up",
        "leave",
        "choose",
        "answer",
        "pass_time",
        "change_quota",
        "change_category",
        "release",
        "free_and_promote",
        "promote",
    )
    steps = 0

    def __init__(self, random):
        categories = (a_category("elu", quota=3), a_category("agent"), a_category("presse", approval=True))
        edition = an_edition(quota=7, categories=categories)
        sessions = [
            a_session("a", capacity=2),
            a_session("b", minute=45, capacity=1),
            a_session("c", day=9, capacity=2),
        ]
        self.random = random
        self.scene = Scene({}, a_house(*sessions, edition=edition), NOW)
        self.lines, self.count = Lines(), 0

    def play(self, acts):
        for _ in range(12):
            self.come()
        for _ in range(acts):
            getattr(self, self.random.choice(self.ACTS))()

    def few(self):
        return self.random.choice([None, 0, 1, 2, 3, 4])

    def some_come(self):
        for _ in range(self.random.randint(2, 5)):
            self.come()

    def come(self):
        self.count += 1
        wish, id = asked(self.random), f"r{self.count}"
        self.attempt(lambda scene: joining.register(wish, scene.house, id=id, now=scene.now, shared=False))

    def cancel(self, status=None):
        status = status or self.random.choice(["waitlisted", "offered", "pending", "cancelled"])
        self.attempt(lambda scene: joining.cancel(self.somebody(status), scene.now))

    def approve(self):
        self.attempt(lambda scene: joining.approve(self.somebody("pending"), scene.now))

    def refuse(self):
        self.attempt(lambda _scene: joining.refuse(self.somebody("pending")))

    def sign_up(self):
        session = self.random.choice(SESSIONS)
        self.attempt(lambda scene: joining.sign_up(self.somebody("confirmed"), session, scene.now))

    def leave(self):
        session, stand = self.random.choice(SESSIONS), self.somebody("confirmed")
        if stand[0].lives:
            move = seats.leave if session in stand[0].sessions else seats.give_up
            self.attempt(lambda _scene: move(stand, session))

    def choose(self, status=None):
        stand = self.somebody(status or self.random.choice(["confirmed", "waitlisted"]))
        if stand[0].lives:
            wanted = self.choice()
            self.attempt(lambda scene: choosing.choose(stand, wanted, scene.now))

    def choice(self):
        return Choice(sessions=self.some_sessions(), waiting=self.some_sessions())

    def some_sessions(self):
        return tuple(self.random.sample(SESSIONS, self.random.randint(0, 2)))

    def answer(self):
        if known := self.offers():
            id, what = self.random.choice(known)
            decide = self.random.choice([offers.accept, offers.decline])
            self.attempt(lambda scene: decide((scene.people[id], scene.house), what, scene.now))

    def pass_time(self):
        hours = self.random.choice([0.1, 0.5, 2, 6, 25])
        self.become(replace(self.scene, now=self.scene.now + timedelta(hours=hours)))

    def change_quota(self):
        quota = self.random.choice([None, *range(3, 13)])
        self.rule(quota=quota, overlaps=self.random.choice(["refuse", "refuse", "warn"]))

    def change_category(self):
        categories = list(self.scene.house.edition.categories)
        number, closes = self.random.randrange(3), self.random.choice([None, None, None, None, 2, 1000])
        categories[number] = replace(categories[number], quota=self.few(), closes_days_before=closes)
        self.rule(categories=tuple(categories))

    def release(self):
        session, programme = self.random.choice(SESSIONS), self.scene.house.programme
        status = self.random.choice(["scheduled", "scheduled", "cancelled"])
        changed = programme.sessions[session].model_copy(update={"capacity": self.few(), "status": status})
        house = replace(
            self.scene.house, programme=replace(programme, sessions={**programme.sessions, session: changed})
        )
        self.become(replace(self.scene, house=house))

    def free_and_promote(self):
        self.cancel("confirmed")
        seconds = self.random.randint(0, 7200)
        self.become(replace(self.scene, now=self.scene.now + timedelta(seconds=seconds)))
        self.promote()

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

    def somebody(self, status):
        people = self.scene.people.values()
        fitting = [one for one in people if one.status == status] or [*people]
        return self.random.choice(fitting), self.scene.house

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


def run(machine, stories=70, acts=100):
    """So many random stories, always the same."""
    for number in range(stories):
        machine(Random(number)).play(acts)  # noqa: S311 - dice, no secret


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
