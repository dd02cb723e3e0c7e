"""A thousand badges in one PDF, and long lists in and out: what `badges.py` and `tables.py` measure, as parts."""

import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor

from tests.bench import badges, tables
from tests.bench.figures import Part
from tests.bench.tables import Measured
from tests.house import ROOT, running_house

ROUNDS = 3
LAYOUTS = {"one": "one on a page", "four": "four on a sheet of A4"}
MANY = 100_000


def print_badges() -> Part:
    """Seconds, memory and size of a thousand badges, each time in processes that were never used before."""
    part, sheets = Part(), badges.sheets()
    for layout in badges.LAYOUTS:
        made = []
        for _ in range(ROUNDS):
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                made.append(pool.submit(badges.printed, layout, sheets).result())
        what = f"{badges.COUNT:,} badges in one PDF, {LAYOUTS[layout]}"
        part.add(what, "s", [one.seconds for one in made], most=2)
        part.add(f"{what}, memory", "MiB", [one.mebibytes for one in made], most=250)
        part.add(f"{what}, size", "MB", [one.megabytes for one in made], most=5)
    return part


def move_lists() -> Part:
    """Rows in a second of lists brought in and taken out."""
    part, folder = Part(), ROOT / "var/bench/lists"
    shutil.rmtree(folder, ignore_errors=True)
    with running_house(folder) as house:
        found: list[Measured] = [*tables.measure(house, MANY)]
    for one in found:
        part.add(f"{one.what}, {one.rows:,} rows", "rows/s", [one.rows / one.seconds])
    part.notes += [f"{one}." for one in found if one.seen]
    return part
