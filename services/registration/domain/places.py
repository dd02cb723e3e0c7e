"""How many places are taken: of the edition, of each category, of each session. One document per edition."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from services.registration.domain.editions import Category, Edition, Programme
from services.registration.domain.refusals import CategoryFull, EditionFull
from shared.events.programme import Session
from shared.events.registration import Both, PlacesChanged, SessionPlaces

SOON = 0.75
"""From this share on, places are "bientôt complet"."""

Level = Literal["free", "soon", "full"]


@dataclass(frozen=True)
class Places:
    """Counts over all registrations. `sequence` counts the facts told about them.

    `taken`, `categories` and `sessions` hold what is offered too: an offer takes the place. `queued` are
    registrations that wait, by category, `waiting` those who wait for a session. `both` counts who is enrolled in
    two sessions, keyed by both ids in order: whether they are of one day is the programme's to say, and may change.
    """

    edition: str
    taken: int = 0
    cancelled: int = 0
    categories: Mapping[str, int] = field(default_factory=dict)
    sessions: Mapping[str, int] = field(default_factory=dict)
    sequence: int = 0
    offered: int = 0
    pending: int = 0
    refused: int = 0
    queued: Mapping[str, int] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    both: Mapping[str, int] = field(default_factory=dict)

    @property
    def confirmed(self) -> int:
        """Who comes: places taken, without those only offered."""
        return self.taken - self.offered

    @property
    def waitlisted(self) -> int:
        """Registrations that wait for the edition or their category."""
        return sum(self.queued.values())

    @property
    def total(self) -> int:
        """Registrations of every status."""
        return self.taken + self.pending + self.waitlisted + self.refused + self.cancelled

    def refusal(
        self, edition: Edition, category: Category, now: datetime
    ) -> type[EditionFull] | type[CategoryFull] | None:
        """Why a newcomer of this category gets no place now: none is left, or others wait for it already."""
        if left(edition.quota, self.taken) == 0:
            return EditionFull
        if left(category.quota, self.categories.get(category.id, 0)) == 0 or self.queued.get(category.id):
            return CategoryFull
        others = (one for one in edition.categories if self.queued.get(one.id) and edition.is_open(now, one))
        if any(left(one.quota, self.categories.get(one.id, 0)) != 0 for one in others):
            return EditionFull
        return None

    def is_full(self, session: Session) -> bool:
        """Whether a newcomer gets no place in this session: none is left, or others wait for it already."""
        return self.left_in(session) == 0 or bool(self.waiting.get(session.id))

    def left_in(self, session: Session) -> int | None:
        """Places one may still give in this session; None without limit."""
        return left(session.capacity, self.sessions.get(session.id, 0))

    def take(self, category: str, by: int = 1) -> "Places":
        """One person more at the edition, or with -1 one fewer."""
        return replace(self, taken=_not_negative(self.taken + by), categories=_moved(self.categories, [category], by))

    def enrol(self, session: str, beside: Iterable[str], by: int = 1) -> "Places":
        """One person more in a session, or with -1 one fewer. `beside`: the other sessions they are enrolled in."""
        pairs = [pair(session, other) for other in beside]
        return replace(self.hold(session, by), both=_moved(self.both, pairs, by))

    def hold(self, session: str, by: int = 1) -> "Places":
        """A place in a session held for an offer, or with -1 no longer."""
        return replace(self, sessions=_moved(self.sessions, [session], by))

    def wait(self, session: str, by: int = 1) -> "Places":
        """One person more waits for a session, or with -1 one fewer."""
        return replace(self, waiting=_moved(self.waiting, [session], by))

    def queue(self, category: str, by: int = 1) -> "Places":
        """One registration more waits, or with -1 one fewer."""
        return replace(self, queued=_moved(self.queued, [category], by))

    def count(self, **by: int) -> "Places":
        """`offered`, `pending`, `refused` or `cancelled` changed by so many."""
        counted: dict[str, Any] = {name: _not_negative(getattr(self, name) + more) for name, more in by.items()}
        return replace(self, **counted)

    def told(self, quota: int | None, programme: Programme, timezone: str) -> PlacesChanged:
        """The fact: counts only, for every session one can sign up to, and pairs of one day that share people."""
        sessions = [one for one in programme.sessions.values() if one.access == "sign-up"]
        days = {one.id: one.start.astimezone(ZoneInfo(timezone)).date() for one in sessions}
        shared = [(*_ids(key), count) for key, count in sorted(self.both.items()) if count]
        return PlacesChanged(
            edition=self.edition,
            quota=quota,
            taken=self.taken,
            waiting=self.waitlisted,
            sessions=tuple(
                SessionPlaces(
                    session=one.id,
                    quota=one.capacity,
                    taken=self.sessions.get(one.id, 0),
                    waiting=self.waiting.get(one.id, 0),
                )
                for one in sessions
            ),
            both=tuple(
                Both(sessions=(one, other), count=count)
                for one, other, count in shared
                if one in days and days[one] == days.get(other)
            ),
        )


def pair(one: str, other: str) -> str:
    """The key of two sessions, the same in either order. Ids have no space."""
    return " ".join(sorted((one, other)))


def _ids(key: str) -> tuple[str, str]:
    one, _, other = key.partition(" ")
    return one, other


def left(quota: int | None, taken: int) -> int | None:
    """Places one may still take; None without limit. A quota lowered below what is taken leaves none."""
    return None if quota is None else max(0, quota - taken)


def level(quota: int | None, taken: int) -> Level:
    """The word to show: free, soon full (from 75 %), full."""
    if quota is None:
        return "free"
    if taken >= quota:
        return "full"
    return "soon" if taken >= SOON * quota else "free"


def _moved(counts: Mapping[str, int], ids: Iterable[str], by: int) -> dict[str, int]:
    changed = dict(counts)
    for id in ids:
        changed[id] = _not_negative(changed.get(id, 0) + by)
    return changed


def _not_negative(count: int) -> int:
    if count < 0:
        raise ValueError("more places freed than taken")
    return count
