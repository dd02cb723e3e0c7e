"""What a person was last told of their timetable, which only a mail that left changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.notifications.domain.timetables import Item, Why
from shared.events.programme import Released


@dataclass(frozen=True)
class Place:
    """When and where a session is, and whether it takes place at all."""

    start: datetime
    end: datetime
    room: str
    cancelled: bool


Places = Mapping[str, Place]
"""The sessions of one release by id: all that is compared."""


def places(released: Released) -> Places:
    """What a release says of each session's time and room. A room is known to people by its name."""
    rooms = {room.id: room.name for room in released.rooms}
    return {
        session.id: Place(session.start, session.end, rooms.get(session.room or "", ""), session.status == "cancelled")
        for session in released.sessions
    }


@dataclass(frozen=True)
class Mention:
    """One line of a timetable as it was said. `sequence` is the SEQUENCE of its calendar entry, -1 without one."""

    id: str
    uid: str
    place: Place
    why: Why
    sequence: int = -1


@dataclass(frozen=True)
class Told:
    """What whoever holds this generation of a registration was told last.

    `reviewed` is the release it was last compared with, `release` and `sequence` are the release and the state of
    the registration in the last mail, and `count` is how many mails told it.
    """

    generation: int = 1
    reviewed: int = 0
    release: int = 0
    sequence: int = 0
    count: int = 0
    said: Mapping[str, Mention] = field(default_factory=dict)

    def with_mail(self, said: Iterable[Mention], release: int, sequence: int) -> "Told":
        """After a mail with this timetable left. What it did not speak of is no longer in the person's calendar."""
        return replace(
            self,
            reviewed=release,
            release=release,
            sequence=max(sequence, self.sequence),
            count=self.count + 1,
            said={line.id: line for line in said},
        )

    def looked_at(self, release: int) -> "Told":
        """After a comparison with this release; 0 asks for another."""
        return replace(self, reviewed=release)

    def sequence_of(self, item: Item) -> int:
        """The SEQUENCE of this line's calendar entry: it grows whenever the person's copy must change."""
        before = self.said.get(item.id)
        if before is None or before.sequence < 0:
            return item.revision
        same = before.place == place_of(item)
        return max(item.revision, before.sequence if same else before.sequence + 1)


NOTHING_TOLD = Told()
"""Nobody was told anything yet."""


def place_of(item: Item) -> Place:
    """When and where this line of a timetable is."""
    return Place(item.start, item.end, item.room, item.cancelled)
