"""The one place that decides what happens to a message that fails.

Two families. *The world is away*: hold the message, stop pulling, probe every second, count nothing.
*This message fails*: try again after 0.2 s, doubling to 30 s, and park it as a dead letter at the tenth attempt.
Many parked in a row pause the consumer: it holds what it has, and pulls nothing more.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from faststream import BaseMiddleware
from faststream.exceptions import HandlerException, NackMessage
from faststream.nats import NatsMessage
from nats.aio.msg import Msg

from shared import mongo
from shared.deadletters import DeadLetters, identity, reference
from shared.errors import Away, Unreadable
from shared.failpoints import reach
from shared.logs import failure, log

R = TypeVar("R")
Handler = Callable[[Any], Awaitable[Any]]

ATTEMPTS = 10
HANDLER_SECONDS = 5.0
"""What the first attempt may take, and each further one as much more: a machine with too much to do is slow, and a
handler that is cut has to begin again. Shorter than the consumer's ack wait of 8 s; beyond, NATS is told to wait."""
HANDLER_MOST = 30.0
"""What no attempt may take longer than."""
PROBE_SECONDS = 1.0


class Paused(Exception):
    """The consumer was paused while this message was being tried: it is held, and nothing is decided."""


class Guard:
    """Runs one handler call for one message and turns every failure into a decision."""

    def __init__(self, service: str, letters: DeadLetters, alive: Callable[[], Awaitable[bool]]) -> None:
        self._service = service
        self._letters = letters
        self._alive = alive
        self._stopping = asyncio.Event()
        self._parking: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def consume(self, call_next: Handler, message: NatsMessage) -> Any:
        """Call the handler; returning acknowledges, `NackMessage` asks for another delivery after its delay."""
        durable = message.raw_message.metadata.consumer
        id = identity(durable, message.headers, message.body)
        while True:
            try:
                if await self._held(durable, id, message):
                    return await self._try_held(durable, call_next, message)
                return await self._decide(durable, id, call_next, message)
            except Paused:
                continue

    def let_go(self) -> None:
        """The process is stopping: what a pause holds is given back to NATS."""
        self._stopping.set()

    async def replay(self, act: Callable[[], Awaitable[Any]]) -> str | None:
        """Run a handler for a dead letter: None if it went through, else why not; raises `Away` for the world."""
        try:
            await self._timed(act, HANDLER_MOST)
        except Unreadable as error:
            return f"unreadable: {error}"
        except Exception as error:
            if _is_away(error):
                raise Away("MongoDB") from error
            log().warning("letter.failed", **failure(error))
            return type(error).__name__
        return None

    async def _decide(self, durable: str, id: str, call_next: Handler, message: NatsMessage) -> Any:
        attempt = await self._patiently(message, lambda: self._count(id, message))
        if attempt > ATTEMPTS:
            return await self._park(id, message, "no attempt came to an end", attempt - 1)
        try:
            result = await self._patiently(message, lambda: self._attempt(call_next, message, allowed(attempt)))
        except HandlerException:
            raise
        except Unreadable as error:
            return await self._park(id, message, f"unreadable: {error}", attempt)
        except Exception as error:  # no failure may pass undecided
            if attempt >= ATTEMPTS:
                return await self._park(id, message, type(error).__name__, attempt)
            log().warning("fact.failed", ref=reference(id), attempt=attempt, **failure(error))
            raise NackMessage(delay=pause(attempt)) from error
        if attempt > 1:
            await self._patiently(message, lambda: self._letters.forget_attempts(id))
        await self._patiently(message, lambda: self._letters.went_through(id))
        await self._patiently(message, lambda: self._letters.pauses.went_through(durable))
        reach("before-ack")
        return result

    async def _held(self, durable: str, id: str, message: NatsMessage) -> bool:
        """Return at once while the consumer runs: False. During a pause hold the message: True when it is tried."""
        while await self._patiently(message, lambda: self._letters.pauses.since(durable)):
            if await self._patiently(message, lambda: self._letters.pauses.may_try(durable, id)):
                return True
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), PROBE_SECONDS)
                raise NackMessage(delay=PROBE_SECONDS)
            await message.raw_message.in_progress()
        return False

    async def _try_held(self, durable: str, call_next: Handler, message: NatsMessage) -> Any:
        """One held message, tried: it ends the pause, or comes again later and counts for nothing."""
        try:
            result = await self._patiently(message, lambda: self._attempt(call_next, message, HANDLER_MOST))
        except HandlerException:
            raise
        except Exception as error:
            # given back, or what the next pull would bring is never tried
            later = await self._patiently(message, lambda: self._letters.pauses.failed_again(durable))
            raise NackMessage(delay=later) from error
        await self._patiently(message, lambda: self._letters.pauses.resume(durable))
        return result

    async def _count(self, id: str, message: NatsMessage) -> int:
        """The number of this attempt. A first delivery is the first, and needs no look into the database."""
        if message.raw_message.metadata.num_delivered == 1:
            return 1
        return await self._letters.count_attempt(id) + 1

    async def _patiently(self, message: NatsMessage, act: Callable[[], Awaitable[R]]) -> R:
        """Do it; while the world is away keep the message, and with it the pull, and do it again afterwards."""
        while True:
            try:
                return await act()
            except Exception as error:
                if not _is_away(error):
                    raise
                log().warning("world.away", reason=repr(error))
            back = False
            while not back:
                await asyncio.sleep(PROBE_SECONDS)
                await message.raw_message.in_progress()
                back = await self._alive()

    async def _attempt(self, call_next: Handler, message: NatsMessage, seconds: float | None) -> Any:
        """Call the handler, and tell NATS meanwhile that it is at work: it may take longer than the ack wait."""
        working = asyncio.create_task(_at_work(message))
        try:
            return await self._timed(lambda: call_next(message), seconds)
        finally:
            working.cancel()

    async def _timed(self, act: Callable[[], Awaitable[R]], seconds: float | None) -> R:
        """Call the handler within its time. It may run out because a frozen MongoDB is waited for longer than that."""
        try:
            async with asyncio.timeout(seconds):
                return await act()
        except TimeoutError:
            if await self._alive():
                raise
            raise Away("MongoDB") from None

    async def _park(self, id: str, message: NatsMessage, reason: str, attempts: int) -> None:
        raw: Msg = message.raw_message
        durable = raw.metadata.consumer
        async with self._parking[durable]:  # one after the other, or a whole batch is parked before the fifth counts
            if await self._patiently(message, lambda: self._letters.pauses.since(durable)):
                raise Paused
            await self._patiently(
                message,
                lambda: self._letters.park(
                    id,
                    subject=raw.subject,
                    headers=message.headers,
                    body=message.body,
                    reason=reason,
                    attempts=attempts,
                ),
            )
            log().error("fact.parked", ref=reference(id), consumer=durable, reason=reason, attempts=attempts)
            await self._patiently(message, lambda: self._letters.pauses.set_aside(durable))


async def _at_work(message: NatsMessage) -> None:
    """Say so as long as the first attempt may take, and again, until cancelled."""
    while True:
        await asyncio.sleep(HANDLER_SECONDS)
        await message.raw_message.in_progress()


def allowed(attempt: int) -> float | None:
    """Seconds that this attempt may take; None would be no end."""
    return min(HANDLER_MOST, HANDLER_SECONDS * attempt)


def pause(attempt: int) -> float:
    """Seconds before the next attempt: 0.2 doubling to 30, with jitter."""
    return min(30.0, 0.2 * 2.0 ** (attempt - 1)) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret


def _is_away(error: Exception) -> bool:
    return isinstance(error, Away) or mongo.is_away(error)


def guarded(guard: Guard) -> type[BaseMiddleware]:
    """The guard as a broker middleware."""

    class Middleware(BaseMiddleware):
        """Hands every consumed message to the guard."""

        async def consume_scope(self, call_next: Handler, msg: Any) -> Any:
            return await guard.consume(call_next, msg)

    return Middleware
