"""Reads from the stream what concerns one service, through a consumer that is gone afterwards."""

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import nats
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from deploy.programs import Missing
from deploy.topology import SUBSCRIPTIONS
from shared.broker import durable
from shared.clock import now
from shared.events import CATALOGUE, PREFIX, Envelope, Fact
from shared.outbox import STREAM
from shared.rebuild import History, erased, outbox_entry, without_erased

_BATCH = 200
_SECONDS = 5.0
"""How long one pull may take."""


@dataclass
class Found:
    """What the stream holds: the service's outbox as it was, what it had received, and what nobody can read."""

    outbox: dict[str, dict[str, Any]] = field(default_factory=dict)
    own: list[tuple[Fact, Envelope]] = field(default_factory=list)
    others: list[tuple[Fact, Envelope]] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    unreadable: int = 0

    @property
    def history(self) -> History:
        """What the service is rebuilt from."""
        return without_erased(History(self.own, self.others, now()))

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The outbox, without what was told of people who were forgotten since."""
        kept = {envelope.id for _, envelope in self.history.own}
        gone = erased(self.history)
        return [one for id, one in self.outbox.items() if one["key"] not in gone or id in kept]


async def read(url: str, service: str) -> Found:
    """Everything the service told, and everything it had received; what it had not is left for its consumers."""
    client = await nats.connect(url.split(","), connect_timeout=5, max_reconnect_attempts=5)
    try:
        stream = client.jetstream(timeout=10)
        found = Found()
        async for message in _messages(stream, [f"{PREFIX}.{service}.>"]):
            _take_own(found, message)
        for publisher in SUBSCRIPTIONS[service]:
            horizon = await _received(stream, service, publisher)
            async for message in _messages(stream, [f"{PREFIX}.{publisher}.>"]):
                if message.metadata.sequence.stream <= horizon:
                    _take_other(found, message)
        return found
    finally:
        await client.close()


async def told(url: str, *kinds: type[Fact]) -> list[Fact]:
    """What the stream holds of these facts, oldest first; nothing when there is no stream."""
    client = await nats.connect(url.split(","), connect_timeout=5, max_reconnect_attempts=5)
    try:
        found = Found()
        with suppress(NotFoundError):
            async for message in _messages(client.jetstream(timeout=10), [f"{kind.type()}.*" for kind in kinds]):
                _take_other(found, message)
        return [fact for fact, _ in found.others]
    finally:
        await client.close()


async def _received(stream: JetStreamContext, service: str, publisher: str) -> int:
    """The place in the stream up to which the service was given this publisher's facts; its end if nobody knows.

    What is behind it calls for its effects as if nothing had happened: it has had none.
    """
    end = (await stream.stream_info(STREAM)).state.last_seq
    try:
        consumer = await stream.consumer_info(STREAM, durable(service, publisher))
    except NotFoundError:
        return end
    given = consumer.delivered.stream_seq if consumer.delivered else 0
    return given or end


async def _messages(stream: JetStreamContext, subjects: Iterable[str]) -> AsyncIterator[Msg]:
    """Every message of these subjects, oldest first, up to the end that the stream has now."""
    config = ConsumerConfig(
        filter_subjects=[*subjects],
        ack_policy=AckPolicy.NONE,
        inactive_threshold=60,
        mem_storage=True,
    )
    consumer = await stream.add_consumer(STREAM, config)
    left = consumer.num_pending or 0
    pull = await stream.pull_subscribe_bind(consumer=consumer.name, stream=STREAM)
    try:
        while left > 0:
            try:
                messages = await pull.fetch(min(_BATCH, left), timeout=_SECONDS)
            except NatsTimeout:
                raise Missing("NATS stopped answering in the middle of the stream: do it again.") from None
            left -= len(messages)
            for message in messages:
                yield message
    finally:
        await pull.unsubscribe()
        await stream.delete_consumer(STREAM, consumer.name)


def _take_own(found: Found, message: Msg) -> None:
    try:
        entry = outbox_entry(message.subject, message.headers or {}, message.data)
    except (KeyError, ValueError, IndexError):
        found.unreadable += 1
        return
    found.outbox.setdefault(entry["_id"], entry)
    if (fact := _fact(found, message)) is not None:
        found.own.append(fact)


def _take_other(found: Found, message: Msg) -> None:
    headers = message.headers or {}
    if "ce-id" in headers:
        found.received.append(headers["ce-id"])
    if (fact := _fact(found, message)) is not None:
        found.others.append(fact)


def _fact(found: Found, message: Msg) -> tuple[Fact, Envelope] | None:
    """The fact and its envelope; None for one that this version does not know, or that nobody can read."""
    headers = message.headers or {}
    kind = CATALOGUE.get(headers.get("ce-type", ""))
    if kind is None:
        return None
    try:
        return kind.model_validate_json(message.data), Envelope.from_headers(headers)
    except (ValidationError, KeyError, ValueError):
        found.unreadable += 1
        return None
