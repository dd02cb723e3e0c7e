"""Dead letters: messages that failed for good, kept with their bytes, reason and attempts, and replayable.

A letter waits for a person until it was replayed or dismissed; what was decided is kept with it. Nobody is shown the
bytes: they may speak of a person.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import ASCENDING, IndexModel, ReturnDocument

from shared import tombstones
from shared.clock import now
from shared.pauses import Pauses

COLLECTION = "dead_letters"
ATTEMPTS = "attempts"
LOOK_EVERY = 5.0
"""Seconds between two looks at what is parked: replicas share the letters, and most of the time there are none."""
INDEXES = [
    # the list for staff: what is still parked, newest last
    IndexModel([("replayed_at", ASCENDING), ("dismissed_at", ASCENDING), ("at", ASCENDING)]),
    # one letter, as a page or a command names it
    IndexModel([("ref", ASCENDING)]),
    # erasure: every letter about one person
    IndexModel([("key", ASCENDING)]),
    # the loop that replays
    IndexModel([("replay_at", ASCENDING)], partialFilterExpression={"replay_at": {"$type": "date"}}),
]
WAITING: dict[str, Any] = {"replayed_at": None, "dismissed_at": None}
REPLAYS = 3
"""Times a replay is begun: a letter that ends the process each time waits for a person again."""


@dataclass(frozen=True)
class DeadLetter:
    """A letter as people see it: nothing of it names a person, neither `ref` nor `kind`."""

    ref: str
    consumer: str
    kind: str
    """The fact: `rencontres.registration.confirmed.v1`."""
    reason: str
    attempts: int
    at: datetime
    replay_at: datetime | None
    """Somebody asked for a replay then, and it has not come to an end."""
    replayed_at: datetime | None
    dismissed_at: datetime | None
    why: str

    @property
    def waiting(self) -> bool:
        """Whether a person has to decide."""
        return self.replayed_at is None and self.dismissed_at is None


def letter(document: Mapping[str, Any]) -> DeadLetter:
    """The letter that a document keeps."""
    return DeadLetter(
        ref=document["ref"],
        consumer=document["_id"].split(":")[0],
        kind=".".join(document["subject"].split(".")[:4]),
        reason=document["reason"],
        attempts=document["attempts"],
        at=document["at"],
        replay_at=document.get("replay_at"),
        replayed_at=document.get("replayed_at"),
        dismissed_at=document.get("dismissed_at"),
        why=document.get("why", ""),
    )


def reference(id: str) -> str:
    """What a letter is called on pages, in addresses and in the audit: its id may hold a person's."""
    return hashlib.sha256(id.encode()).hexdigest()[:16]


def identity(durable: str, headers: Mapping[str, str], body: bytes) -> str:
    """The name of one message for one consumer: its fact id, or a digest when it has none. Never a stream position."""
    fact_id = headers.get("ce-id") or hashlib.sha256(body).hexdigest()
    return f"{durable}:{fact_id}"


class DeadLetters:
    """One service's dead letters and its own count of attempts."""

    def __init__(self, database: AsyncIOMotorDatabase) -> None:
        self._letters = database[COLLECTION]
        self._attempts = database[ATTEMPTS]
        self.pauses = Pauses(database)
        self._erasures = database[tombstones.COLLECTION]
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
        """Keep the message; parking it again only refreshes the reason. A dismissed one stays dismissed.

        Of somebody who was erased, nothing is kept.
        """
        key = subject.rsplit(".", 1)[-1]
        found: dict[str, Any] = {
            "ref": reference(id),
            "key": key,
            "subject": subject,
            "headers": dict(headers),
            "body": body,
            "reason": reason,
            "attempts": attempts,
            "at": now(),
            "replayed_at": None,
        }
        await self._letters.update_one({"_id": id}, {"$set": found}, upsert=True)
        await self.forget_attempts(id)
        # Looked at after the letter is there: whoever erases sweeps after the tombstone is, so one of both finds it.
        if await self._erasures.find_one({"_id": key}, {"_id": 1}):
            await self._letters.delete_one({"_id": id})
        else:
            self._waiting.add(id)

    async def parked(self, limit: int = 100) -> list[dict[str, Any]]:
        """What waits for a person, oldest first."""
        found: list[dict[str, Any]] = await self._letters.find(WAITING).sort("at", 1).to_list(limit)
        return found

    async def waiting(self, limit: int = 100) -> list[DeadLetter]:
        """The same, as people see it."""
        return [letter(document) for document in await self.parked(limit)]

    async def settled(self, limit: int = 20) -> list[DeadLetter]:
        """Those that were replayed or dismissed, the latest first."""
        settled = {"$or": [{"replayed_at": {"$ne": None}}, {"dismissed_at": {"$ne": None}}]}
        return [
            letter(document) async for document in self._letters.find(settled, {"body": 0}).sort("at", -1).limit(limit)
        ]

    async def id_of(self, ref: str) -> str | None:
        """The document's id of the letter called so."""
        found = await self._letters.find_one({"ref": ref}, {"_id": 1})
        return str(found["_id"]) if found else None

    async def count(self) -> int:
        """How many wait for a person."""
        return int(await self._letters.count_documents(WAITING))

    async def oldest(self) -> datetime | None:
        """Since when the oldest of them waits."""
        found = await self._letters.find_one(WAITING, {"at": 1}, sort=[("at", 1)])
        return found["at"] if found else None

    async def begin_replay(self, counted: str = "") -> dict[str, Any] | None:
        """A letter that somebody asked to replay, with its try counted beforehand: it may end the process.

        The try of the letter with the id `counted` was counted before, and did not end the process.
        """
        wanted = {"replay_at": {"$type": "date"}}
        more = {"$cond": [{"$eq": ["$_id", counted]}, 0, 1]}
        found: dict[str, Any] | None = await self._letters.find_one_and_update(
            wanted,
            [{"$set": {"replays": {"$add": [{"$ifNull": ["$replays", 0]}, more]}}}],
            sort=[("replay_at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return found

    async def end_replay(self, id: str, failure: str | None) -> bool:
        """The replay went through, or the letter waits for a person again, with the new reason.

        False when the letter is gone: whom it was about was erased meanwhile.
        """
        ended: dict[str, Any] = {"replay_at": None, "replays": 0}
        outcome = {"replayed_at": now()} if failure is None else {"reason": failure}
        done = await self._letters.update_one({"_id": id}, {"$set": {**ended, **outcome}, "$inc": {"attempts": 1}})
        self._waiting.discard(id)
        return bool(done.matched_count)

    async def went_through(self, id: str) -> None:
        """This message was delivered and went through: if it was parked before, it no longer waits for a person."""
        if monotonic() - self._looked > LOOK_EVERY:
            self._looked = monotonic()
            self._waiting = {letter["_id"] async for letter in self._letters.find(WAITING, {"_id": 1})}
        if id in self._waiting:
            await self._letters.update_one({"_id": id}, {"$set": {"replayed_at": now(), "replay_at": None}})
            self._waiting.discard(id)
