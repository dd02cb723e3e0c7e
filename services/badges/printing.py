"""Many badges at once are printed by a process of its own, which gives way to all others: nobody waits at the door.

`python -m services.badges.printing FONTS` reads a paper as JSON and writes its PDF. It has none of our secrets.
"""

import asyncio
import json
import os
import resource
import sys
from datetime import datetime
from pathlib import Path

from services.badges.rendering import Paper, Press, Sheet
from shared.errors import Refusal
from shared.logs import log

SECONDS = 60
"""The longest we wait for a paper: 1,300 badges take some 3."""
MEMORY = 2 << 30
"""Bytes the process may reserve; it touches a tenth of them."""
YIELDING = 10
"""How far it stands back behind other processes, in Unix' niceness."""
_KEPT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE")


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
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
        )
        try:
            async with asyncio.timeout(SECONDS):
                made, _ = await process.communicate(order)
        except TimeoutError:
            made = b""
        finally:
            if process.returncode is None:
                process.kill()
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


def main() -> None:
    """Print what comes in."""
    os.nice(YIELDING)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (2 * SECONDS, 2 * SECONDS))
    sys.stdout.buffer.write(Press(Path(sys.argv[1])).paper(_read(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
