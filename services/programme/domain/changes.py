"""What each release changed, with what was before: the history that everybody may read."""

from dataclasses import dataclass
from datetime import datetime

from services.programme.domain.editions import Room
from services.programme.domain.releases import ChangeKind, Release, ReleasedSession
from shared.events import Text


@dataclass(frozen=True)
class Line:
    """One thing that changed for one session."""

    change: ChangeKind
    session: ReleasedSession
    room: Room | None
    before: ReleasedSession | None
    room_before: Room | None

    @property
    def is_back(self) -> bool:
        """Whether a new session is one that had been cancelled."""
        return self.change == "new" and self.before is not None


@dataclass(frozen=True)
class Round:
    """One release in the history."""

    number: int
    released_at: datetime
    note: Text
    lines: tuple[Line, ...]


def lines(release: Release, previous: Release | None) -> tuple[Line, ...]:
    """What a release changed, in order of time."""
    made = []
    for change in release.changes:
        session = release.session(change.session)
        before = previous.session(change.session) if previous else None
        if session is not None:
            room_before = previous.room(before.room) if previous and before else None
            made.append(Line(change.change, session, release.room(session.room), before, room_before))
    return tuple(sorted(made, key=lambda line: (line.session.start, line.session.end, line.session.id)))


def round_of(release: Release, previous: Release | None) -> Round:
    """A release as the history tells it."""
    return Round(release.number, release.released_at, release.note, lines(release, previous))
