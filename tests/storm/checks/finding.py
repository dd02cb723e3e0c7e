"""Something that does not hold."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """The invariant by its number in the table of `docs/reliability.md`, what is wrong, and about what."""

    invariant: str
    what: str
    about: str = ""

    def __str__(self) -> str:
        return f"{self.invariant}  {self.what}  {self.about}"
