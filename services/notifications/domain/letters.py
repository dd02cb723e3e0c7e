"""What a mail says, before any language or layout: the person, the edition, their sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.notifications.domain.agenda import EMPTY, Agenda, cleared, updated
from services.notifications.domain.deliveries import TELLS_TIMETABLE, Delivery, Template
from services.notifications.domain.mails import Known, owes_badge
from services.notifications.domain.timetables import Item, timetable, waited_for, wished_for
from services.notifications.domain.told import NOTHING_TOLD, Mention, Told
from services.notifications.domain.wording import MAILS
from shared.events import Text
from shared.events.badges import Issued
from shared.events.programme import EditionChanged, Released

TO_SOMEBODY_ELSE = frozenset({Template.TRANSFER_GIVEN, Template.ADDRESS_CHANGED})
"""Mails that do not go to whoever holds the registration now: they never open it."""
LINKLESS = TO_SOMEBODY_ELSE | {Template.ERASED}
"""Nor does a mail after which there is nothing to open."""

Note = Literal["", "cancelled", "reinstated", "added", "dropped", "waiting"]

Said = str | Text | datetime | tuple[datetime, datetime]
"""Something to be said in the person's language: words, a moment, or the hours from one moment to another."""


@dataclass(frozen=True)
class Difference:
    """One line of a list of changes. A side without anything is one where there was, or is, nothing."""

    what: Said
    before: tuple[Said, ...] = ()
    after: tuple[Said, ...] = ()
    note: Note = ""
    """What became of a session, besides its time and room."""
    position: int = 0
    """In the line of a session waited for."""


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
    fields: tuple[str, ...] = ()
    """What of the registration changed, by the names that `Amended` gives."""
    registrations: tuple[tuple[str, str], ...] = ()
    """Of a lost link: each person of this address, and the link to their registration."""


@dataclass(frozen=True)
class Letter:
    """Everything one mail is made of. `badge` is the badge that goes with it, if it does.

    `calendar` says what its calendar does, and `agenda` is all that is in it: what was put in is taken out again.
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
    waits: tuple[Item, ...] = ()
    """The sessions the person waits for."""
    agenda: Agenda = EMPTY
    had_place: bool = False
    """Whether its reader was told of a place before: only then is there something to give back."""

    @property
    def chosen(self) -> tuple[Item, ...]:
        """The sessions the person asked for."""
        return tuple(item for item in self.items if item.chosen)

    @property
    def name(self) -> str:
        """Whom the mail speaks to."""
        if self.delivery.template in TO_SOMEBODY_ELSE:
            return self.delivery.name
        person = self.known.fact.person
        return f"{person.given_name} {person.family_name}".strip()

    @property
    def manage_url(self) -> str:
        """What opens the registration; empty where its reader must not."""
        return "" if self.delivery.template in LINKLESS else self.known.fact.manage_url

    @property
    def redrawn(self) -> bool:
        """Whether what changed stands on the badge."""
        return owes_badge(self.delivery)

    @property
    def said(self) -> tuple[Mention, ...]:
        """What the person will have been told of their timetable once this mail left."""
        return self.agenda.said if self.delivery.template in TELLS_TIMETABLE else ()


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
    told: Told = NOTHING_TOLD,
    alone: bool = True,
    matter: Matter = Matter(),
) -> Letter:
    """The mail of this delivery.

    `told` is what its reader was told last. `alone`: nobody else's calendar of this edition is in the same mailbox,
    so that what is no longer in this one may be taken out.
    """
    mail = MAILS[delivery.template]
    items, waits = timetable(known.fact, edition, released), waited_for(known.fact, released)
    if mail.calendar == "CANCEL":
        agenda = cleared(told, edition, released) if alone else EMPTY
    else:
        agenda = updated(items, wished_for(known.fact, released), told, edition, released, alone=alone)
    return Letter(
        delivery=delivery,
        known=known,
        edition=edition,
        items=items,
        badge=badge if mail.badge and delivery.with_badge else None,
        calendar=mail.calendar if agenda.items else None,
        matter=matter,
        badge_url=badge.link if badge else "",
        waits=waits,
        agenda=agenda,
        had_place=told.count > 0,
    )
