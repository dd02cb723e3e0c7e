"""`make flame`: where the time goes in the service, while people register and while they come in.

py-spy looks two hundred times a second at the thread that holds the interpreter; the pictures go to
`docs/pictures`. It needs the right to: root, or a system that lets people look into their own processes.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.checking_in import badges, check_in
from tests.bench.ground import ground
from tests.bench.registering import burst, by_api
from tests.house import ROOT

FOLDER = ROOT / "docs/pictures"
OFTEN = "200"
"""Looks in a second."""
TURNS = 1

_TITLE = re.compile(r'(<text id="title"[^>]*>)[^<]*')
"""Where py-spy writes how it was called, with the folders of this machine."""


@contextmanager
def watched(pid: int, file: Path, *words: str) -> Iterator[None]:
    """Look at this process until the block ends, then write what was seen."""
    command = [Path(sys.executable).parent / "py-spy", "record", "--pid", str(pid), "--rate", OFTEN, "--output", file]
    with subprocess.Popen([str(one) for one in (*command, "--gil", *words)], stdout=subprocess.DEVNULL) as watcher:
        try:
            yield
        finally:
            watcher.send_signal(2)  # as Ctrl-C: it stops looking, and writes
            watcher.wait(60)
    file.write_text(_TITLE.sub(rf"\g<1>{file.stem}", file.read_text()))


def main(*words: str) -> None:
    """Both pictures; `words` are given to py-spy: `--format raw` for a program to read."""
    kind = "txt" if "raw" in words else "svg"
    with ground(ROOT / "var/bench/house") as found:
        burst(found, by_api, 200, 8)
        with watched(found.house.pid("registration"), FOLDER / f"flame-registration.{kind}", *words):
            for _ in range(TURNS):
                burst(found, by_api, 1000, 32)
        shown = badges(found)
        with watched(found.house.pid("badges"), FOLDER / f"flame-check-in.{kind}", *words):
            for _ in range(TURNS):
                check_in(found, shown, 32)


if __name__ == "__main__":
    main(*sys.argv[1:])
