"""Work that goes on in the background: relays, schedulers, the mailer."""

import asyncio
from collections.abc import Awaitable, Callable

from shared import mongo
from shared.errors import Away
from shared.leases import Lease
from shared.logs import failure, log


class Loop:
    """Calls `step` again and again: at once while it answers True, else after `every` seconds or a `wake()`.

    With a lease, only the process that holds it works. A failure is logged and the next try waits
    `every` seconds at least; the loop itself ends only when it is cancelled.
    """

    def __init__(
        self, name: str, step: Callable[[], Awaitable[bool]], *, every: float = 1.0, lease: Lease | None = None
    ) -> None:
        self.name = name
        self._step = step
        self._every = every
        self._lease = lease
        self._bell = asyncio.Event()

    def wake(self) -> None:
        """There is something to do: do not wait for the next turn."""
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled, then give the lease back."""
        try:
            while True:
                self._bell.clear()
                if not await self._turn():
                    await self._rest()
        finally:
            if self._lease:
                await self._lease.release()

    async def _turn(self) -> bool:
        try:
            if self._lease and not await self._lease.hold():
                return False
            return await self._step()
        except Exception as error:  # noqa: BLE001 - the loop must outlive whatever its step met
            if isinstance(error, Away) or mongo.is_away(error):
                log().warning("loop.waits", loop=self.name, reason=repr(error))
            else:
                log().error("loop.failed", loop=self.name, **failure(error))
            self._bell.clear()
            await asyncio.sleep(self._every)
            return False

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._every):
                await self._bell.wait()
        except TimeoutError:
            pass
