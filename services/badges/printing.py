"""Many badges at once are printed by a process of its own, which gives way to all others: nobody waits at the door.

`python -m services.badges.printing FONTS` reads a paper as JSON and writes its PDF. It has none of our secrets.
"""

import asyncio
import json
import os
import resource
import signal
import sys
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path

from services.badges.joining import join
from services.badges.rendering import FOUR, Paper, Press, Sheet, arranged
from shared.errors import Refusal
from shared.logs import log

SECONDS = 60
"""The longest we wait for a paper: 1,300 badges take some 3."""
MEMORY = 2 << 30
"""Bytes the process may reserve; it touches a tenth of them."""
YIELDING = 10
"""How far it stands back behind other processes, in Unix' niceness."""
PART = 120
"""Badges drawn together: few enough to need little memory, enough to share their fonts."""
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
        order = await asyncio.to_thread(_written, paper)
        async with self._turn:
            return await self._print(order)

    async def _print(self, order: bytes) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.badges.printing", str(self._fonts)),
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
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode or not made:
            log().error("printing.failed", status=process.returncode)
            raise PrintingFailed
        return made


def _written(paper: Paper) -> bytes:
    sheets = [vars(sheet) for sheet in paper.sheets]
    return json.dumps({**vars(paper), "sheets": sheets}, default=datetime.isoformat).encode()


def _read(order: bytes) -> Paper:
    written = json.loads(order)
    sheets = [Sheet(**{**one, "issued_at": datetime.fromisoformat(one["issued_at"])}) for one in written["sheets"]]
    return Paper(**{**written, "made_at": datetime.fromisoformat(written["made_at"]), "sheets": sheets})


def draw(fonts: Path, paper: Paper) -> bytes:
    """The paper as PDF, drawn in parts by as many processes as there are processors, each part by a fresh one.

    A press remembers all it has measured: so it remembers little, and what it read of fonts is shared by all.
    """
    press, pages = Press(fonts), arranged(paper.sheets, paper.layout)
    size = PART if paper.layout == "one" else PART // FOUR
    parts = [pages[begin : begin + size] for begin in range(0, len(pages), size)]
    running: deque[Connection] = deque()
    drawn = []
    for part in parts:
        if len(running) == len(os.sched_getaffinity(0)):
            drawn.append(running.popleft().recv_bytes())
        running.append(_begin(press, paper, part))
    drawn += [one.recv_bytes() for one in running]
    return join(drawn)


def _begin(press: Press, paper: Paper, part: Sequence[Sequence[Sheet | None]]) -> Connection:
    """Let another process draw this part; what it answers with is the PDF."""
    receiver, sender = Pipe(duplex=False)
    fork = get_context("fork")  # nothing runs beside us yet: Typst begins its threads with the first page it draws
    fork.Process(target=lambda: sender.send_bytes(press.part(paper, part)), daemon=True).start()
    sender.close()
    return receiver


def main() -> None:
    """Print what comes in."""
    os.nice(YIELDING)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (2 * SECONDS, 2 * SECONDS))
    sys.stdout.buffer.write(draw(Path(sys.argv[1]), _read(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
