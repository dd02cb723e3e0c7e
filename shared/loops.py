"""Work that goes on in the background: relays, schedulers, the mailer."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from shared import mongo
from shared.errors import Away
from shared.leases import SECONDS, Lease
from shared.logs import failure, log
from shared.metrics import LOOP_FAILURES

CALM = 0.25
"""Seconds between two turns of work that each commit wakes, though few have something for it."""
AGAIN = 300.0
"""Seconds until what failed is tried again at the latest: hourly work does not wait for hours."""


class Loop:
    """Calls `step` again and again: at once while it answers True, else after `every` seconds or a `wake()`.

    However often it is woken, it begins at most every `calm` seconds.

    With a lease, only the process that holds it works; another asks again when the lease may have run out, however
    seldom there is work. A failure is logged and the next try waits `every` seconds at least, or five minutes where
    that is less; the loop itself ends only when it is cancelled.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], Awaitable[bool]],
        *,
        every: float = 1.0,
        calm: float = 0.0,
        lease: Lease | None = None,
    ) -> None:
        self.name = name
        self._step = step
        self.every = every
        self._calm = calm
        self.lease = lease
        self._bell = asyncio.Event()

    def wake(self) -> None:
        """There is something to do: do not wait for the next turn."""
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled, then give the lease back."""
        try:
            while True:
                self._bell.clear()
                begun = monotonic()
                if not await self._turn():
                    await self._rest(self.every)
                    await asyncio.sleep(begun + self._calm - monotonic())
        finally:
            if self.lease:
                await self.lease.release()

    async def _turn(self) -> bool:
        try:
            if self.lease and not await self.lease.hold():
                await self._rest(min(self.every, SECONDS))  # who holds it may have died in the middle
                return True
            return await self._step()
        except Exception as error:  # noqa: BLE001 - the loop must outlive whatever its step met
            away = isinstance(error, Away) or mongo.is_away(error)
            LOOP_FAILURES.labels(self.name, "away" if away else "failed").inc()
            if away:
                log().warning("loop.waits", loop=self.name, reason=repr(error))
            else:
                log().error("loop.failed", loop=self.name, **failure(error))
            self._bell.clear()
            await asyncio.sleep(min(self.every, AGAIN))
            return self.every > AGAIN

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            pass
