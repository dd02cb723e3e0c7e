"""`make bench`: measures, one part after the other, and writes `docs/benchmarks.md`. `ONLY=registration` one part."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from tests.bench import (
    checking_in,
    growing,
    machine,
    mailing,
    printing,
    reading,
    registering,
    report,
    starting,
    weighing,
)
from tests.bench.figures import Part
from tests.bench.ground import Ground, ground
from tests.house import ROOT

TITLES = {
    "programme": "Reading the programme",
    "weight": "In the browser",
    "registration": "Registering",
    "mail": "Mailing",
    "check-in": "Checking in",
    "badges": "Printing badges",
    "lists": "Lists in and out",
    "growth": "Growing",
    "start": "Starting",
}
IN_ONE_HOUSE: dict[str, Callable[[Ground], Part]] = {
    "programme": reading.measure,
    "weight": weighing.measure,
    "registration": registering.measure,
    "mail": mailing.measure,
    "check-in": checking_in.measure,
}
IN_ITS_OWN: dict[str, Callable[[Ground], Part]] = {"growth": growing.measure}
WITHOUT: dict[str, Callable[[], Part]] = {
    "badges": printing.print_badges,
    "lists": printing.move_lists,
    "start": starting.measure,
}


def main() -> int:
    """Measure what is asked for. Ends non-zero when there is no such part."""
    wanted = [name for name in os.environ.get("ONLY", "").split(",") if name] or [*TITLES]
    if unknown := {*wanted} - {*TITLES}:
        say(f"ONLY={','.join(sorted(unknown))}: there are {', '.join(TITLES)}.")
        return 2
    _in_houses([name for name in wanted if name in IN_ONE_HOUSE])
    for name in wanted:
        if name in IN_ITS_OWN:
            with house() as found:
                measured(name, lambda measure=IN_ITS_OWN[name], found=found: measure(found))
        elif name in WITHOUT:
            measured(name, WITHOUT[name])
    report.write(TITLES)
    return 0


def _in_houses(names: Sequence[str]) -> None:
    """These share one."""
    if names:
        with house() as found:
            for name in names:
                measured(name, lambda measure=IN_ONE_HOUSE[name]: measure(found))


@contextmanager
def house() -> Iterator[Ground]:
    """A house in `var/bench`, on the disk as any other."""
    with ground(ROOT / "var/bench/house") as found:
        yield found


def measured(name: str, measure: Callable[[], Part]) -> None:
    """Measure, say and keep one part."""
    company, begun = machine.company(), time.monotonic()
    part = measure()
    about = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": machine.commit(),
        "machine": machine.machine(),
        "company": company,
        "versions": machine.versions(),
        "seconds": f"{time.monotonic() - begun:.0f}",
    }
    report.keep(name, part, about)
    say(f"\n{TITLES[name]} ({about['seconds']} s)\n\n{report.shown(part)}")


def say(line: str) -> None:
    """To the terminal, at once."""
    print(line, flush=True)  # noqa: T201 - a terminal program answers by printing


if __name__ == "__main__":
    sys.exit(main())
