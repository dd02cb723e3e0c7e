"""What a mail says, before any language or layout: the person, the edition, their sessions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from services.notifications.domain.deliveries import Delivery
from services.notifications.domain.occasions import Known
from services.notifications.domain.wording import MAILS
from shared.events import Text
from shared.events.badges import Issued
from shared.events.programme import EditionChanged, Kind, Released, Session
from shared.events.registration import RegistrationFact

DAY_OPENS = time(9)
DAY_ENDS = time(18)
"""Hours of a day about which the programme says nothing yet."""


@dataclass(frozen=True)
class Item:
    """One line of a person's timetable. `chosen` items were asked for in the form, the others are for everybody."""

    uid: str
    revision: int
    slug: str
    title: Text
    kind: Text
    room: str
    start: datetime
    end: datetime
    chosen: bool
    cancelled: bool = False


Said = str | Text | datetime | tuple[datetime, datetime]
"""Something to be said in the person's language: words, a moment, or the hours from one moment to another."""


@dataclass(frozen=True)
class Difference:
    """One line of a list of changes. A side without anything is one where there was, or is, nothing."""

    what: Said
    before: tuple[Said, ...]
    after: tuple[Said, ...]


@dataclass(frozen=True)
class Matter:
    """What one mail speaks of besides the registration itself; which of it matters depends on the template."""

    session: Item | None = None
    """The session that a place was offered in or waited for, or that a reminder is about; None: the edition."""
    until: datetime | None = None
    """An offered place is held until then."""
    offer_url: str = ""
    """Where an offer is answered."""
    position: int = 0
    """In the line."""
    person: str = ""
    """The other person of a transfer."""
    release: int = 0
    """The version of the programme that a mail announces."""
    differences: tuple[Difference, ...] = ()
    registrations: tuple[tuple[str, str], ...] = ()
    """Of a lost link: each person of this address, and the link to their registration."""


@dataclass(frozen=True)
class Letter:
    """Everything one mail is made of. `badge` is the badge that goes with it, if it does.

    `calendar` says what its calendar does: nothing of it is left out, so that what was put in can be taken out.
    """

    delivery: Delivery
    known: Known
    edition: EditionChanged
    items: tuple[Item, ...]
    badge: Issued | None
    calendar: Literal["PUBLISH", "CANCEL"] | None
    matter: Matter = Matter()
    badge_url: str = ""
    """Where the badge is, for a mail that does not carry it; empty while there is none."""

    @property
    def chosen(self) -> tuple[Item, ...]:
        """The sessions the person asked for."""
        return tuple(item for item in self.items if item.chosen)


@dataclass(frozen=True)
class Attachment:
    """A file of a mail. `media_type` may carry parameters."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Content:
    """A mail as it is read."""

    title: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


def letter(
    delivery: Delivery,
    known: Known,
    edition: EditionChanged,
    released: Released | None,
    badge: Issued | None,
    *,
    clears: bool,
    matter: Matter = Matter(),
) -> Letter:
    """The mail of this delivery. `clears`: there may be a calendar in the mailbox that a cancellation takes back."""
    mail = MAILS[delivery.template]
    return Letter(
        delivery=delivery,
        known=known,
        edition=edition,
        items=timetable(known.fact, edition, released),
        badge=badge if mail.badge and delivery.with_badge else None,
        calendar=mail.calendar if clears or mail.calendar != "CANCEL" else None,
        matter=matter,
        badge_url=badge.link if badge else "",
    )


def timetable(fact: RegistrationFact, edition: EditionChanged, released: Released | None) -> tuple[Item, ...]:
    """The sessions a person chose and those open to all, in order; a day with neither stands for itself."""
    sessions = released.sessions if released else ()
    kinds = {kind.id: kind for kind in released.kinds} if released else {}
    rooms = {room.id: room.name for room in released.rooms} if released else {}
    chosen = {enrolment.session for enrolment in fact.enrolments}
    items = [
        _item(session, kinds.get(session.kind), rooms, session.id in chosen)
        for session in sessions
        if session.id in chosen or _for_everybody(session, kinds.get(session.kind))
    ]
    zone = ZoneInfo(edition.timezone)
    busy = {item.start.astimezone(zone).date() for item in items if not item.cancelled}
    items += [_day(day, edition, sessions, zone) for day in edition.dates if day not in busy]
    return tuple(sorted(items, key=lambda item: (item.start, item.end, item.uid)))


def _for_everybody(session: Session, kind: Kind | None) -> bool:
    """The same choice as in the calendar of the registration's page: breaks are no appointments."""
    return session.access == "open" and session.status == "scheduled" and not (kind and kind.tone == "break")


def _item(session: Session, kind: Kind | None, rooms: dict[str, str], chosen: bool) -> Item:
    return Item(
        uid=session.uid,
        revision=session.revision,
        slug=session.slug,
        title=session.title,
        kind=kind.label if kind else {},
        room=rooms.get(session.room or "", ""),
        start=session.start,
        end=session.end,
        chosen=chosen,
        cancelled=session.status == "cancelled",
    )


def _day(day: date, edition: EditionChanged, sessions: Iterable[Session], zone: ZoneInfo) -> Item:
    hours = [*_hours(day, sessions, zone)]
    return Item(
        uid=f"{edition.edition}-{day.isoformat()}@rencontres",
        revision=0,
        slug="",
        title=edition.title,
        kind={},
        room="",
        start=min((start for start, _ in hours), default=datetime.combine(day, DAY_OPENS, zone)),
        end=max((end for _, end in hours), default=datetime.combine(day, DAY_ENDS, zone)),
        chosen=False,
    )


def _hours(day: date, sessions: Iterable[Session], zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    for session in sessions:
        if session.status == "scheduled" and session.start.astimezone(zone).date() == day:
            yield session.start, session.end
