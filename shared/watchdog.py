"""A thread that ends the process when its event loop has stalled: a spinning pull loop starves HTTP too."""

import asyncio
import os
import threading
import time
from pathlib import Path

from shared.logs import log

STALLED_SECONDS = 5.0


class Watchdog:
    """Watches the running loop from outside. The supervisor restarts what it ends.

    Time in which the loop was ready and the machine had no processor for it does not count: whoever is started
    anew there has only more to do.
    """

    def __init__(self, seconds: float = STALLED_SECONDS) -> None:
        self._seconds = seconds
        self._beat = 0.0
        self._stopped = threading.Event()
        self._turns: Path | None = None

    async def watch(self) -> None:
        """Beat until cancelled; start it as a task of the loop to be watched."""
        self._turns = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._beat = self._lived()
        threading.Thread(target=self._look, name="watchdog", daemon=True).start()
        try:
            while True:
                self._beat = self._lived()
                await asyncio.sleep(self._seconds / 10)
        finally:
            self._stopped.set()

    def _lived(self) -> float:
        """Seconds so far, less those that the loop's thread waited for a processor (Linux says how long)."""
        try:
            waited = int(self._turns.read_text().split()[1]) / 1e9 if self._turns else 0.0
        except OSError:
            waited = 0.0
        return time.monotonic() - waited

    def _look(self) -> None:
        # A pause that this thread slept through too (a suspended laptop, SIGSTOP) is not a stall of the loop.
        looked = time.monotonic()
        while not self._stopped.wait(self._seconds / 10):
            now, lived = time.monotonic(), self._lived()
            if now - looked > self._seconds / 2:
                self._beat = lived
            looked = now
            if lived - self._beat > self._seconds:
                log().error("loop.stalled", seconds=round(lived - self._beat, 1))
                os._exit(73)
