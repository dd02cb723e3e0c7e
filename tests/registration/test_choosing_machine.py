"""The random stories of places once more, with people who choose anew, change category, and walk in."""

from services.registration.domain import walkins
from services.registration.domain.categories import recategorise
from services.registration.domain.choosing import Choice
from tests.registration.test_places_machine import PlacesMachine, asked, run


class ChoosingMachine(PlacesMachine):
    """Whatever people do themselves keeps the same counts and the same order."""

    ACTS = (*PlacesMachine.ACTS, "some_choose", "recategorise", "walk_in")
    chosen = 0

    def some_choose(self):
        status = self.random.choice(["confirmed", "confirmed", "confirmed", "pending", "waitlisted"])
        for _ in range(self.random.randint(4, 10)):
            self.choose(status)

    def choose(self, status=None):
        before = self.scene.people
        super().choose(status)
        type(self).chosen += any(one != before[id] for id, one in self.scene.people.items())

    def choice(self):
        return Choice(self.some_sessions(), self.some_sessions(), both=self.random.random() < 0.5)

    def recategorise(self):
        category = self.random.choice(["elu", "agent", "presse"])
        self.attempt(lambda _scene: recategorise(self.somebody("confirmed"), category))

    def walk_in(self):
        self.count += 1
        wish, id = asked(self.random), f"r{self.count}"
        self.attempt(lambda scene: walkins.walk_in(wish, scene.house, id=id, now=scene.now, shared=False))


def test_choosing_anew_keeps_every_counter_and_every_order():
    ChoosingMachine.steps = ChoosingMachine.chosen = 0
    run(ChoosingMachine, stories=40)
    assert ChoosingMachine.steps >= 2_500
    assert ChoosingMachine.chosen >= 50
