"""Who is concerned by a release: everybody whose last word from us is no longer what the programme says.

Nothing is remembered of what a release changed. A person's own last word is compared with the newest release, so
gaps, disorder and a day away come to the same, and a session moved there and back again concerns nobody.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.notifications.domain.timetables import Why
from services.notifications.domain.told import Place, Places, Told

Kind = Literal["moved", "cancelled", "reinstated"]


@dataclass(frozen=True)
class Shift:
    """One session that is not where and when the person was told."""

    session: str
    why: Why
    before: Place
    after: Place

    @property
    def kind(self) -> Kind:
        """What happened to the session."""
        if self.after.cancelled:
            return "cancelled"
        return "reinstated" if self.before.cancelled else "moved"


@dataclass(frozen=True)
class Wishes:
    """What a person asked for: sessions with a place, sessions waited for or offered, and the release they saw."""

    enrolled: Collection[str]
    waiting: Collection[str]
    release: int


def shifts(wishes: Wishes, told: Told, seen: Places, current: Places, now: datetime) -> tuple[Shift, ...]:
    """What this person must hear, in the order of the new timetable. What is over by now is left out.

    `seen` is the release their page showed: it counts for sessions that no mail has told them of.
    """
    found = (
        Shift(id, why, before, after)
        for id, why, before in _last_word(wishes, told, seen)
        if (after := current.get(id)) and _matters(before, after, now)
    )
    return tuple(sorted(found, key=lambda one: (one.after.start, one.after.end, one.session)))


def _last_word(wishes: Wishes, told: Told, seen: Places) -> Iterator[tuple[str, Why, Place]]:
    """Each session that concerns the person, as we told it, or as the page showed it where they chose it."""
    chosen: dict[str, Why] = {**dict.fromkeys(wishes.waiting, "waited"), **dict.fromkeys(wishes.enrolled, "chosen")}
    for id, why in chosen.items():
        said = told.said.get(id)
        place = said.place if said and said.why != "dropped" else seen.get(id)
        if place:
            yield id, why, place
    for id, said in told.said.items():
        if id not in chosen and said.why == "open":
            yield id, "open", said.place


def _matters(before: Place, after: Place, now: datetime) -> bool:
    if before == after or (before.cancelled and after.cancelled):
        return False
    return max(before.end, after.end) > now
