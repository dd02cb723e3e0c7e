"""A thread that ends the process when its event loop has stalled: a spinning pull loop starves HTTP too."""

import asyncio
import os
import threading
import time

from shared.logs import log

STALLED_SECONDS = 5.0


class Watchdog:
    """Watches the running loop from outside. The supervisor restarts what it ends."""

    def __init__(self, seconds: float = STALLED_SECONDS) -> None:
        self._seconds = seconds
        self._beat = time.monotonic()
        self._stopped = threading.Event()

    async def watch(self) -> None:
        """Beat until cancelled; start it as a task of the loop to be watched."""
        threading.Thread(target=self._look, name="watchdog", daemon=True).start()
        try:
            while True:
                self._beat = time.monotonic()
                await asyncio.sleep(self._seconds / 10)
        finally:
            self._stopped.set()

    def _look(self) -> None:
        # A pause that this thread slept through too (a suspended laptop, SIGSTOP) is not a stall of the loop.
        looked = time.monotonic()
        while not self._stopped.wait(self._seconds / 10):
            now = time.monotonic()
            if now - looked > self._seconds / 2:
                self._beat = now
            looked = now
            if now - self._beat > self._seconds:
                log().error("loop.stalled", seconds=round(now - self._beat, 1))
                os._exit(73)
