"""A release that does not exist yet: what the team is about to publish, held against what people were told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.notifications.domain import reviews
from services.notifications.domain.reviews import Holder, Programme
from services.notifications.domain.told import places
from shared.events import Text
from shared.events.programme import Released, Room


@dataclass(frozen=True)
class Planned:
    """A session as it will be. `room` is the name that people will read, None without one."""

    id: str
    cancelled: bool
    start: datetime
    end: datetime
    room: str | None
    title: Text


def released(newest: Released, release: int, sessions: Sequence[Planned]) -> Released:
    """The newest release with these sessions as they will be; those that nobody was told of yet are left out."""
    planned = {session.id: session for session in sessions}
    rooms = {
        session.room: Room(id=f"planned:{session.room}", name=session.room, capacity=None)
        for session in sessions
        if session.room
    }
    return newest.model_copy(
        update={
            "release": max(release, newest.release + 1),
            "rooms": (*newest.rooms, *rooms.values()),
            "sessions": tuple(
                session.model_copy(
                    update={
                        "revision": session.revision + 1,
                        "status": "cancelled" if one.cancelled else "scheduled",
                        "start": one.start,
                        "end": one.end,
                        "room": rooms[one.room].id if one.room else None,
                        "title": one.title,
                    }
                )
                if (one := planned.get(session.id))
                else session
                for session in newest.sessions
            ),
        }
    )


def programme(known: Programme, made: Released) -> Programme:
    """What is known, and the release that is planned as the newest of it."""
    return replace(known, releases={**known.releases, made.release: places(made)})


def concerned(holders: Sequence[Holder], known: Programme, now: datetime) -> list[Holder]:
    """Those who will be written to, by the same comparison that will find them."""
    newest = known.newest
    return [one for one in holders if reviews.shifts(one.wishes, one.told, known, newest, now)]
