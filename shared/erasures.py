"""Erasure: how a service forgets a person for good, in three steps that may each be repeated.

First a *tombstone* is stored in the transaction that blanks what the service holds: from then on no fact about this key
changes anything, however late it comes and however often. Then what lies outside of decisions is *swept*: outbox,
dead letters, attempts. Then the tombstone is *closed*, and the service says so with a fact. A process that dies in
between is followed by another that goes on.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime

from motor.motor_asyncio import AsyncIOMotorDatabase

from shared import deadletters, mongo, outbox, tombstones
from shared.errors import Away
from shared.events import Fact
from shared.failpoints import reach
from shared.logs import failure, log
from shared.store import Document, Store, Unit, by_id

Sweep = Callable[[Document], Awaitable[bool]]
"""Forgets what a service holds besides; False when that must wait for something."""
Tell = Callable[[Document, datetime], Fact]
"""The fact that says it."""


def last_words(key: str) -> str:
    """The aggregate of that fact, its own: what was told before under this key may be known to nobody any more, and a
    number that was given twice would make it the copy of another fact.
    """
    return f"{key}/erased"


class Erasing:
    """The step of a leased loop: finishes every erasure that was begun. Facts of a `spare` type stay in the outbox."""

    def __init__(self, store: Store, sweep: Sweep, tell: Tell | None = None, spare: tuple[str, ...] = ()) -> None:
        self._store = store
        self._sweep = sweep
        self._tell = tell
        self._spare = spare

    async def step(self) -> bool:
        """Finish what can be finished now; what waits or fails holds nobody up, and is looked at again next turn.

        Raises `Away` when MongoDB cannot be reached.
        """
        async for tombstone in self._store.database[tombstones.COLLECTION].find({"open": True}):
            try:
                await self.finish(tombstone)
            except Exception as error:
                if isinstance(error, Away) or mongo.is_away(error):
                    raise
                log().error("erasure.failed", **failure(error))
        return False

    async def finish(self, tombstone: Document) -> None:
        """Sweep, close the tombstone and say so; again changes nothing."""
        key = tombstone["_id"]
        reach("erasure-begun")
        if not await self._sweep(tombstone):
            return
        await sweep_plumbing(self._store.database, key, self._spare)
        reach("erasure-swept")

        def decide(unit: Unit) -> None:
            kept = unit.get(tombstones.COLLECTION, key)
            if kept is None or not kept["open"]:
                return
            unit.put(tombstones.COLLECTION, {**kept, "open": False})
            if self._tell:
                unit.record(self._tell(kept, unit.now), 1, aggregate=last_words(key))

        await self._store.commit(decide, by_id(tombstones.COLLECTION, key), patient=True)


async def sweep_plumbing(database: AsyncIOMotorDatabase, key: str, spare: tuple[str, ...] = ()) -> None:
    """Forget what the plumbing holds under this key: facts told, those not yet told, and messages that failed."""
    await database[outbox.COLLECTION].delete_many({"key": key, "headers.ce-type": {"$nin": [*spare]}})
    await database[deadletters.COLLECTION].delete_many({"key": key})
    await database[deadletters.ATTEMPTS].delete_many({"_id": {"$regex": f":{re.escape(key)}[:/]"}})
