"""What is for registration to decide about an edition: categories, quotas, opening dates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from typing import Literal
from zoneinfo import ZoneInfo

from services.registration.domain.refusals import (
    CategoryUnknown,
    RegistrationsClosed,
    RegistrationsNotOpen,
    SessionsOverlap,
    SessionUnknown,
    WorkshopsOverlap,
)
from shared.errors import Refusal
from shared.events import Text
from shared.events.programme import Kind, Room, Session

Act = Literal["details", "sessions", "transfer", "cancel"]
"""What people may do themselves to their registration, until a day set for it."""


@dataclass(frozen=True)
class Category:
    """Whom one comes as. Days left out are the edition's. `public` ones are offered on the form.

    `authorities` says that these people come from a local authority: a name they typed without choosing it
    from the suggestions is matched with the register. `approval`: the team decides about each, one by one.
    """

    id: str
    label: Text
    hint: Text = field(default_factory=dict)
    quota: int | None = None
    public: bool = True
    opens_days_before: int | None = None
    closes_days_before: int | None = None
    authorities: bool = False
    approval: bool = False


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Who may register, from when to when, and how many, as the organiser set it. `quota` None: without limit.

    Days are counted back from the first day of the edition, to midnight in its time zone. An offered place is held
    for `offer_hours`, for less when time is short.
    """

    id: str
    categories: tuple[Category, ...]
    opens_days_before: int
    closes_days_before: int
    quota: int | None = None
    offer_hours: int = 24
    overlaps: Literal["refuse", "warn"] = "refuse"
    """Whether people may have two sessions at the same time, once they were told."""
    changes_close_days_before: int = 0
    """People change their registration themselves until the eve of this day."""
    freezes: Mapping[Act, int] = field(default_factory=dict)
    """The same for an act that has a day of its own. Without one, cancelling stays open."""


@dataclass(frozen=True, kw_only=True)
class Edition(Rules):
    """The rules with the first day they count from."""

    first_day: date
    timezone: str

    def category(self, id: str, *, staff: bool = False) -> Category:
        """The category with this id; raises `CategoryUnknown`, for the public also when it is not public."""
        for category in self.categories:
            if category.id == id and (category.public or staff):
                return category
        raise CategoryUnknown

    def check_open(self, now: datetime, category: Category | None = None) -> None:
        """Refuse outside the opening dates of the edition, or of the category where it has its own."""
        opens, closes = self.opens(category), self.closes(category)
        if now < opens:
            raise RegistrationsNotOpen(date=opens)
        if now >= closes:
            raise RegistrationsClosed(date=closes)

    def is_open(self, now: datetime, category: Category | None) -> bool:
        """Whether this category may be given places now; one that is gone may not."""
        return category is not None and self.opens(category) <= now < self.closes(category)

    def starts(self) -> datetime:
        """Midnight before the first day."""
        return self._midnight(0)

    def opens(self, category: Category | None = None) -> datetime:
        """When registration begins."""
        own = category.opens_days_before if category else None
        return self._midnight(self.opens_days_before if own is None else own)

    def closes(self, category: Category | None = None) -> datetime:
        """When registration has ended."""
        own = category.closes_days_before if category else None
        return self._midnight(self.closes_days_before if own is None else own)

    def changes_close(self, act: Act) -> datetime | None:
        """When people can no longer do this themselves; None: they always can."""
        days = self.freezes.get(act, None if act == "cancel" else self.changes_close_days_before)
        return None if days is None else self._midnight(days)

    def _midnight(self, days_before: int) -> datetime:
        day = self.first_day - timedelta(days=days_before)
        return datetime.combine(day, time.min, ZoneInfo(self.timezone)).astimezone(UTC)


@dataclass(frozen=True)
class Programme:
    """The released sessions as programme told them. Empty before the first release."""

    release: int = 0
    sessions: Mapping[str, Session] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    rooms: Mapping[str, Room] = field(default_factory=dict)

    def tone(self, session: Session) -> str:
        """The stylesheet's word for this session's format."""
        kind = self.kinds.get(session.kind)
        return kind.tone if kind else "meeting"

    def chosen(self, ids: Iterable[str], now: datetime, *, both: bool = False) -> tuple[Session, ...]:
        """The sessions with these ids, by time; refuses those one cannot sign up to, and two at the same time.

        `both`: somebody wants two at the same time, and may.
        """
        sessions, refusals = self.choice(ids, now, both=both)
        if refusals:
            raise refusals[0]
        return sessions

    def choice(
        self, ids: Iterable[str], now: datetime, *, both: bool = False
    ) -> tuple[tuple[Session, ...], list[Refusal]]:
        """The sessions chosen, by time, and everything that is wrong with the choice; one clash for each time."""
        wanted = {id: self.sessions.get(id) for id in ids}
        found = [one for one in wanted.values() if one and can_sign_up(one, now)]
        found.sort(key=lambda one: (one.start, one.id))
        unknown: list[Refusal] = [SessionUnknown(session=id) for id in wanted if id not in {one.id for one in found}]
        clashes: dict[datetime, Refusal] = {}
        for one, other in [] if both else overlaps(found):
            clashes.setdefault(other.start, self.clash(one, other))
        return tuple(found), [*unknown, *clashes.values()]

    def clash(self, one: Session, other: Session) -> Refusal:
        """The refusal of two sessions at the same time; `other` begins later."""
        workshops = self.tone(one) == self.tone(other) == "workshop"
        refusal = WorkshopsOverlap if workshops else SessionsOverlap
        return refusal(weekday=other.start, time=other.start, sessions=(one.id, other.id))


def can_sign_up(session: Session, now: datetime) -> bool:
    """Whether a place in this session can be taken now."""
    return session.access == "sign-up" and session.status == "scheduled" and session.start > now


def overlaps(sessions: Iterable[Session]) -> list[tuple[Session, Session]]:
    """Pairs that share time; one that begins when another ends does not."""
    pairs = combinations(sorted(sessions, key=lambda one: (one.start, one.id)), 2)
    return [(one, other) for one, other in pairs if other.start < one.end]
