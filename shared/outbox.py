"""The outbox: facts are stored with the change they tell of, then relayed to NATS until NATS has them.

An entry stays `pending` until the server acknowledged it; published entries are kept for the edition, so
that a wiped NATS is refilled by marking them pending again.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import APIError
from pymongo import ASCENDING, IndexModel

from shared.clock import now
from shared.errors import Away
from shared.events import Envelope, Fact
from shared.failpoints import reach

COLLECTION = "outbox"
STREAM = "RENCONTRES"
FULL = {10077, 10047, 10023, 10122}
"""JetStream's codes for: stream at its limit of bytes, no storage left, no resources, stream cannot write."""
INDEXES = [
    # the relay's sweep: what is pending, oldest first
    IndexModel([("pending", ASCENDING), ("at", ASCENDING)], partialFilterExpression={"pending": True}),
    # the relay's second look: everything pending of the aggregates found
    IndexModel([("aggregate", ASCENDING), ("sequence", ASCENDING)], partialFilterExpression={"pending": True}),
    # erasure: every entry about one person
    IndexModel([("key", ASCENDING)]),
]


def entry(
    fact: Fact, *, aggregate: str, sequence: int, time: datetime, correlation_id: str, causation_id: str | None
) -> dict[str, Any]:
    """The outbox document of `fact`; its id is publisher, aggregate and sequence: the same fact twice is one."""
    envelope = Envelope(
        id=f"{fact.publisher}:{aggregate}:{sequence}",
        type=fact.type(),
        source=f"/rencontres/{fact.publisher}",
        time=time,
        key=fact.key,
        sequence=sequence,
        correlation_id=correlation_id,
        causation_id=causation_id,
    )
    return {
        "_id": envelope.id,
        "aggregate": aggregate,
        "sequence": sequence,
        "key": fact.key,
        "subject": envelope.subject,
        "headers": envelope.headers(),
        "body": fact.model_dump_json(),
        "at": time,
        "pending": True,
    }


class Relay:
    """Publishes what is pending, each aggregate in its sequence. One step is one sweep; run it in a leased loop."""

    def __init__(self, database: AsyncIOMotorDatabase, stream: Callable[[], JetStreamContext], size: int = 500) -> None:
        self._outbox = database[COLLECTION]
        self._stream = stream
        self._size = size
        self.refused = False
        """Whether NATS answered the last sweep, and refused a fact: it is full."""

    async def step(self) -> bool:
        """Publish one sweep. True if there was something; raises `Away` when NATS does not acknowledge."""
        found = await self._outbox.find({"pending": True}, {"aggregate": 1}).sort("at", 1).to_list(self._size)
        if not found:
            self.refused = False
            return False
        # Times are not in commit order: a lower sequence may have appeared since, so ask for all of these aggregates.
        aggregates = sorted({document["aggregate"] for document in found})
        entries = (
            await self._outbox.find({"pending": True, "aggregate": {"$in": aggregates}})
            .sort("sequence", 1)
            .to_list(None)
        )
        queues: dict[str, list[dict[str, Any]]] = {}
        for document in entries:
            queues.setdefault(document["aggregate"], []).append(document)
        done = await asyncio.gather(*(self._publish(queue) for queue in queues.values()))
        published = [id for ids in done for id in ids]
        self.refused &= len(published) < len(entries)
        reach("after-publish")
        await self._outbox.update_many({"_id": {"$in": published}}, {"$set": {"pending": False, "published_at": now()}})
        if len(published) < len(entries):
            raise Away("NATS")
        return True

    async def _publish(self, queue: Sequence[dict[str, Any]]) -> list[str]:
        """Publish one aggregate's entries in order, up to the first that is not acknowledged; the ids that were."""
        done: list[str] = []
        for document in queue:
            headers = {**document["headers"], "Nats-Msg-Id": document["_id"]}
            try:
                await self._stream().publish(
                    document["subject"], document["body"].encode(), timeout=5, stream=STREAM, headers=headers
                )
            except (NatsError, TimeoutError, OSError) as error:
                self.refused = isinstance(error, APIError) and error.err_code in FULL
                break
            done.append(document["_id"])
        return done
