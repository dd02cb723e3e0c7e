"""What the programme's pages show, worked out of a release: days, slots of parallel sessions, changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from services.programme.domain.editions import Kind, Room
from services.programme.domain.places import Use
from services.programme.domain.releases import ChangeKind, Release, ReleasedSession
from services.programme.store import Public


@dataclass(frozen=True)
class Filter:
    """What a visitor chose to see; an empty string is everything."""

    day: str = ""
    kind: str = ""
    room: str = ""

    def query(self, **changes: str) -> str:
        """The address of the same choice with something changed; what is not chosen is left out."""
        wanted = {"jour": self.day, "format": self.kind, "salle": self.room} | changes
        chosen = {name: value for name, value in wanted.items() if value}
        return "/programme" + ("?" + urlencode(chosen) if chosen else "")

    def lets(self, card: "Card", day: date) -> bool:
        """Whether a session is to be shown."""
        return (
            self.day in {"", day.isoformat()}
            and self.kind in {"", card.session.kind}
            and self.room in {"", card.session.room}
        )


@dataclass(frozen=True)
class Card:
    """One session on a page."""

    session: ReleasedSession
    kind: Kind
    room: Room | None
    use: Use
    changes: tuple[ChangeKind, ...] = ()
    before: ReleasedSession | None = None
    room_before: Room | None = None

    @property
    def is_break(self) -> bool:
        """Breaks are shown small and lead nowhere."""
        return self.kind.tone == "break"


@dataclass(frozen=True)
class Slot:
    """Sessions that begin and end together."""

    start: datetime
    end: datetime
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Day:
    """One day of the programme; `sessions` counts what is not a break."""

    date: date
    slots: tuple[Slot, ...]

    @property
    def sessions(self) -> int:
        """How many sessions take place, breaks left out."""
        return sum(
            not card.is_break and card.session.status == "scheduled" for slot in self.slots for card in slot.cards
        )


def cards(public: Public, release: Release, previous: Release | None) -> list[Card]:
    """Every session of a release, in order of time, with what changed since the one before."""
    made = [_card(public, release, previous, session) for session in release.sessions]
    return sorted(made, key=lambda card: (card.session.start, card.session.end, card.session.id))


def _card(public: Public, release: Release, previous: Release | None, session: ReleasedSession) -> Card:
    before = previous.session(session.id) if previous else None
    return Card(
        session=session,
        kind=release.kind(session.kind) or Kind(session.kind, {"fr": session.kind}, "meeting"),
        room=release.room(session.room) or (previous.room(session.room) if previous else None),
        use=public.places.of(session.id, session.capacity),
        changes=tuple(change.change for change in release.changes if change.session == session.id),
        before=before,
        room_before=previous.room(before.room) if previous and before else None,
    )


def days(cards: Sequence[Card], zone: str, chosen: Filter | None = None) -> tuple[Day, ...]:
    """The cards by day and slot; days without any card left are left out."""
    clock, chosen = ZoneInfo(zone), chosen or Filter()
    made = []
    for day, of_day in groupby(cards, key=lambda card: card.session.start.astimezone(clock).date()):
        shown = [card for card in of_day if chosen.lets(card, day)]
        if shown:
            made.append(Day(day, tuple(_slots(shown))))
    return tuple(made)


def _slots(cards: Iterable[Card]) -> Iterable[Slot]:
    for (start, end), together in groupby(cards, key=lambda card: (card.session.start, card.session.end)):
        yield Slot(start, end, tuple(together))


def after(cards: Sequence[Card], card: Card, zone: str) -> tuple[Card, ...]:
    """What a visitor of a session may go to next: the first sessions of the same day that begin once it has ended."""
    clock = ZoneInfo(zone)
    day = card.session.start.astimezone(clock).date()
    later = [
        other
        for other in cards
        if other.session.start >= card.session.end
        and other.session.start.astimezone(clock).date() == day
        and not other.is_break
        and other.session.status == "scheduled"
    ]
    return tuple(other for other in later if other.session.start == later[0].session.start)
