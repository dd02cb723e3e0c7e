"""One mail to one person: queued → sending → sent, to be tried again, refused, unknown or expired.

How it comes from one to the next is in `attempts`; here is what it is, and how people end it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from shared.errors import Refusal
from shared.events.notifications import EmailFailed, EmailSent


class Template(StrEnum):
    """The mails there are; `wording.MAILS` says what each is made of, `defaults.py` what it says."""

    CONFIRMATION = "confirmation"
    BADGE_READY = "badge-ready"
    CANCELLATION = "cancellation"
    SUBMITTED = "submitted"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    OFFER_EXPIRED = "offer-expired"
    REFUSED = "refused"
    SESSIONS_CHANGED = "sessions-changed"
    DATA_CHANGED = "data-changed"
    ADDRESS_CHANGED = "address-changed"
    PROGRAMME_CHANGED = "programme-changed"
    TRANSFER_RECEIVED = "transfer-received"
    TRANSFER_GIVEN = "transfer-given"
    NEW_LINK = "new-link"
    LOST_LINK = "lost-link"
    REMINDER_EDITION = "reminder-edition"
    REMINDER_SESSION = "reminder-session"
    ERASED = "erased"


BRINGS_BADGE = frozenset(
    {Template.CONFIRMATION, Template.BADGE_READY, Template.TRANSFER_RECEIVED, Template.DATA_CHANGED}
)
"""The mails that a badge goes with, once there is one."""

WELCOMES = frozenset({Template.CONFIRMATION, Template.TRANSFER_RECEIVED})
"""The first mail to somebody who has a place: the badge comes with it, or in a second mail."""

TELLS_TIMETABLE = frozenset({*WELCOMES, Template.SESSIONS_CHANGED, Template.PROGRAMME_CHANGED})
"""The mails after which the person knows their timetable as it is."""


TO_MANY = frozenset({Template.PROGRAMME_CHANGED, Template.REMINDER_EDITION, Template.REMINDER_SESSION})
"""The mails that leave by the thousand at one moment: whoever has just done something is answered before them."""


class State(StrEnum):
    """Where a delivery stands. `sending` is stored before the message is handed over."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    RETRY = "retry"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    EXPIRED = "expired"


DOUBTS = 3
"""Attempts of unknown outcome after which a person decides: each may have put one copy into the mailbox."""

STOPPED_BY_TEAM = "stopped-by-team"
"""The reason of a mail that somebody of the team gave up."""

DATABASE_LOST = "database-lost"
"""The reason of a mail of which nobody knows whether it left: the database was lost, and put back."""


class NotAbandonable(Refusal):
    """Only what waits, or has an unknown outcome, can be given up."""

    code = "not-abandonable"
    status = 409
    text = "Ce message est parti, ou n’attend plus : il n’y a rien à abandonner."


@dataclass(frozen=True)
class About:
    """What a mail speaks of besides the state of the registration when it leaves; each template uses some of it."""

    session: str = ""
    """The session offered or lost; empty for a place at the edition."""
    until: datetime | None = None
    """An offered place is held until then."""
    fields: tuple[str, ...] = ()
    """What changed, as `Amended` names it."""
    other: str = ""
    """The other person of a transfer."""
    has_place: bool = True
    """Whether the person had a place when it happened: only then is there a badge."""


@dataclass(frozen=True)
class Delivery:
    """One mail to one person. `due` is when it is tried next; None when nothing is left to do."""

    id: str
    registration: str
    edition: str
    generation: int
    template: Template
    cause: str
    recipient: str
    language: str
    name: str
    """The person, as staff look for them."""
    release: int
    """The release of the programme that the person's page showed: the mail waits until it is known here."""
    state: State
    due: datetime | None
    created: datetime
    changed: datetime
    attempts: int = 0
    """Attempts that count: the server refused for now, or its answer did not come."""
    hang_ups: int = 0
    """Times in a row the mail server hung up on it."""
    doubts: int = 0
    """Attempts whose outcome is unknown, and departures since a backup that nobody knows of: each may have arrived."""
    with_badge: bool | None = None
    """Of a confirmation: whether the badge goes with it, or follows. None before the first attempt."""
    reason: str = ""
    sender: str = ""
    """The process that is sending it."""
    sequence: int = 0
    """Of the registration's fact that called for it."""
    about: About = About()
    made_from: int = 0
    """The release it was last written from: a copy of what may have arrived says the same again."""
    made_at: int = 0
    """The sequence of the registration's state it was last written from."""
    facts: int = 0
    """How many facts were told of this delivery: their sequence."""
    correlation: str = ""
    """What everything that follows from one request has in common."""
    causation: str | None = None
    """The fact that called for it."""

    @property
    def told(self) -> bool:
        """Whether the message has, or may have, reached the person, and no attempt is planned."""
        return self.state is State.SENT or (self.state is State.UNKNOWN and self.due is None)

    @property
    def may_have_arrived(self) -> bool:
        """Whether at least one copy may be in the mailbox."""
        return self.state is State.SENT or self.doubts > 0

    @property
    def possibly_twice(self) -> bool:
        """Whether more than one copy may be in the mailbox."""
        return self.doubts + (self.state is State.SENT) > 1

    @property
    def retryable(self) -> bool:
        """Whether a person may ask for another attempt at once."""
        gave_up = self.state is State.EXPIRED and self.stopped
        return gave_up or self.state in {State.RETRY, State.REFUSED, State.UNKNOWN}

    @property
    def held(self) -> bool:
        """Whether it waits for a person to decide: it may have arrived, and nobody has looked at it."""
        if self.state is not State.UNKNOWN or self.due is not None:
            return False
        return self.reason == DATABASE_LOST or (self.doubts >= DOUBTS and not self.stopped)

    @property
    def stopped(self) -> bool:
        """Whether somebody of the team gave it up."""
        return self.reason == STOPPED_BY_TEAM

    @property
    def abandonable(self) -> bool:
        """Whether a person may give it up: it waits for its time, or for a person."""
        return self.held or (self.due is not None and self.state is not State.SENDING)


_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def delivery_id(cause: str, recipient: str, template: Template) -> str:
    """The id made of the unique key: the same cause, recipient and template are the same delivery."""
    digest = sha256(f"{cause}\x00{recipient}\x00{template}".encode()).digest()
    number = int.from_bytes(digest[:17], "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def give_up(delivery: Delivery, reason: str, now: datetime) -> Delivery:
    """The delivery dropped because it is no longer true. One that may have arrived stays unknown, for good."""
    state = State.UNKNOWN if delivery.doubts else State.EXPIRED
    return replace(delivery, state=state, due=None, sender="", changed=now, reason=reason)


def abandon(delivery: Delivery, now: datetime) -> Delivery:
    """Given up because a person asked for it. One that may have arrived stays unknown, and waits for nobody."""
    if not delivery.abandonable:
        raise NotAbandonable
    state = State.UNKNOWN if delivery.doubts else State.EXPIRED
    return replace(delivery, state=state, due=None, changed=now, reason=STOPPED_BY_TEAM)


def hold(delivery: Delivery, reason: str, now: datetime) -> Delivery:
    """The delivery waits for a person to decide: it may have left once more than is known here."""
    doubts = delivery.doubts + 1
    return replace(delivery, state=State.UNKNOWN, due=None, sender="", changed=now, doubts=doubts, reason=reason)


def facts(delivery: Delivery) -> EmailSent | EmailFailed | None:
    """What everybody is told once nothing more is planned for it."""
    if delivery.state is State.SENT:
        return EmailSent(
            registration=delivery.registration,
            edition=delivery.edition,
            delivery=delivery.id,
            cause=delivery.cause,
            template=delivery.template,
            at=delivery.changed,
            release=delivery.made_from,
            state=delivery.made_at,
            with_badge=delivery.with_badge,
        )
    if delivery.due is None and delivery.state in {State.REFUSED, State.UNKNOWN, State.EXPIRED}:
        return EmailFailed(
            registration=delivery.registration,
            edition=delivery.edition,
            delivery=delivery.id,
            template=delivery.template,
            state=delivery.state,
            reason=delivery.reason[:200],
            at=delivery.changed,
        )
    return None
