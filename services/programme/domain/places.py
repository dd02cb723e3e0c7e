"""Places left in sessions, as registration last told them."""

from dataclasses import dataclass, field
from typing import Literal

Level = Literal["free", "soon", "full"]

SOON = 0.75
"""From this share on, a session is « Bientôt complet »."""


@dataclass(frozen=True)
class Use:
    """How many of a session's places are taken, and how many wait; `quota` is None when there is no limit."""

    quota: int | None
    taken: int
    waiting: int = 0

    @property
    def left(self) -> int | None:
        """Places one may still take."""
        return None if self.quota is None else max(0, self.quota - self.taken)

    @property
    def level(self) -> Level:
        """The word to show: free, soon full, full."""
        if self.quota is None:
            return "free"
        if self.taken >= self.quota:
            return "full"
        return "soon" if self.taken >= SOON * self.quota else "free"


@dataclass(frozen=True)
class Places:
    """Use of every session of an edition. `sequence` is that of the fact it was taken from."""

    edition: str
    sequence: int = 0
    sessions: dict[str, Use] = field(default_factory=dict)

    def of(self, session: str, capacity: int | None) -> Use:
        """Use of one session; all of `capacity` is free until registration says otherwise."""
        return self.sessions.get(session, Use(capacity, 0))
