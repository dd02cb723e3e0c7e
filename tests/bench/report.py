"""Writes `docs/benchmarks.md`: the figures of the last run of each part, in the frame that a person wrote."""

import json
from collections.abc import Mapping
from typing import Any

from tests.bench.figures import Part
from tests.house import ROOT

FIGURES = ROOT / "docs/benchmarks.json"
PAGE = ROOT / "docs/benchmarks.md"
FRAME = ROOT / "tests/bench/frame.md"
HEADS = "| work | must be | median | rounds | |\n|---|---|---|---|---|"


def keep(name: str, part: Part, about: Mapping[str, str]) -> None:
    """Put what was measured in the place of what was measured before."""
    kept = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    kept[name] = {**about, **part.kept()}
    FIGURES.write_text(json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def write(titles: Mapping[str, str]) -> None:
    """The page, in the order of `titles`."""
    kept = json.loads(FIGURES.read_text())
    parts = [_section(title, name, kept[name]) for name, title in titles.items() if name in kept]
    PAGE.write_text(FRAME.read_text().replace("<!-- figures -->", "\n\n".join(parts)))


def _section(title: str, name: str, kept: Mapping[str, Any]) -> str:
    when = f"`make bench ONLY={name}`, {kept['date']}, commit {kept['commit']}, {kept['seconds']} s."
    ground = f"{kept['machine']}; {kept['company']}. {kept['versions']}."
    return f"## {title}\n\n{when}\n\n{shown(Part.read(kept))}\n\n{ground}"


def shown(part: Part) -> str:
    """Its table, and what is to know about it."""
    return "\n\n".join(["\n".join([HEADS, *(one.line for one in part.figures)]), *part.notes])
