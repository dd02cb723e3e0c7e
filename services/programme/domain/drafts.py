"""Editing the draft one thing at a time, with a counter per session: two people at two sessions never meet."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from services.programme.domain.editions import Draft, Edition, Kind, ProgrammeRefusal, Room, Session, check
from shared.errors import NotFound, Refusal

ANY = -1
"""Instead of a version: whatever is there now."""


@dataclass(frozen=True)
class Stamp:
    """How often a session was changed, who did it last, and when. It outlives the session: versions only grow."""

    version: int = 0
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Stamps:
    """`whole` counts every change of the edition or its draft; `sessions` those of each session, gone ones too."""

    whole: int = 0
    sessions: dict[str, Stamp] = field(default_factory=dict)

    def of(self, session: str) -> Stamp:
        """The stamp of one session; one that was never touched is at version 0."""
        return self.sessions.get(session, Stamp())


class ChangedMeanwhile(Refusal):
    """Somebody saved the session after it was read; `current` is what they left, None if they took it away."""

    code = "changed-meanwhile"
    status = 412
    text = "%(by)s a modifié cette séance avant vous. Voici les deux versions, choisissez."

    def __init__(self, current: Session | None, stamp: Stamp) -> None:
        super().__init__(by=stamp.by or "–")
        self.current = current
        self.stamp = stamp


class RemovedMeanwhile(ChangedMeanwhile):
    """Somebody took the session out of the draft after it was read."""

    code = "removed-meanwhile"
    text = "%(by)s a retiré cette séance avant vous."


class DraftChanged(Refusal):
    """The draft is no longer the one that was read."""

    code = "draft-changed"
    status = 412
    text = "Le brouillon a changé depuis que vous l’avez lu. Relisez-le avant de continuer."


class RoomInUse(ProgrammeRefusal):
    """A room leaves the draft only when no session is in it."""

    code = "room-in-use"
    status = 409
    text = "La salle %(room)s sert encore à %(session)s. Changez d’abord la salle de cette séance."


class KindInUse(ProgrammeRefusal):
    """A format leaves the draft only when no session has it."""

    code = "kind-in-use"
    status = 409
    text = "Le format %(kind)s sert encore à %(session)s. Changez d’abord le format de cette séance."


def find(draft: Draft, id: str) -> Session | None:
    """The session of the draft with this id."""
    return next((session for session in draft.sessions if session.id == id), None)


def save_session(edition: Edition, draft: Draft, stamps: Stamps, session: Session, expected: int | None) -> Draft:
    """The draft with this session new or changed. `expected` is the version it was read at, None for a new one.

    What is there already in these words is no conflict: a form sent twice is saved once.
    """
    current = find(draft, session.id)
    if current == session:
        return draft
    _compare(current, stamps.of(session.id), expected)
    if current is None:
        sessions = (*draft.sessions, session)
    else:
        sessions = tuple(session if one.id == session.id else one for one in draft.sessions)
    after = replace(draft, sessions=sessions)
    check(edition, after)
    return after


def remove_session(draft: Draft, stamps: Stamps, id: str, expected: int) -> Draft:
    """The draft without this session: the next release cancels it. Removing it twice removes it once."""
    current, stamp = find(draft, id), stamps.of(id)
    if current is None:
        if stamp.version == 0:
            raise NotFound
        return draft
    _compare(current, stamp, expected)
    return replace(draft, sessions=tuple(session for session in draft.sessions if session.id != id))


def _compare(current: Session | None, stamp: Stamp, expected: int | None) -> None:
    if current is None:
        if expected not in {None, stamp.version}:
            raise RemovedMeanwhile(None, stamp)
    elif expected not in {ANY, stamp.version}:
        raise ChangedMeanwhile(current, stamp)


def save_room(draft: Draft, room: Room) -> Draft:
    """The draft with this room new or changed."""
    known = any(one.id == room.id for one in draft.rooms)
    rooms = tuple(room if one.id == room.id else one for one in draft.rooms)
    return replace(draft, rooms=rooms if known else (*rooms, room))


def remove_room(draft: Draft, id: str) -> Draft:
    """The draft without this room, which no session is in."""
    for session in draft.sessions:
        if session.room == id:
            name = next(room.name for room in draft.rooms if room.id == id)
            raise RoomInUse(room=name, session=session.title["fr"])
    return replace(draft, rooms=tuple(room for room in draft.rooms if room.id != id))


def save_kind(edition: Edition, draft: Draft, kind: Kind) -> Draft:
    """The draft with this format new or changed."""
    known = any(one.id == kind.id for one in draft.kinds)
    kinds = tuple(kind if one.id == kind.id else one for one in draft.kinds)
    after = replace(draft, kinds=kinds if known else (*kinds, kind))
    check(edition, after)
    return after


def remove_kind(draft: Draft, id: str) -> Draft:
    """The draft without this format, which no session has."""
    for session in draft.sessions:
        if session.kind == id:
            label = next(kind.label["fr"] for kind in draft.kinds if kind.id == id)
            raise KindInUse(kind=label, session=session.title["fr"])
    return replace(draft, kinds=tuple(kind for kind in draft.kinds if kind.id != id))


def stamped(stamps: Stamps, before: Draft, after: Draft, by: str, now: datetime) -> Stamps:
    """The stamps once `before` has become `after`: every session that differs is one version further."""
    was, now_is = _by_id(before.sessions), _by_id(after.sessions)
    touched = {id: Stamp(stamps.of(id).version + 1, by, now) for id in was | now_is if was.get(id) != now_is.get(id)}
    return Stamps(stamps.whole + 1, stamps.sessions | touched)


def _by_id(sessions: Iterable[Session]) -> dict[str, Session]:
    return {session.id: session for session in sessions}


def changed_fields(before: Session | None, after: Session) -> list[str]:
    """The names of the fields in which two versions of a session differ; all that are filled in, if it is new."""
    names = [each.name for each in fields(after) if each.name != "id"]
    if before is None:
        return [name for name in names if getattr(after, name)]
    return [name for name in names if getattr(before, name) != getattr(after, name)]
