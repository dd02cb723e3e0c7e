"""The random stories of places once more, with people who choose anew, change category, and walk in."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.registration.domain import choosing, walkins
from services.registration.domain.categories import recategorise
from services.registration.domain.choosing import Choice
from tests.registration.test_places_machine import SESSIONS, PlacesMachine, asked, pick, run


class ChoosingMachine(PlacesMachine):
    """Whatever people do themselves keeps the same counts and the same order."""

    chosen = 0

    @precondition(lambda self: self.scene.people)
    @rule(pick=pick, status=st.sampled_from(["confirmed", "confirmed", "confirmed", "pending", "waitlisted"]))
    def some_choose(self, pick, status):
        for _ in range(pick.randint(4, 10)):
            self.choose(pick, status)

    def choose(self, pick, status):
        stand = self.somebody(pick, status)
        wanted = Choice(
            sessions=tuple(pick.sample(SESSIONS, pick.randint(0, 2))),
            waiting=tuple(pick.sample(SESSIONS, pick.randint(0, 2))),
            both=pick.random() < 0.5,
        )
        if stand[0].lives:
            self.attempt(lambda scene: choosing.choose(stand, wanted, scene.now))
            type(self).chosen += self.scene.people[stand[0].id] != stand[0]

    @precondition(lambda self: self.scene.people)
    @rule(pick=pick, category=st.sampled_from(["elu", "agent", "presse"]))
    def recategorise(self, pick, category):
        self.attempt(lambda _scene: recategorise(self.somebody(pick, "confirmed"), category))

    @rule(pick=pick)
    def walk_in(self, pick):
        self.count += 1
        wish, id = asked(pick), f"r{self.count}"
        self.attempt(lambda scene: walkins.walk_in(wish, scene.house, id=id, now=scene.now, shared=False))


def test_choosing_anew_keeps_every_counter_and_every_order():
    ChoosingMachine.steps = ChoosingMachine.chosen = 0
    run(ChoosingMachine, examples=40)
    assert ChoosingMachine.steps >= 2_500
    assert ChoosingMachine.chosen >= 50
