"""What the next release would change, session by session, for those who decide about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from services.programme.domain.releases import ChangeKind, Release, ReleasedSession

Standing = Literal["same", "new", "changed", "removed", "gone"]
"""`removed` is cancelled by the next release, `gone` was by an earlier one."""
Difference = ChangeKind | Literal["access"]
"""What is told to everybody, and what only the team looks at: access and places."""


@dataclass(frozen=True)
class Line:
    """One session as the next release would show it, and as the newest one does."""

    after: ReleasedSession
    before: ReleasedSession | None
    standing: Standing
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Review:
    """Every session of the next release, and whether rooms or formats changed beside them."""

    lines: tuple[Line, ...]
    rooms: bool = False
    kinds: bool = False

    @property
    def changed(self) -> tuple[Line, ...]:
        """The sessions somebody will find otherwise."""
        return tuple(line for line in self.lines if line.standing not in {"same", "gone"})

    @property
    def count(self) -> int:
        """How many things change; 0 means that there is nothing to release."""
        return len(self.changed) + self.rooms + self.kinds


def review(previous: Release | None, planned: Release) -> Review:
    """Compare the release that would be made now with the newest one."""
    lines = tuple(_line(previous, planned, session) for session in planned.sessions)
    if previous is None:
        return Review(lines)
    return Review(lines, rooms=previous.rooms != planned.rooms, kinds=previous.kinds != planned.kinds)


def _line(previous: Release | None, planned: Release, session: ReleasedSession) -> Line:
    before = previous.session(session.id) if previous else None
    if session.status == "cancelled":
        gone = before is not None and before.status == "cancelled"
        return Line(session, before, "gone" if gone else "removed", () if gone else ("cancelled",))
    if before is None or before.status == "cancelled":
        return Line(session, before, "new", ("new",))
    differences: Sequence[Difference] = [change.change for change in planned.changes if change.session == session.id]
    if (before.access, before.capacity) != (session.access, session.capacity):
        differences = [*differences, "access"]
    same = replace(session, revision=before.revision) == before
    return Line(session, before, "same" if same else "changed", tuple(differences))
