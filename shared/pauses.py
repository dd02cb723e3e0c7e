"""Pauses: a consumer on which one message after the other fails takes nothing more in until somebody looks.

Kept in the service's database, so that replicas agree and a restart forgets nothing. Only the consumer concerned
waits; the service's others go on. While it waits, one of the messages it holds is tried now and then; when that
goes through, the pause ends by itself.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import ReturnDocument

from shared.clock import now
from shared.logs import log

COLLECTION = "pauses"
ROW = 5
"""Messages set aside one after the other, with none that went through between them."""
WITHIN = timedelta(minutes=1)
LOOK_EVERY = 1.0
"""Seconds for which one replica may not know what another has decided."""
FIRST_TRY, LONGEST_TRY = 5.0, 60.0
"""Seconds until a held message is tried; doubles with each that fails."""


@dataclass
class _Line:
    """The messages one process holds during a pause, and when the next of them is tried."""

    waiting: deque[str] = field(default_factory=deque)
    pause: float = field(default_factory=lambda: FIRST_TRY)
    due: float = 0.0


class Pauses:
    """What one process knows of the pauses of its service's consumers."""

    def __init__(self, database: AsyncIOMotorDatabase) -> None:
        self._pauses = database[COLLECTION]
        self._known: dict[str, datetime] = {}
        self._rows: set[str] = set()
        self._deadly: set[str] = set()
        self._lines: dict[str, _Line] = {}
        self._looked = float("-inf")
        self._looking = asyncio.Lock()

    async def all(self) -> dict[str, datetime]:
        """The paused consumers, and since when."""
        return {one["_id"]: one["since"] async for one in self._pauses.find({"since": {"$ne": None}})}

    async def since(self, durable: str) -> datetime | None:
        """Since when this consumer is paused; asks the database at most once a second."""
        if self._is_old:
            async with self._looking:  # the first of a hundred messages looks for all of them
                if self._is_old:
                    await self._look()
        if durable not in self._known:
            self._lines.pop(durable, None)
        return self._known.get(durable)

    @property
    def _is_old(self) -> bool:
        return monotonic() - self._looked > LOOK_EVERY

    async def _look(self) -> None:
        documents = await self._pauses.find({}).to_list(None)
        self._looked = monotonic()
        self._known = {one["_id"]: one["since"] for one in documents if one.get("since")}
        self._rows = {one["_id"] for one in documents if one.get("row")}
        # what a process was trying when it died must not kill the next one too
        self._deadly |= {one["trying"] for one in documents if one.get("trying")} - self._mine()

    async def set_aside(self, durable: str) -> None:
        """One more message of this consumer was parked: the fifth in a row begins a pause."""
        at = now()
        change = {"$push": {"row": {"$each": [at], "$slice": -ROW}}}
        after = ReturnDocument.AFTER
        document = await self._pauses.find_one_and_update({"_id": durable}, change, upsert=True, return_document=after)
        self._rows.add(durable)
        row = document["row"]
        if len(row) == ROW and at - row[0] <= WITHIN and not document.get("since"):
            await self._pauses.update_one({"_id": durable}, {"$set": {"since": at}})
            self._known[durable] = at
            log().error("consumer.paused", consumer=durable, in_a_row=ROW)

    async def went_through(self, durable: str) -> None:
        """A message of this consumer went through: what was parked before it is no row."""
        if durable in self._rows:
            self._rows.discard(durable)
            await self._pauses.update_one({"_id": durable, "since": None}, {"$set": {"row": []}})

    async def resume(self, durable: str) -> None:
        """End the pause, because a held message went through."""
        await self._pauses.update_one({"_id": durable}, {"$set": {"since": None, "row": [], "trying": None}})
        self._known.pop(durable, None)
        self._lines.pop(durable, None)
        log().info("consumer.resumed", consumer=durable)

    async def may_try(self, durable: str, id: str) -> bool:
        """Whether this held message is the one to be tried now; each gets its turn."""
        line = self._lines.setdefault(durable, _Line(due=monotonic() + FIRST_TRY))
        if id not in line.waiting:
            line.waiting.append(id)
        if line.waiting[0] in self._deadly:
            line.waiting.rotate(-1)
        if monotonic() < line.due or line.waiting[0] != id or id in self._deadly:
            return False
        line.due = float("inf")
        await self._pauses.update_one({"_id": durable}, {"$set": {"trying": id}})
        return True

    async def failed_again(self, durable: str) -> float:
        """The held message that was tried failed: another is tried later. Answers the seconds until then."""
        await self._pauses.update_one({"_id": durable}, {"$set": {"trying": None}})
        line = self._lines.setdefault(durable, _Line())
        if line.waiting:
            line.waiting.popleft()
        line.pause = min(LONGEST_TRY, line.pause * 2)
        line.due = monotonic() + line.pause
        return line.pause

    def _mine(self) -> set[str]:
        return {line.waiting[0] for line in self._lines.values() if line.waiting and line.due == float("inf")}
