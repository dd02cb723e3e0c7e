"""Takes out of NATS what was erased: `python -m deploy.janitor`, beside the services.

It reads `erased` and `erased-here` through one durable consumer, which it acknowledges afterwards: every erasure is
carried out at least once, by however many janitors there are, and again finds nothing. What stands before these facts
under the person's key goes; they themselves stay, for a service that was away. Facts that a service still published
after `erased` go when it says `erased-here`.

Each message is deleted, not purged with its subject: only then does NATS write over it on disk as well.

From the environment: `NATS_URL`, `LOG_LEVEL`, and `ALIVE_FILE`, touched whenever NATS answered.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import nats
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from deploy.topology import JANITOR
from shared import logs
from shared.events import ERASED_HERE, PREFIX
from shared.events.registration import Erased
from shared.logs import log
from shared.outbox import STREAM

AT_ONCE = 5
"""Erasures taken at a time: all of them are carried out before the first is delivered again."""
PATIENCE = 5.0
"""Seconds one pull waits for an erasure, and one deletion for its answer."""
BEYOND = sys.maxsize
KEPT = tuple(fact.type() for fact in (Erased, *ERASED_HERE))
"""What stays of a person: nothing of them is in it."""
CLOSED = 70
"""The exit code when the connection is gone for good: whoever supervises starts another."""


async def clear(stream: JetStreamContext, message: Msg) -> None:
    """Delete what came before this fact under its key, then acknowledge it."""
    key, position = message.subject.rpartition(".")[2], message.metadata.sequence.stream
    count, place, kind = 0, *await _next(stream, key, 1)
    while place < position:
        if kind not in KEPT:
            await stream.delete_msg(STREAM, place)
            count += 1
        place, kind = await _next(stream, key, place + 1)
    await message.ack_sync(timeout=PATIENCE)
    log().info("erasure.carried-out", fact=message.subject.rpartition(".")[0], deleted=count)


async def _next(stream: JetStreamContext, key: str, start: int) -> tuple[int, str]:
    """Position and type of the first message under this key from `start` on; after the last, `BEYOND`."""
    try:
        found = await stream.get_msg(STREAM, seq=start, subject=f"{PREFIX}.*.*.*.{key}", next=True)
    except NotFoundError:
        return BEYOND, ""
    return found.seq or BEYOND, (found.subject or "").rpartition(".")[0]


async def work(stream: JetStreamContext, alive: Callable[[], None]) -> None:
    """Carry out what comes, until cancelled, and call `alive` whenever NATS answers; what fails is delivered again."""
    pull = await stream.pull_subscribe_bind(JANITOR, STREAM)
    while True:
        try:
            await stream.consumer_info(STREAM, JANITOR)
            alive()
            for message in await pull.fetch(AT_ONCE, timeout=PATIENCE):
                await clear(stream, message)
        except NatsTimeout:
            continue  # nothing was erased, or NATS does not answer: then the file above grows old
        except ConnectionClosedError:
            raise
        except (NatsError, OSError) as error:
            log().warning("janitor.failed", reason=type(error).__name__)
            await asyncio.sleep(1)


async def run(environment: Mapping[str, str]) -> None:
    """Connect, waiting for NATS as long as it takes, and work."""
    file = Path(environment.get("ALIVE_FILE") or os.devnull)
    client = await nats.connect(
        environment["NATS_URL"].split(","),
        name=JANITOR,
        inbox_prefix=f"_INBOX_{JANITOR}".encode(),
        connect_timeout=2,
        reconnect_time_wait=1,
        max_reconnect_attempts=-1,
        ping_interval=5,
        max_outstanding_pings=2,
        error_cb=_report,
    )
    try:
        log().info("janitor.started")
        await work(client.jetstream(timeout=PATIENCE), file.touch)
    finally:
        await client.close()


async def _report(error: Exception) -> None:
    log().warning("nats.error", reason=type(error).__name__)


def main() -> int:
    """Work until stopped."""
    # The first process of a container is ended by no signal that it does not answer.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logs.configure(JANITOR, os.environ.get("LOG_LEVEL", "info"))
    try:
        asyncio.run(run(os.environ))
    except KeyboardInterrupt:
        return 0
    except ConnectionClosedError:
        log().error("nats.closed")
        return CLOSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
