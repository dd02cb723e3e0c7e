"""Rooms: taken twice, too small, no time to get from one to the next."""

from collections.abc import Iterator
from datetime import timedelta

from services.programme.domain.checks.finding import Finding
from services.programme.domain.checks.ground import Ground
from services.programme.domain.editions import Session

WALK = timedelta(minutes=5)
"""What it takes to leave one room and find a seat in the next, stairs and a full corridor included."""


class RoomTakenTwice(Finding):
    """Two sessions are in the same room at the same time."""

    code = "room-taken-twice"
    severity = "bad"
    text = "%(room)s : « %(one)s » et « %(other)s » y ont lieu au même moment."


class RoomTooSmall(Finding):
    """More people are enrolled in a session than its room holds."""

    code = "room-too-small"
    severity = "bad"
    text = "« %(title)s » : %(enrolled)s inscrits pour %(capacity)s places (%(room)s)."


class QuotaTooSmall(Finding):
    """More people are enrolled in a session than it would give places to: they keep them."""

    code = "quota-too-small"
    text = "« %(title)s » : %(enrolled)s inscrits pour une jauge de %(quota)s."


class QuotaBeyondRoom(Finding):
    """A session gives more places than its room holds."""

    code = "quota-beyond-room"
    text = "« %(title)s » : une jauge de %(quota)s dans une salle de %(capacity)s places (%(room)s)."


class WithoutQuota(Finding):
    """One signs up for a session that never gets full."""

    code = "without-quota"
    text = "« %(title)s » est sur inscription, mais n’a ni jauge ni salle qui en donne une."


class NoTimeToMove(Finding):
    """A session begins elsewhere as soon as those before it end: the first id is the one that begins."""

    code = "no-time-to-move"
    text = (
        "« %(title)s » commence à %(time)s, et ce qui précède dans d’autres salles finit à %(end_time)s : "
        "le temps manque pour aller de l’une à l’autre."
    )


class PeopleHaveNoTimeToMove(Finding):
    """As `NoTimeToMove`, and `count` people are enrolled on both sides."""

    code = "no-time-to-move"
    text = (
        "« %(title)s » commence à %(time)s, et ce qui précède dans d’autres salles finit à %(end_time)s : "
        "le temps manque pour aller de l’une à l’autre. Inscrits des deux côtés : %(count)s."
    )


def rooms(ground: Ground) -> Iterator[Finding]:
    """What is wrong with rooms."""
    yield from _taken_twice(ground)
    for session in ground.sessions:
        yield from _sizes(ground, session)
        if session.room and not ground.is_break(session):
            yield from _on_the_way(ground, session)


def _taken_twice(ground: Ground) -> Iterator[Finding]:
    for one, other in ground.overlapping():
        if one.room and one.room == other.room and (room := ground.room(one)):
            yield RoomTakenTwice(
                (one.id, other.id),
                {"room": room.name, "one": one.title, "other": other.title},
                (*ground.free_room(one), *ground.free_room(other)),
            )


def _sizes(ground: Ground, session: Session) -> Iterator[Finding]:
    room, enrolled, quota = ground.room(session), ground.enrolled(session), session.capacity
    capacity = room.capacity if room else None
    said = {"title": session.title, "room": room.name if room else "", "capacity": capacity}
    if capacity and enrolled > capacity:
        yield RoomTooSmall((session.id,), {**said, "enrolled": enrolled}, ground.free_room(session))
    if session.access != "sign-up":
        return
    if quota and enrolled > quota:
        yield QuotaTooSmall((session.id,), {"title": session.title, "enrolled": enrolled, "quota": quota})
    if quota and capacity and quota > capacity:
        yield QuotaBeyondRoom((session.id,), {**said, "quota": quota}, ground.free_room(session))
    if not quota and not capacity:
        yield WithoutQuota((session.id,), {"title": session.title})


def _on_the_way(ground: Ground, session: Session) -> Iterator[Finding]:
    """One finding for all that ends when `session` begins: a whole slot of parallel sessions is one thing to mend.

    What is somewhere in the venue has no walls to walk between: nobody has to have been there to the end.
    """
    before = [
        other
        for other in ground.ending_within(WALK, session)
        if other.room and not ground.is_break(other) and other.room != session.room
    ]
    if not before:
        return
    count = sum(ground.places.shared(other.id, session.id) for other in before)
    ids = (session.id, *(other.id for other in before))
    said = {"title": session.title, "time": session.start, "end_time": max(other.end for other in before)}
    yield PeopleHaveNoTimeToMove(ids, {**said, "count": count}) if count else NoTimeToMove(ids, said)
