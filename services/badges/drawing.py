"""The process that draws many badges: `python -m services.badges.drawing FONTS` reads a paper as JSON, writes its PDF.

It is started for each paper, so it imports little.
"""

import json
import os
import resource
import sys
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

from services.badges.joining import join
from services.badges.rendering import FOUR, Paper, Press, Sheet, arranged

T = TypeVar("T")
SECONDS = 120
"""Of a processor, for each of our processes: a part takes one."""
MEMORY = 2 << 30
"""Bytes each may reserve; it touches some hundred million."""
YIELDING = 10
"""How far they stand back behind other processes, in Unix' niceness."""
PART = 130
"""Badges drawn together: few enough to need little memory, enough to share their fonts."""


def written(paper: Paper) -> bytes:
    """The paper as this process reads it."""
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
    processors = len(os.sched_getaffinity(0))
    running: deque[Connection] = deque()
    drawn = []
    for part in parted(pages, PART if paper.layout == "one" else PART // FOUR, processors):
        if len(running) == processors:
            drawn.append(running.popleft().recv_bytes())
        running.append(_begin(press, paper, part))
    drawn += [one.recv_bytes() for one in running]
    return join(drawn)


def parted(pages: Sequence[T], most: int, processors: int) -> list[Sequence[T]]:
    """The pages in even parts of so many at most, and one for each processor in the last round too."""
    rounds = -(-len(pages) // (most * processors))
    size = -(-len(pages) // (rounds * processors))
    return [pages[begin : begin + size] for begin in range(0, len(pages), size)]


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
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(draw(Path(sys.argv[1]), _read(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
