"""A release: the programme frozen, numbered, and compared with the one before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from services.programme.domain.editions import Access, Draft, Edition, Kind, Room, Session, Speaker
from services.programme.domain.slugs import slug
from shared.events import Text
from shared.events import programme as facts

ChangeKind = Literal["new", "moved", "room", "cancelled", "text", "speakers"]


@dataclass(frozen=True)
class ReleasedSession:
    """A programme item as everybody sees it. `uid` and `slug` never change; `revision` is the calendar's SEQUENCE."""

    id: str
    uid: str
    revision: int
    slug: str
    kind: str
    title: Text
    description: Text
    start: datetime
    end: datetime
    room: str | None
    access: Access
    capacity: int | None
    speakers: tuple[Speaker, ...] = ()
    status: Literal["scheduled", "cancelled"] = "scheduled"


@dataclass(frozen=True)
class Change:
    """What a release changed for one session."""

    session: str
    change: ChangeKind


@dataclass(frozen=True)
class Release:
    """Release `number` of an edition's programme; never altered afterwards."""

    edition: str
    number: int
    released_at: datetime
    rooms: tuple[Room, ...]
    kinds: tuple[Kind, ...]
    sessions: tuple[ReleasedSession, ...]
    changes: tuple[Change, ...] = ()
    note: Text = field(default_factory=dict)

    def session(self, id: str) -> ReleasedSession | None:
        """The session with this id, if it is in this release."""
        return next((session for session in self.sessions if session.id == id), None)

    def room(self, id: str | None) -> Room | None:
        """The room with this id, if it is in this release."""
        return next((room for room in self.rooms if room.id == id), None)

    def kind(self, id: str) -> Kind | None:
        """The format with this id, if it is in this release."""
        return next((kind for kind in self.kinds if kind.id == id), None)


def release(edition: Edition, draft: Draft, previous: Release | None, note: Text, now: datetime) -> Release:
    """The next release of the draft. What the last one had and the draft has not is cancelled, not forgotten."""
    before = {session.id: session for session in previous.sessions} if previous else {}
    taken = {session.slug for session in before.values()}
    sessions = []
    for item in sorted(draft.sessions, key=lambda session: (session.start, session.end, session.id)):
        fresh = _freeze(edition.id, item, draft, before.get(item.id), taken)
        taken.add(fresh.slug)
        sessions.append(_revised(fresh, draft, previous))
    kept = {session.id for session in sessions}
    sessions += [_cancelled(session) for session in before.values() if session.id not in kept]
    made = Release(
        edition=edition.id,
        number=previous.number + 1 if previous else 1,
        released_at=now,
        rooms=draft.rooms,
        kinds=draft.kinds,
        sessions=tuple(sessions),
        note=note,
    )
    return replace(made, changes=tuple(compare(previous, made)))


def same(one: Release, other: Release) -> bool:
    """Whether two releases show the same programme."""
    return (one.rooms, one.kinds, one.sessions) == (other.rooms, other.kinds, other.sessions)


def _freeze(
    edition: str, item: Session, draft: Draft, before: ReleasedSession | None, taken: set[str]
) -> ReleasedSession:
    room = next((room for room in draft.rooms if room.id == item.room), None)
    return ReleasedSession(
        id=item.id,
        uid=before.uid if before else f"{item.id}.{edition}@rencontres",
        revision=before.revision if before else 0,
        slug=before.slug if before else slug(item.title["fr"], taken),
        kind=item.kind,
        title=item.title,
        description=item.description,
        start=item.start,
        end=item.end,
        room=item.room,
        access=item.access,
        capacity=item.capacity or (room.capacity if room else None),
        speakers=item.speakers,
    )


def _revised(fresh: ReleasedSession, draft: Draft, previous: Release | None) -> ReleasedSession:
    before = previous.session(fresh.id) if previous else None
    if previous is None or before is None or _in_calendar(before, previous.rooms) == _in_calendar(fresh, draft.rooms):
        return fresh
    return replace(fresh, revision=fresh.revision + 1)


def _in_calendar(session: ReleasedSession, rooms: Sequence[Room]) -> tuple[object, ...]:
    """What a calendar entry says of a session; a room is known there by its name."""
    place = next((room.name for room in rooms if room.id == session.room), None)
    return session.title, session.description, session.start, session.end, place, session.status


def _cancelled(session: ReleasedSession) -> ReleasedSession:
    if session.status == "cancelled":
        return session
    return replace(session, status="cancelled", revision=session.revision + 1)


def compare(previous: Release | None, current: Release) -> Iterator[Change]:
    """What changed for each session from one release to the next; a first release changes nothing."""
    if previous is None:
        return
    for session in current.sessions:
        before = previous.session(session.id)
        if before is None or (before.status, session.status) == ("cancelled", "scheduled"):
            yield Change(session.id, "new")
        elif session.status == "cancelled":
            if before.status != "cancelled":
                yield Change(session.id, "cancelled")
        else:
            yield from (Change(session.id, kind) for kind in _differences(before, session))


def _differences(before: ReleasedSession, after: ReleasedSession) -> Iterator[ChangeKind]:
    if (before.start, before.end) != (after.start, after.end):
        yield "moved"
    if before.room != after.room:
        yield "room"
    if (before.title, before.description, before.kind) != (after.title, after.description, after.kind):
        yield "text"
    if before.speakers != after.speakers:
        yield "speakers"


def released(release: Release) -> facts.Released:
    """The fact that carries the whole programme to the others."""
    return facts.Released(
        edition=release.edition,
        release=release.number,
        released_at=release.released_at,
        note=release.note,
        rooms=tuple(facts.Room(id=room.id, name=room.name, capacity=room.capacity) for room in release.rooms),
        kinds=tuple(facts.Kind(id=kind.id, label=kind.label, tone=kind.tone) for kind in release.kinds),
        sessions=tuple(_session_fact(session) for session in release.sessions),
        changes=tuple(facts.Change(session=change.session, change=change.change) for change in release.changes),
    )


def _session_fact(session: ReleasedSession) -> facts.Session:
    return facts.Session(
        id=session.id,
        uid=session.uid,
        revision=session.revision,
        slug=session.slug,
        kind=session.kind,
        title=session.title,
        description=session.description,
        start=session.start,
        end=session.end,
        room=session.room,
        access=session.access,
        capacity=session.capacity,
        status=session.status,
        speakers=tuple(facts.Speaker(name=s.name, function=s.function, role=s.role) for s in session.speakers),
    )
