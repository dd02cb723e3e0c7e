"""Rooms: taken twice, too small, no time to get from one to the next."""

from collections.abc import Iterator

from services.programme.domain.checks.finding import Finding
from services.programme.domain.checks.ground import Ground


class RoomTakenTwice(Finding):
    """Two sessions are in the same room at the same time."""

    code = "room-taken-twice"
    severity = "bad"
    text = "%(room)s : « %(one)s » et « %(other)s » y ont lieu au même moment."


def rooms(ground: Ground) -> Iterator[Finding]:
    """What is wrong with rooms."""
    yield from _taken_twice(ground)


def _taken_twice(ground: Ground) -> Iterator[Finding]:
    for one, other in ground.overlapping():
        if one.room and one.room == other.room and (room := ground.room(one)):
            yield RoomTakenTwice(
                (one.id, other.id),
                {"room": room.name, "one": one.title, "other": other.title},
                (*ground.free_room(one), *ground.free_room(other)),
            )
