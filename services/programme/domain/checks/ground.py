"""What the rules look at: the draft by room, by time and by person."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from services.programme.domain.checks.finding import Finding, FreeRoom, LargeEnoughRoom, LargerRoom
from services.programme.domain.editions import Draft, Edition, Room, Session
from services.programme.domain.places import Places
from services.programme.domain.releases import Release


def _end(session: Session) -> datetime:
    return session.end


@dataclass(frozen=True)
class Ground:
    """One edition's draft, with who is enrolled and what the public sees now."""

    edition: Edition
    draft: Draft
    places: Places
    released: Release | None

    @cached_property
    def sessions(self) -> tuple[Session, ...]:
        """The draft in order of time."""
        return tuple(sorted(self.draft.sessions, key=lambda session: (session.start, session.end, session.id)))

    @cached_property
    def zone(self) -> ZoneInfo:
        """The edition's clocks."""
        return ZoneInfo(self.edition.timezone)

    @property
    def year(self) -> int:
        """The year of the edition."""
        return self.edition.dates[0].year

    @cached_property
    def _rooms(self) -> dict[str, Room]:
        return {room.id: room for room in self.draft.rooms}

    @cached_property
    def _breaks(self) -> frozenset[str]:
        return frozenset(kind.id for kind in self.draft.kinds if kind.tone == "break")

    @cached_property
    def _ranks(self) -> dict[str, int]:
        return {session.id: rank for rank, session in enumerate(self.sessions)}

    def room(self, session: Session) -> Room | None:
        """Where a session takes place; None somewhere in the venue."""
        return self._rooms.get(session.room or "")

    def day(self, session: Session) -> date:
        """The day a session begins on."""
        return session.start.astimezone(self.zone).date()

    def is_break(self, session: Session) -> bool:
        """Whether nobody has to be there."""
        return session.kind in self._breaks

    def enrolled(self, session: Session) -> int:
        """How many have a place in a session, or are being offered one."""
        return self.places.of(session.id, session.capacity).taken

    def overlapping(self) -> Iterator[tuple[Session, Session]]:
        """Every pair that shares some time, each once, the earlier first."""
        for index, one in enumerate(self.sessions):
            for other in self.sessions[index + 1 :]:
                if other.start >= one.end:
                    break
                yield one, other

    def ending_within(self, gap: timedelta, session: Session) -> list[Session]:
        """What ends less than `gap` before a session begins, or just as it does."""
        first = bisect_right(self._by_end, session.start - gap, key=_end)
        last = bisect_right(self._by_end, session.start, key=_end)
        return self._by_end[first:last]

    @cached_property
    def _by_end(self) -> list[Session]:
        return sorted(self.sessions, key=lambda session: (session.end, session.id))

    def order(self, finding: Finding) -> tuple[object, ...]:
        """Where a finding stands: by its first session, those of the edition last."""
        ranks = tuple(self._ranks.get(id, len(self._ranks)) for id in finding.sessions) or (len(self._ranks),)
        return ranks[0], finding.code, ranks, finding.sessions

    def free_room(self, session: Session) -> tuple[FreeRoom, ...]:
        """The smallest room that is free for a session and holds what its own one holds, or else all enrolled."""
        now = self.room(session)
        wanted = session.capacity or (now.capacity if now else None) or 0
        needed = self.enrolled(session)
        free = sorted(
            (room for room in self.draft.rooms if self._is_free(room, session) and (room.capacity or 0) >= needed),
            key=lambda room: ((room.capacity or 0) < wanted, abs((room.capacity or 0) - wanted), room.id),
        )
        if not free:
            return ()
        room = free[0]
        if now and now.capacity and room.capacity and room.capacity > now.capacity:
            made: type[FreeRoom] = LargerRoom
        else:
            made = LargeEnoughRoom if needed else FreeRoom
        return (made(session.id, room.id, {"room": room.name}),)

    def _is_free(self, room: Room, session: Session) -> bool:
        return room.id != session.room and all(
            other.room != room.id or other.end <= session.start or session.end <= other.start
            for other in self.draft.sessions
            if other.id != session.id
        )
