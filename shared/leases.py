"""Leases: of several replicas, one does the work that must not be done twice at a time."""

import os
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from shared.ids import new_id

COLLECTION = "leases"
SECONDS = 5.0
GRACE = 10.0
"""Seconds a lease may be vacant before somebody is told: a restart is no trouble."""
_FAR = 60_000
"""Milliseconds ahead that no holder asks for: MongoDB's clock went back since the lease was given."""


class Lease:
    """A lease on `name`, held for 5 s at a time by the server's clock, so that a clock that is off hurts nobody."""

    def __init__(self, database: AsyncIOMotorDatabase, name: str) -> None:
        self._leases = database[COLLECTION]
        self.name = name
        self._holder = f"{os.getpid()}-{new_id()}"
        self._sure_until = 0.0
        self.term = 0
        """Grows each time it is held again after it may have run out."""

    def unbroken(self, term: int) -> bool:
        """Whether it was held without a gap from that `term` until now, for certain and without asking."""
        return term == self.term and monotonic() < self._sure_until

    async def hold(self) -> bool:
        """True while this process holds the lease; asks the database only when a third of it has passed."""
        asked = monotonic()
        if asked < self._sure_until - SECONDS * 2 / 3:
            return True
        free = {"$or": [{"$lt": [{"$ifNull": ["$until", 0]}, "$$NOW"]}, {"$eq": ["$holder", self._holder]}]}
        until = {"$add": ["$$NOW", int(SECONDS * 1000)]}
        lease = await self._leases.find_one_and_update(
            {"_id": self.name},
            [
                {
                    "$set": {
                        "holder": {"$cond": [free, self._holder, "$holder"]},
                        "until": {"$cond": [free, until, "$until"]},
                    }
                }
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        held: bool = lease["holder"] == self._holder
        if monotonic() >= self._sure_until:
            self.term += 1
        self._sure_until = asked + SECONDS if held else 0.0
        return held

    async def release(self) -> None:
        """Let the next one in at once. Without MongoDB the lease simply runs out."""
        self._sure_until = 0.0
        with suppress(PyMongoError):
            await self._leases.delete_one({"_id": self.name, "holder": self._holder})


async def look(database: AsyncIOMotorDatabase, names: Iterable[str]) -> dict[str, bool]:
    """Of these leases, those that there are, and whether each is still held, by the server's clock."""
    valid = {"$gte": ["$until", "$$NOW"]}
    found = database[COLLECTION].aggregate([{"$match": {"_id": {"$in": list(names)}}}, {"$project": {"valid": valid}}])
    return {document["_id"]: document["valid"] for document in await found.to_list(None)}


class Vacancies:
    """Work that needs a lease which nobody holds, or which somebody holds for far longer than any holder asks."""

    def __init__(self, database: AsyncIOMotorDatabase) -> None:
        self.names: list[str] = []
        """Leases whose holder asks for them again every few seconds."""
        self._leases = database[COLLECTION]
        self._vacant: dict[str, float] = {}

    async def stuck(self) -> tuple[str, ...]:
        """The names that have been vacant at every look for ten seconds."""
        fair = {"$and": [{"$gt": ["$until", "$$NOW"]}, {"$lt": ["$until", {"$add": ["$$NOW", _FAR]}]}]}
        held = [one["_id"] async for one in self._leases.find({"_id": {"$in": self.names}, "$expr": fair}, {"_id": 1})]
        asked = monotonic()
        self._vacant = {name: self._vacant.get(name, asked) for name in self.names if name not in held}
        return tuple(name for name, since in self._vacant.items() if asked - since > GRACE)
