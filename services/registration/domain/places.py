"""How many places are taken: of the edition, of each category, of each session. One document per edition."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from services.registration.domain.editions import Category, Edition, Programme
from services.registration.domain.refusals import CategoryFull, EditionFull, SessionFull, WorkshopFull
from shared.events.programme import Session
from shared.events.registration import PlacesChanged, SessionPlaces

SOON = 0.75
"""From this share on, places are "bientôt complet"."""

Level = Literal["free", "soon", "full"]


@dataclass(frozen=True)
class Places:
    """Counts of confirmed registrations. `sequence` counts the facts told about them."""

    edition: str
    taken: int = 0
    cancelled: int = 0
    categories: Mapping[str, int] = field(default_factory=dict)
    sessions: Mapping[str, int] = field(default_factory=dict)
    sequence: int = 0

    def take(self, edition: Edition, category: Category, sessions: Iterable[Session], programme: Programme) -> "Places":
        """One more person; refuses when the edition, the category or a session is full."""
        chosen = tuple(sessions)
        if left(edition.quota, self.taken) == 0:
            raise EditionFull
        if left(category.quota, self.categories.get(category.id, 0)) == 0:
            raise CategoryFull
        for session in chosen:
            if left(session.capacity, self.sessions.get(session.id, 0)) == 0:
                raise (WorkshopFull if programme.tone(session) == "workshop" else SessionFull)(session=session.id)
        return replace(
            self,
            taken=self.taken + 1,
            categories=_moved(self.categories, [category.id], 1),
            sessions=_moved(self.sessions, [session.id for session in chosen], 1),
        )

    def free(self, category: str, sessions: Iterable[str]) -> "Places":
        """One person fewer. The caller makes sure that the person had these places."""
        return replace(
            self,
            taken=_not_negative(self.taken - 1),
            cancelled=self.cancelled + 1,
            categories=_moved(self.categories, [category], -1),
            sessions=_moved(self.sessions, sessions, -1),
        )

    def told(self, quota: int | None, programme: Programme) -> PlacesChanged:
        """The fact: counts only, for every session one can sign up to."""
        sessions = [one for one in programme.sessions.values() if one.access == "sign-up"]
        return PlacesChanged(
            edition=self.edition,
            quota=quota,
            taken=self.taken,
            sessions=tuple(
                SessionPlaces(session=one.id, quota=one.capacity, taken=self.sessions.get(one.id, 0))
                for one in sessions
            ),
        )


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
