"""Many badges at once are printed by a process of its own, which gives way to all others: nobody waits at the door.

It is told nothing but what stands on the badges, and has none of our secrets: it draws what strangers typed.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from services.badges.drawing import written
from services.badges.rendering import Paper
from shared.errors import Refusal
from shared.logs import log

SECONDS = 60
"""The longest we wait for a paper: 1,000 badges take some 2."""
_KEPT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE")
_THRIFTY = {"RAYON_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536"}
"""One processor for each part, and memory given back at once that is let go of."""


class PrintingFailed(Refusal):
    """The process was stopped, or found its limits."""

    code = "printing-failed"
    status = 503
    text = "Le PDF n’a pas pu être préparé. Réessayez ; si cela se répète, imprimez par catégorie."


class Printer:
    """Prints one paper at a time; who asks meanwhile waits for their turn."""

    def __init__(self, fonts: Path) -> None:
        self._fonts = fonts
        self._turn = asyncio.Lock()

    async def pdf(self, paper: Paper) -> bytes:
        """The paper as PDF. Raises `PrintingFailed`."""
        order = await asyncio.to_thread(written, paper)
        async with self._turn:
            return await self._print(order)

    async def _print(self, order: bytes) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.badges.drawing", str(self._fonts)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # so that those who draw for it end with it
            env={**{name: os.environ[name] for name in _KEPT if name in os.environ}, **_THRIFTY},
        )
        try:
            async with asyncio.timeout(SECONDS):
                made, _ = await process.communicate(order)
        except TimeoutError:
            made = b""
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode or not made:
            log().error("printing.failed", status=process.returncode)
            raise PrintingFailed
        return made
