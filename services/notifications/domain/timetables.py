"""A person's timetable: the sessions they chose, those open to all, and a line for each day without either."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from shared.events import Text
from shared.events.programme import EditionChanged, Kind, Released, Session
from shared.events.registration import RegistrationFact, Waiting

DAY_OPENS = time(9)
DAY_ENDS = time(18)
"""Hours of a day about which the programme says nothing yet."""

Why = Literal["chosen", "waited", "open", "day", "dropped"]
"""Why something is in a timetable: it was asked for, is waited for, is for everybody, or was there before."""


@dataclass(frozen=True)
class Item:
    """One line of a person's timetable. `id` is the session's, or the `uid` of a day that stands for itself."""

    id: str
    uid: str
    revision: int
    slug: str
    title: Text
    kind: Text
    room: str
    start: datetime
    end: datetime
    why: Why
    cancelled: bool = False
    position: int | None = None
    """Of a session waited for: the place in its line."""

    @property
    def chosen(self) -> bool:
        """Whether the person has a place there that they asked for."""
        return self.why == "chosen"


def timetable(fact: RegistrationFact, edition: EditionChanged, released: Released | None) -> tuple[Item, ...]:
    """The sessions a person chose and those open to all, in order; a day with neither stands for itself."""
    sessions = released.sessions if released else ()
    kinds = {kind.id: kind for kind in released.kinds} if released else {}
    rooms = _rooms(released)
    chosen = {enrolment.session for enrolment in fact.enrolments}
    items = [
        _item(session, kinds.get(session.kind), rooms, "chosen" if session.id in chosen else "open")
        for session in sessions
        if session.id in chosen or _for_everybody(session, kinds.get(session.kind))
    ]
    zone = ZoneInfo(edition.timezone)
    busy = {item.start.astimezone(zone).date() for item in items if not item.cancelled}
    items += [_day(day, edition, sessions, zone) for day in edition.dates if day not in busy]
    return tuple(sorted(items, key=lambda item: (item.start, item.end, item.uid)))


def waited_for(fact: RegistrationFact, released: Released | None) -> tuple[Item, ...]:
    """The sessions a person waits for, in order, each with the place in its line."""
    return _wished(released, (wish for wish in fact.waiting if wish.offered_until is None))


def wished_for(fact: RegistrationFact, released: Released | None) -> tuple[Item, ...]:
    """The same with the sessions in which a place is offered: a release that moves them is told as well."""
    return _wished(released, fact.waiting)


def _wished(released: Released | None, wishes: Iterable[Waiting]) -> tuple[Item, ...]:
    items = (item for wish in wishes for item in one(wish.session, released, "waited", wish.position))
    return tuple(sorted(items, key=lambda item: (item.start, item.end, item.uid)))


def one(id: str, released: Released | None, why: Why, position: int | None = None) -> tuple[Item, ...]:
    """This session as the programme has it, or nothing."""
    if released is None:
        return ()
    kinds = {kind.id: kind for kind in released.kinds}
    rooms = _rooms(released)
    found = (session for session in released.sessions if session.id == id)
    return tuple(_item(session, kinds.get(session.kind), rooms, why, position) for session in found)


def _rooms(released: Released | None) -> dict[str, str]:
    return {room.id: room.name for room in released.rooms} if released else {}


def _for_everybody(session: Session, kind: Kind | None) -> bool:
    """The same choice as in the calendar of the registration's page: breaks are no appointments."""
    return session.access == "open" and session.status == "scheduled" and not (kind and kind.tone == "break")


def _item(session: Session, kind: Kind | None, rooms: dict[str, str], why: Why, position: int | None = None) -> Item:
    return Item(
        id=session.id,
        uid=session.uid,
        revision=session.revision,
        slug=session.slug,
        title=session.title,
        kind=kind.label if kind else {},
        room=rooms.get(session.room or "", ""),
        start=session.start,
        end=session.end,
        why=why,
        cancelled=session.status == "cancelled",
        position=position,
    )


def _day(day: date, edition: EditionChanged, sessions: Iterable[Session], zone: ZoneInfo) -> Item:
    hours = [*_hours(day, sessions, zone)]
    uid = f"{edition.edition}-{day.isoformat()}@rencontres"
    return Item(
        id=uid,
        uid=uid,
        revision=0,
        slug="",
        title=edition.title,
        kind={},
        room="",
        start=min((start for start, _ in hours), default=datetime.combine(day, DAY_OPENS, zone)),
        end=max((end for _, end in hours), default=datetime.combine(day, DAY_ENDS, zone)),
        why="day",
    )


def _hours(day: date, sessions: Iterable[Session], zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    for session in sessions:
        if session.status == "scheduled" and session.start.astimezone(zone).date() == day:
            yield session.start, session.end
