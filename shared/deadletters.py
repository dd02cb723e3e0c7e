"""Dead letters: messages that failed for good, kept with their bytes, reason and attempts, and replayable."""

import hashlib
from collections.abc import Mapping
from time import monotonic
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import ASCENDING, IndexModel, ReturnDocument

from shared.clock import now

COLLECTION = "dead_letters"
ATTEMPTS = "attempts"
LOOK_EVERY = 5.0
"""Seconds between two looks at what is parked: replicas share the letters, and most of the time there are none."""
INDEXES = [
    # the list for staff: what is still parked, newest last
    IndexModel([("replayed_at", ASCENDING), ("at", ASCENDING)]),
]


def identity(durable: str, headers: Mapping[str, str], body: bytes) -> str:
    """The name of one message for one consumer: its fact id, or a digest when it has none. Never a stream position."""
    fact_id = headers.get("ce-id") or hashlib.sha256(body).hexdigest()
    return f"{durable}:{fact_id}"


class DeadLetters:
    """One service's dead letters and its own count of attempts."""

    def __init__(self, database: AsyncIOMotorDatabase) -> None:
        self._letters = database[COLLECTION]
        self._attempts = database[ATTEMPTS]
        self._waiting: set[str] = set()
        self._looked = float("-inf")

    async def count_attempt(self, id: str) -> int:
        """Count one more attempt *before* it is made, so that a message that kills the process is counted too."""
        document = await self._attempts.find_one_and_update(
            {"_id": id}, {"$inc": {"n": 1}, "$set": {"at": now()}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return int(document["n"])

    async def forget_attempts(self, id: str) -> None:
        """The message went through after all."""
        await self._attempts.delete_one({"_id": id})

    async def park(
        self, id: str, *, subject: str, headers: Mapping[str, str], body: bytes, reason: str, attempts: int
    ) -> None:
        """Keep the message; parking it again only refreshes the reason."""
        letter: dict[str, Any] = {
            "subject": subject,
            "headers": dict(headers),
            "body": body,
            "reason": reason,
            "attempts": attempts,
            "at": now(),
            "replayed_at": None,
        }
        await self._letters.replace_one({"_id": id}, letter, upsert=True)
        self._waiting.add(id)
        await self.forget_attempts(id)

    async def parked(self, limit: int = 100) -> list[dict[str, Any]]:
        """What waits for a person, oldest first."""
        found: list[dict[str, Any]] = await self._letters.find({"replayed_at": None}).sort("at", 1).to_list(limit)
        return found

    async def count(self) -> int:
        """How many wait for a person."""
        return int(await self._letters.count_documents({"replayed_at": None}))

    async def went_through(self, id: str) -> None:
        """This message was delivered and went through: if it was parked before, it no longer waits for a person."""
        if monotonic() - self._looked > LOOK_EVERY:
            self._looked = monotonic()
            self._waiting = {letter["_id"] async for letter in self._letters.find({"replayed_at": None}, {"_id": 1})}
        if id in self._waiting:
            await self._letters.update_one({"_id": id}, {"$set": {"replayed_at": now()}})
            self._waiting.discard(id)
