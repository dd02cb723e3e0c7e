"""A stream, one reading service and one publishing service, on real servers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo

from shared.broker import Bus, durable
from shared.clock import now
from shared.deadletters import DeadLetters
from shared.events import Envelope
from shared.events.badges import CheckedIn
from shared.outbox import STREAM
from shared.store import Store
from tests.conftest import Indexed

READER = "registration"
PUBLISHER = "badges"


def a_check_in(registration: str = "r1") -> CheckedIn:
    return CheckedIn(registration=registration, edition="e", gate="Iéna", at=now(), rehearsal=False)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 8.0) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.02)


@dataclass
class Wire:
    """The stream as a test sees it."""

    stream: JetStreamContext
    database: AsyncIOMotorDatabase
    url: str
    letters: DeadLetters
    alive: list[bool] = field(default_factory=lambda: [True])

    async def publish(self, body: bytes, fact_id: str | None = "f1", kind: str | None = None, **headers: str) -> None:
        fact = a_check_in()
        envelope = Envelope(fact_id or "", kind or fact.type(), "/test", now(), fact.key, 1, "c1")
        sent = envelope.headers() if fact_id else {}
        await self.stream.publish(envelope.subject, body, stream=STREAM, headers={**sent, **headers})

    async def publish_fact(self, fact_id: str = "f1", registration: str = "r1", **headers: str) -> None:
        await self.publish(a_check_in(registration).model_dump_json().encode(), fact_id, **headers)

    async def consumer(self) -> ConsumerInfo:
        return await self.stream.consumer_info(STREAM, durable(READER, PUBLISHER))

    async def settled(self) -> bool:
        consumer = await self.consumer()
        return not consumer.num_pending and not consumer.num_ack_pending

    async def _alive(self) -> bool:
        return self.alive[0]

    @asynccontextmanager
    async def reading(self, subscribe: Callable[[Bus], None]) -> AsyncIterator[Bus]:
        bus = Bus(READER, self.url, self.letters, self._alive)
        subscribe(bus)
        await bus.start()
        try:
            yield bus
        finally:
            await bus.stop()


@pytest.fixture
def wire(stream: JetStreamContext, nats_url: str, database: AsyncIOMotorDatabase) -> Wire:
    return Wire(stream, database, nats_url, DeadLetters(database))


@pytest.fixture
async def database(indexed: Indexed) -> AsyncIOMotorDatabase:
    """Empty, with the collections and indexes of the plumbing; one serves all of these tests."""
    made = indexed(Store)
    for collection in {"things", "inbox", "audit"} - {*await made.list_collection_names()}:
        await made.create_collection(collection)
    return made


@pytest.fixture
async def store(database: AsyncIOMotorDatabase) -> AsyncIterator[Store]:
    made = Store(database, PUBLISHER)
    yield made
    await made.close()
