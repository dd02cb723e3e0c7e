"""One look at the whole house: each service's database at one moment of its own, and the stream.

Nothing is written. What is large and only compared, PDFs and the bytes of facts, is kept as a digest.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any

import nats
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NotFoundError
from pymongo import MongoClient

from deploy.provision import consumer_configs
from shared import tombstones
from shared.events import CATALOGUE, Fact
from shared.outbox import STREAM
from shared.rebuild import REBUILT

Document = dict[str, Any]
Environments = Mapping[str, Mapping[str, str]]
"""What each service that can be reached finds in its environment."""

COLLECTIONS: Mapping[str, tuple[str, ...]] = {
    "registration": (
        *("registrations", "places", "queues", "editions", "identities", "releases", "badges"),
        *("addresses", "requests", "needs", "import_lines", "references"),
    ),
    "programme": ("editions", "releases", "places", "accounts", "tokens"),
    "notifications": (
        *("registrations", "badges", "badge_files", "editions", "programmes", "releases"),
        *("told", "deliveries"),
    ),
    "badges": ("editions", "holders", "badges", "check_ins", "batches"),
}
EVERYWHERE = ("access", "audit", "dead_letters", tombstones.COLLECTION)

AT_ONCE = 250
"""Messages read from the stream at a time: with a badge in each, some 10 MB."""


NEVER = datetime.min.replace(tzinfo=UTC)
"""Before everything."""


@dataclass(frozen=True)
class Entry:
    """One fact of an outbox. `digest` stands for its subject, headers and body; `pdf` for the badge it carries."""

    id: str
    publisher: str
    aggregate: str
    sequence: int
    key: str
    subject: str
    at: datetime
    pending: bool
    digest: bytes
    body: Document
    pdf: bytes = b""

    @property
    def type(self) -> str:
        """The fact's type: its subject without the key."""
        return self.subject.rsplit(".", 1)[0]

    @property
    def name(self) -> str:
        """The fact's short name: `confirmed`."""
        return self.subject.split(".")[2]

    @cached_property
    def fact(self) -> Fact | None:
        """The fact itself; None for a kind this version does not know. A badge's PDF is left out."""
        kind = CATALOGUE.get(self.type)
        return (
            kind.model_validate({**self.body, "pdf": ""} if "pdf" in kind.model_fields else self.body) if kind else None
        )


@dataclass(frozen=True)
class Seen:
    """Everything of one look."""

    at: datetime
    collections: Mapping[tuple[str, str], list[Document]]
    entries: Mapping[str, list[Entry]]
    """The outbox of each service that was reached, each aggregate in its sequence."""
    stream: Mapping[str, list[bytes]] | None = None
    """The digests of all copies of each fact in the stream; None when it was not asked."""
    subjects: Mapping[str, str] = field(default_factory=dict)
    """Under which subject each of them is there."""
    waiting: Mapping[str, int] = field(default_factory=dict)
    """Facts on their way, by consumer or outbox; nothing when all was told and taken in."""
    environments: Environments = field(default_factory=dict)

    def of(self, service: str, collection: str) -> list[Document]:
        """The documents of one collection."""
        return self.collections[service, collection]

    def by_id(self, service: str, collection: str) -> dict[str, Document]:
        """The same by their `_id`."""
        return {document["_id"]: document for document in self.of(service, collection)}

    def reaches(self, services: Iterable[str]) -> bool:
        """Whether all these services were looked at."""
        return set(services) <= set(self.entries)

    def journal_lost_until(self, service: str) -> datetime:
        """Until when the service's journal was lost with its database, which facts brought back."""
        rebuilt = (one["at"] for one in self.of(service, "audit") if one["action"] == REBUILT)
        return max(rebuilt, default=NEVER)

    @property
    def busy(self) -> bool:
        """Whether something is still on its way: facts, badges to be drawn, people to be held against a release."""
        due = self.reaches(["badges"]) and any(one["due"] for one in self.of("badges", "holders"))
        return bool(self.waiting) or due or (self.reaches(["notifications"]) and self._unreviewed)

    @property
    def _unreviewed(self) -> bool:
        newest: dict[str, int] = {}
        for release in self.of("notifications", "releases"):
            newest[release["edition"]] = max(release["release"], newest.get(release["edition"], 0))
        told = (one for one in self.of("notifications", "told") if one["live"])
        return any(one["reviewed"] < newest.get(one["edition"], 0) for one in told)

    @cached_property
    def histories(self) -> dict[str, list[Entry]]:
        """The facts of each registration, erased ones left out, in their sequence."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries.get("registration", []):
            kind = CATALOGUE.get(entry.type)
            if kind and kind.key_field == "registration" and entry.key not in self.erased:
                found[entry.key].append(entry)
        return dict(found)

    @cached_property
    def erased(self) -> set[str]:
        """The registrations that were erased: what is left of them is compared with nothing."""
        return {one["_id"] for service in self.entries for one in self.of(service, tombstones.COLLECTION)}


def look(reachable: Environments, stream_url: str | None) -> Seen:
    """Read everything once."""
    collections: dict[tuple[str, str], list[Document]] = {}
    entries: dict[str, list[Entry]] = {}
    for service, environment in reachable.items():
        with (
            MongoClient[Document](environment["MONGO_URL"], tz_aware=True) as client,
            client.start_session(snapshot=True) as session,
        ):
            for name in (*COLLECTIONS[service], *EVERYWHERE):
                found = client[service][name].find({}, session=session)
                collections[service, name] = [_lightened(one) for one in found]
            outbox = client[service].outbox.find({}, session=session)
            entries[service] = sorted(
                (_entry(service, one) for one in outbox), key=lambda one: (one.aggregate, one.sequence)
            )
    subjects: dict[str, str] = {}
    told, lag = asyncio.run(_read_stream(stream_url, subjects)) if stream_url else (None, {})
    pending = {f"{service}’s outbox": sum(one.pending for one in kept) for service, kept in entries.items()}
    waiting = {name: number for name, number in {**pending, **lag}.items() if number}
    return Seen(datetime.now(UTC), collections, entries, told, subjects, waiting, reachable)


def _lightened(document: Document) -> Document:
    pdf = document.get("pdf")
    return {**document, "pdf": digest(pdf.encode())} if isinstance(pdf, str) else document


def _entry(service: str, document: Document) -> Entry:
    body = json.loads(document["body"])
    pdf = body.pop("pdf", "")
    return Entry(
        id=document["_id"],
        publisher=service,
        aggregate=document["aggregate"],
        sequence=document["sequence"],
        key=document["key"],
        subject=document["subject"],
        at=document["at"],
        pending=document["pending"],
        digest=_digest(document["subject"], document["headers"], document["body"].encode()),
        body=body,
        pdf=digest(pdf.encode()) if pdf else b"",
    )


async def _read_stream(url: str, subjects: dict[str, str]) -> tuple[dict[str, list[bytes]], dict[str, int]]:
    async with reading(url) as stream:
        return await _copies(stream, subjects), await _lag(stream)


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[JetStreamContext]:
    """The JetStream at this address, or at one of several with commas between them."""
    client = await nats.connect(url.split(","), connect_timeout=5, max_reconnect_attempts=2)
    try:
        yield client.jetstream(timeout=10)
    finally:
        await client.close()


async def _copies(stream: JetStreamContext, subjects: dict[str, str]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = defaultdict(list)
    async for message in messages(stream):
        headers = {name: text for name, text in (message.headers or {}).items() if not name.startswith("Nats-")}
        id = headers.get("ce-id", f"message {message.metadata.sequence.stream}")
        found[id].append(_digest(message.subject, headers, message.data))
        subjects[id] = message.subject
    return dict(found)


async def messages(stream: JetStreamContext) -> AsyncIterator[Msg]:
    """Every message there is now, through a consumer of our own that remembers nothing and goes away with us."""
    left = (await stream.stream_info(STREAM)).state.messages
    config = ConsumerConfig(ack_policy=AckPolicy.NONE, mem_storage=True, inactive_threshold=30)
    reader = await stream.pull_subscribe("", stream=STREAM, config=config)
    try:
        while left:
            for message in await reader.fetch(AT_ONCE, timeout=5):
                left = message.metadata.num_pending
                yield message
    finally:
        consumer = await reader.consumer_info()
        await stream.delete_consumer(STREAM, consumer.name)


async def _lag(stream: JetStreamContext) -> dict[str, int]:
    lag: dict[str, int] = {}
    for config in consumer_configs():
        name = config.durable_name or ""
        try:
            consumer = await stream.consumer_info(STREAM, name)
        except NotFoundError:
            continue
        lag[f"consumer {name}"] = (consumer.num_pending or 0) + (consumer.num_ack_pending or 0)
    return lag


def digest(content: bytes) -> bytes:
    """Stands for content that is only compared."""
    return blake2b(content, digest_size=16).digest()


def _digest(subject: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = "\n".join(f"{name}: {value}" for name, value in sorted(headers.items()))
    return digest(f"{subject}\n{lines}\n".encode() + body)
