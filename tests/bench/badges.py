"""1,000 badges with QR in one PDF, in both layouts: seconds, MiB and MB. `python -m tests.bench.badges [COUNT]`."""

import asyncio
import json
import random
import resource
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from services.badges.designs import DESIGNS, sheet
from services.badges.printing import Printer
from services.badges.rendering import Layout, Paper, Sheet
from tests.badges.factories import EDITION, FONTS, MINT, a_badge, a_holder, an_edition

COUNT = 1000
LAYOUTS: tuple[Layout, ...] = ("one", "four")
_NAMES = Path(__file__).parents[1] / "badges/names"
_GIVEN = ("Solène", "Awa", "Marie-Charlotte", "Jean", "Nguyễn", "Olena", "Fatou", "José", "Zoë", "Andrianaivoravelona")
_FAMILY = ("Kervadec-Diallo", "Diédhiou", "Rakotomalala Randrianarisoa", "Le Guen", "Martin", "O’Brien", "Trần Đặng")
_SHORT = ("Maire", "Adjointe au maire", "Chargé de mission", "Directrice générale des services", "")


@dataclass(frozen=True)
class Printed:
    """One batch: from the sheets to the whole PDF, the process that draws it started for it."""

    layout: Layout
    count: int
    seconds: float
    mebibytes: float
    """The most memory that process held."""
    megabytes: float
    """The PDF's size."""


def sheets(count: int = COUNT, seed: int = 2026) -> list[Sheet]:
    """Badges as an edition has them: published functions, names of local authorities, every category and language."""
    chance = random.Random(seed)  # noqa: S311 - the same people every time
    functions = [*json.loads((_NAMES / "functions.json").read_text()), *_SHORT * 5]
    authorities = (_NAMES / "local-authorities.txt").read_text().splitlines()
    found = []
    for number in range(count):
        holder = a_holder(
            registration=f"r{number}",
            given_name=chance.choice(_GIVEN),
            family_name=f"{chance.choice(_FAMILY)}{chance.choice('aeiou')}{chance.choice('lmnrst')}",
            function=chance.choice(functions),
            organisation=chance.choice(authorities),
            country=chance.choice(("FR", "FR", "FR", "MG", "SN")),
            language=chance.choice(("fr", "fr", "fr", "en", "es")),
            category=chance.choice([*DESIGNS]),
            image=chance.random() > 0.1,
        )
        badge = a_badge(registration=holder.registration)
        found.append(sheet(badge, holder, an_edition(), MINT.token(EDITION, badge.id, 1)))
    return found


def printed(layout: Layout, badges: list[Sheet]) -> Printed:
    """Print these badges as the service does. The memory is right for the largest batch of this process so far."""
    paper = Paper("Badges", "fr", layout, datetime(2026, 7, 1, tzinfo=UTC), badges)
    begin = perf_counter()
    made = asyncio.run(Printer(FONTS).pdf(paper))
    seconds = perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Printed(layout, len(badges), seconds, peak, len(made) / 1e6)


def main() -> None:
    """Both layouts, one line each."""
    badges = sheets(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
    for layout in LAYOUTS:
        one = printed(layout, badges)
        figures = f"{one.seconds:.2f} s, {one.mebibytes:.0f} MiB, {one.megabytes:.2f} MB"
        sys.stdout.write(f"{one.layout}: {one.count} badges, {figures}\n")


if __name__ == "__main__":
    main()
