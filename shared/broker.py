"""NATS JetStream: how facts are consumed, and what is done about every failure.

The stack's defaults lose messages; each setting here answers one measured trap (`docs/decisions/`).
One durable pull consumer for each consuming and publishing service, made by `deploy.provision` alone.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.nats.subscriber.usecases import LogicSubscriber
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, ConsumerInfo
from nats.js.errors import APIError
from pydantic import ValidationError

from shared.deadletters import DeadLetters
from shared.errors import Away, Unreadable
from shared.events import PREFIX, Envelope, Fact
from shared.guard import Guard, guarded
from shared.ids import new_id
from shared.logs import bound, log
from shared.outbox import STREAM

F = TypeVar("F", bound=Fact)
Consumer = Callable[[F, Envelope], Awaitable[None]]

BATCH = 100
"""Facts pulled at a time; each is acknowledged alone, after its commit."""
PULL_SECONDS = 0.02
"""How long a fact in hand waits for company."""
IDLE_SECONDS = 1.0
"""How long one pull waits for a first fact: also how long a consumer may sleep on after NATS was restarted."""


def durable(service: str, publisher: str) -> str:
    """The name of the consumer by which `service` reads the facts of `publisher`."""
    return f"{service}_{publisher}"


class Bus:
    """A service's connection to NATS: subscriptions, doorbell, and the state of its consumers."""

    def __init__(self, service: str, url: str, letters: DeadLetters, alive: Callable[[], Awaitable[bool]]) -> None:
        self.service = service
        self.unknown_types: dict[str, int] = {}
        self.told_at: dict[str, datetime] = {}
        """The time of the last fact read from each publisher: in the future, its clock is ahead."""
        self._inbox = f"_INBOX_{service}"
        self._me = new_id().encode()
        self._subscribers: dict[str, LogicSubscriber[Any]] = {}
        self._handlers: dict[tuple[str, str], Callable[[Mapping[str, str], bytes], Awaitable[None]]] = {}
        self._guard = Guard(service, letters, alive)
        self._bells: list[Callable[[], None]] = []
        self._client: Client | None = None
        self._stopping = False
        self._broker = NatsBroker(
            url.split(","),
            logger=None,
            middlewares=[guarded(self._guard)],
            name=service,
            inbox_prefix=self._inbox,
            connect_timeout=2,
            reconnect_time_wait=1,
            max_reconnect_attempts=-1,
            ping_interval=5,
            max_outstanding_pings=2,
            apply_types=False,  # handlers take the message as it is: nothing is to be injected into them
            closed_cb=self._closed,
            error_cb=_report,
        )

    def on(self, fact_class: type[F]) -> Callable[[Consumer[F]], Consumer[F]]:
        """Call the decorated function for each `fact_class` fact. It raises on failure; the guard does the rest."""
        subscriber = self._subscriber(fact_class.publisher)
        wanted = fact_class.type()

        def wrap(consumer: Consumer[F]) -> Consumer[F]:
            async def take_in(headers: Mapping[str, str], body: bytes) -> None:
                fact, envelope = read(fact_class, headers, body)
                self.told_at[fact_class.publisher] = envelope.time
                with bound(envelope.correlation_id, envelope.id):
                    await consumer(fact, envelope)

            async def is_wanted(message: NatsMessage) -> bool:  # FastStream gives every other filter a thread
                return message.headers.get("ce-type") == wanted

            @subscriber(filter=is_wanted)
            async def consume(message: NatsMessage) -> None:
                await take_in(message.headers, message.body)

            self._handlers[durable(self.service, fact_class.publisher), wanted] = take_in
            return consumer

        return wrap

    async def replay(self, name: str, headers: Mapping[str, str], body: bytes) -> str | None:
        """Give a kept message to the handler of consumer `name` once more: None, or why it failed again."""
        handler = self._handlers.get((name, headers.get("ce-type", "")))
        if handler is None:
            return "nobody here reads this fact"
        return await self._guard.replay(lambda: handler(headers, body))

    def on_bell(self, ring: Callable[[], None]) -> None:
        """Call `ring` whenever any replica of this service has committed facts."""
        self._bells.append(ring)

    async def start(self, *, consume: bool = True) -> None:
        """Connect, waiting for NATS as long as it takes, and begin to consume if asked."""
        for subscriber in self._subscribers.values():
            subscriber(self._skip)
        self._client = await self._broker.connect()
        await self._client.subscribe(f"bell.{self.service}", cb=self._rung)
        if consume:
            for name in self.durables:
                await self._await_consumer(name)
            await self._broker.start()
            for subscriber in self._subscribers.values():
                subscriber.subscription = Pull(subscriber.subscription)

    async def stop(self) -> None:
        """Stop consuming and disconnect."""
        self._stopping = True
        self._guard.let_go()
        await self._broker.stop()

    @property
    def connected(self) -> bool:
        """Whether the connection stands; a frozen server is noticed after ten seconds."""
        return self._client is not None and self._client.is_connected

    def stream(self) -> JetStreamContext:
        """The JetStream of this connection, for the relay; only after `start()`."""
        if self._client is None:
            raise Away("NATS")
        return self._client.jetstream()

    async def consumer(self, name: str) -> ConsumerInfo:
        """The state of one of this service's consumers; raises the client's errors."""
        if self._client is None:
            raise ConnectionClosedError
        found: ConsumerInfo = await self._client.jetstream(timeout=2).consumer_info(STREAM, name)
        return found

    async def _await_consumer(self, name: str) -> None:
        """Only `deploy.provision` makes consumers; until it has, this service answers pages and waits."""
        while True:
            try:
                await self.consumer(name)
            except (NatsError, TimeoutError, OSError) as error:
                log().warning("consumer.missing", consumer=name, reason=repr(error))
                await asyncio.sleep(1)
            else:
                return

    @property
    def durables(self) -> list[str]:
        """The consumers this service reads from."""
        return [durable(self.service, publisher) for publisher in self._subscribers]

    async def ring(self) -> None:
        """Tell every replica that there is something to relay. Best effort: the sweep is the net."""
        for ring in self._bells:
            ring()
        try:
            if self._client:
                await self._client.publish(f"bell.{self.service}", self._me)
        except (NatsError, OSError):
            log().debug("bell.silent")

    async def _closed(self) -> None:
        """A closed client never comes back: its pull loop spins without yielding. The supervisor restarts us."""
        if not self._stopping:
            log().error("nats.closed")
            os._exit(70)

    async def _rung(self, message: Msg) -> None:
        if message.data != self._me:  # ours were rung already
            for ring in self._bells:
                ring()

    async def _skip(self, message: NatsMessage) -> None:
        """A fact this version does not know is counted and acknowledged: additive contracts allow it."""
        kind = message.headers.get("ce-type", "")
        self.unknown_types[kind] = self.unknown_types.get(kind, 0) + 1

    def _subscriber(self, publisher: str) -> LogicSubscriber[Any]:
        if publisher not in self._subscribers:
            self._subscribers[publisher] = self._broker.subscriber(
                f"{PREFIX}.{publisher}.>",
                stream=JStream(STREAM, declare=False),
                durable=durable(self.service, publisher),
                pull_sub=PullSub(batch_size=BATCH, timeout=PULL_SECONDS),
                inbox_prefix=f"{self._inbox}.".encode(),
                config=ConsumerConfig(filter_subjects=[]),
                ack_policy=AckPolicy.NACK_ON_ERROR,
                decoder=_whole,
                no_reply=True,
            )
        return self._subscribers[publisher]


class Pull:
    """A pull subscription whose `fetch` waits long for the first message and briefly for more.

    The client's own waits equally long for both: either a lone fact lingers, or an idle consumer asks all the time.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def fetch(self, batch: int, timeout: float) -> list[Any]:  # noqa: ASYNC109 - so FastStream calls it
        """Up to `batch` messages, `timeout` seconds after the first; raises `TimeoutError` when there is none."""
        try:
            found: list[Any] = await self._inner.fetch(1, timeout=IDLE_SECONDS)
        except APIError:  # the consumer or the stream is gone, and the answer came at once
            await asyncio.sleep(IDLE_SECONDS)
            return []
        with suppress(NatsError, TimeoutError):
            found += await self._inner.fetch(batch - 1, timeout=timeout)
        return found


def read(fact_class: type[F], headers: Mapping[str, str], body: bytes) -> tuple[F, Envelope]:
    """The fact and its envelope; raises `Unreadable` when the message is neither."""
    try:
        return fact_class.model_validate_json(body), Envelope.from_headers(headers)
    except (ValidationError, KeyError, ValueError) as error:
        raise Unreadable(type(error).__name__) from error


async def _whole(message: NatsMessage) -> NatsMessage:
    """What a handler is called with: bodies are read by their fact's own class, so the broker decodes nothing."""
    return message


async def _report(error: Exception) -> None:
    log().warning("nats.error", reason=repr(error))
    # After either of them the client stays deaf; whoever supervises starts another.
    if any(refused in str(error).lower() for refused in ("permissions violation", "authorization violation")):
        os._exit(71)
