"""Editions, releases and drafts as their own facts tell them, after the database was lost."""

from services.programme.domain.editions import Draft, Edition, Kind, Room, Session, Speaker, Venue
from services.programme.domain.releases import Change, Release, ReleasedSession
from shared.events import programme as facts


def edition(fact: facts.EditionChanged) -> Edition:
    """The identity that was told. What only the home page shows is told nobody, and is lost."""
    said = {name: getattr(fact, name) for name in facts.EditionChanged.model_fields if name not in {"edition", "venue"}}
    return Edition(id=fact.edition, venue=Venue(fact.venue.name, fact.venue.address), **said)


def release(fact: facts.Released) -> Release:
    """The release, as it was frozen."""
    return Release(
        edition=fact.edition,
        number=fact.release,
        released_at=fact.released_at,
        rooms=tuple(Room(room.id, room.name, room.capacity) for room in fact.rooms),
        kinds=tuple(Kind(kind.id, kind.label, kind.tone) for kind in fact.kinds),
        sessions=tuple(_session(session) for session in fact.sessions),
        changes=tuple(Change(change.session, change.change) for change in fact.changes),
        note=fact.note,
    )


def _session(told: facts.Session) -> ReleasedSession:
    said = {name: getattr(told, name) for name in facts.Session.model_fields if name != "speakers"}
    speakers = tuple(Speaker(one.name, one.function, one.role) for one in told.speakers)
    return ReleasedSession(**said, speakers=speakers)


def draft(release: Release | None) -> Draft:
    """The draft that would make this release again: what was cancelled is in none. Empty before the first."""
    if release is None:
        return Draft()
    rooms = {room.id: room.capacity for room in release.rooms}
    sessions = tuple(
        Session(
            id=one.id,
            kind=one.kind,
            title=one.title,
            start=one.start,
            end=one.end,
            description=one.description,
            room=one.room,
            access=one.access,
            # the room's, unless the editor said another
            capacity=None if one.capacity == rooms.get(one.room or "") else one.capacity,
            speakers=one.speakers,
        )
        for one in release.sessions
        if one.status == "scheduled"
    )
    return Draft(release.rooms, release.kinds, sessions)
