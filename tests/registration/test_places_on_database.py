"""The steps of the machine once more, fewer of them, as use cases on the real MongoDB."""

from datetime import timedelta
from random import Random

from services.registration import actions
from services.registration.domain.registrations import PLACE
from services.registration.promotion import promotion
from services.registration.store import documents
from shared.clock import now
from shared.errors import Refusal
from tests.registration.conftest import EDITION, a_session, manage_url, opened, ruled
from tests.registration.places_model import Lines, Scene, check_nothing_idle, check_step
from tests.registration.test_actions import registering
from tests.registration.test_waiting import promote, somebody

ACTS = ("come", "come", "cancel", "serve", "serve", "accept", "decline", "wait", "rule")


class Walk:
    """One random story."""

    def __init__(self, store, clock):
        self.store, self.clock = store, clock
        self.random = Random(20260708)  # noqa: S311 - a story, no secret
        self.ids, self.ahead = [], timedelta()

    async def step(self):
        await getattr(self, self.random.choice(ACTS))()

    async def come(self):
        wish = {
            "sessions": self.random.choice([(), ("a",), ("b",)]),
            "waiting": self.random.choice([(), ("a",), ("b",)]),
        }
        self.ids.append((await registering(self.store, somebody(len(self.ids), wait=True, **wish))).id)

    async def serve(self):
        await promotion(self.store, manage_url)()

    async def wait(self):
        self.ahead += timedelta(hours=10)
        self.clock(hours=10)

    async def rule(self):
        await ruled(self.store, quota=self.random.randint(3, 9))

    async def cancel(self):
        await actions.cancel(self.store, self.somebody(), manage_url=manage_url)

    async def accept(self):
        await actions.accept(self.store, self.somebody(), self.what(), manage_url=manage_url)

    async def decline(self):
        await actions.decline(self.store, self.somebody(), self.what(), manage_url=manage_url)

    def somebody(self):
        return self.random.choice(self.ids or ["nobody"])

    def what(self):
        return self.random.choice([PLACE, "a", "b"])

    async def scene(self):
        """Everything in the database, as the model wants it."""
        known = [documents.registration(each) async for each in self.store.database.registrations.find({})]
        house = await self.store.commit(lambda unit: self.store.house(unit, EDITION, "", "a", "b"))
        return Scene({each.id: each for each in known}, house, now() + self.ahead)


async def test_random_steps_on_the_database_keep_every_counter_and_order(store, clock):
    await opened(store, a_session("a", capacity=2), a_session("b", minute=45, capacity=1), quota=6)
    walk, lines = Walk(store, clock), Lines()
    before = await walk.scene()
    for _ in range(200):
        try:
            await walk.step()
        except Refusal:
            continue
        after = await walk.scene()
        check_step(before, after, lines)
        before = after
    await promote(store)
    check_nothing_idle(await walk.scene())
