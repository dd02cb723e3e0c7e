"""What a measurement says: figures with their rounds, held against what must hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One figure of several rounds. `least` or `most` is what `median` is held against; without, it is told only."""

    work: str
    unit: str
    rounds: tuple[float, ...]
    least: float | None = None
    most: float | None = None

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return median(self.rounds)

    @property
    def holds(self) -> bool | None:
        """Whether it is as it must be; None when nothing was asked."""
        if self.least is None and self.most is None:
            return None
        return (self.least is None or self.median >= self.least) and (self.most is None or self.median <= self.most)

    @property
    def line(self) -> str:
        """A row of a table in Markdown."""
        asked = f"≥ {said(self.least)}" if self.least is not None else f"≤ {said(self.most)}" if self.most else "–"
        spread = f"{said(min(self.rounds))} – {said(max(self.rounds))}" if len(self.rounds) > 1 else "one round"
        verdict = {None: "", True: "holds", False: "**misses**"}[self.holds]
        return f"| {self.work} | {asked} | {said(self.median)} {self.unit} | {spread} | {verdict} |"


@dataclass
class Part:
    """The figures of one part, and what to know about them."""

    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Sentences under the table, or tables of their own."""

    def add(self, work: str, unit: str, rounds: Iterable[float], **asked: float) -> None:
        """One figure more."""
        self.figures.append(Figure(work, unit, tuple(rounds), **asked))

    def kept(self) -> dict[str, Any]:
        """As it is written to a file."""
        return asdict(self)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Part":
        """As it was written."""
        figures = [Figure(**{**one, "rounds": tuple(one["rounds"])}) for one in kept["figures"]]
        return cls(figures, [*kept["notes"]])


def said(value: float | None) -> str:
    """A number with as many digits as it deserves."""
    if value is None:
        return "–"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
