"""Places left in sessions, who waits, and who is in two of them, as registration last told."""

from dataclasses import dataclass, field
from functools import cached_property
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
    """How many wait for a place."""

    @property
    def left(self) -> int | None:
        """Places one may still take: none as long as somebody waits, who goes first."""
        if self.quota is None:
            return None
        return 0 if self.waiting else max(0, self.quota - self.taken)

    @property
    def level(self) -> Level:
        """The word to show: free, soon full, full."""
        if self.quota is None:
            return "free"
        if self.left == 0:
            return "full"
        return "soon" if self.taken >= SOON * self.quota else "free"


@dataclass(frozen=True)
class Both:
    """How many people are enrolled in both of two sessions."""

    sessions: tuple[str, str]
    count: int


@dataclass(frozen=True)
class Places:
    """Use of every session of an edition, and of itself. `sequence` is that of the fact it was taken from."""

    edition: str
    sequence: int = 0
    sessions: dict[str, Use] = field(default_factory=dict)
    both: tuple[Both, ...] = ()
    """Pairs of sessions that share people; a pair that is not here shares nobody."""
    whole: Use = Use(None, 0)
    """Use of the edition's own quota."""

    def of(self, session: str, capacity: int | None) -> Use:
        """Use of one session; all of `capacity` is free until registration says otherwise."""
        return self.sessions.get(session, Use(capacity, 0))

    def shared(self, one: str, other: str) -> int:
        """How many people are enrolled in both of these sessions."""
        return self._shared.get(frozenset((one, other)), 0)

    @cached_property
    def _shared(self) -> dict[frozenset[str], int]:
        return {frozenset(both.sessions): both.count for both in self.both}
