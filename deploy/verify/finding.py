"""What a check says: how much it looked at, what it found, and what is worth a word without being wrong."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """Something that must not be. `invariant` is its number (`I3`), `where` the thing it was found at."""

    invariant: str
    where: str
    what: str

    @property
    def place(self) -> tuple[str, str]:
        """What stays the same when the same thing is found at another look."""
        return self.invariant, self.where

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class Checked:
    """One invariant after a look: `subject` in a word or two, and `looked_at` in numbers."""

    invariant: str
    subject: str
    looked_at: str
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        found = len(self.findings)
        outcome = "nothing wrong" if not found else f"{found} {'finding' if found == 1 else 'findings'}"
        return f"{self.invariant:<4}{self.subject}: {self.looked_at}, {outcome}"


def count(number: int, thing: str, things: str = "") -> str:
    """`1 badge`, `1,500 badges`."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"
