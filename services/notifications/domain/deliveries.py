"""One mail to one person: queued → sending → sent, to be tried again, refused, unknown or expired."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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


class State(StrEnum):
    """Where a delivery stands. `sending` is stored before the message is handed over."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    RETRY = "retry"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    EXPIRED = "expired"


class Verdict(StrEnum):
    """How an attempt ended."""

    ACCEPTED = "accepted"
    REFUSED_FOR_NOW = "refused-for-now"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The link was cut, or the answer did not come, after the final dot: it may have arrived."""
    INTERRUPTED = "interrupted"
    """The mail server went away before the message was handed over: it has not arrived, and nobody refused it."""
    HUNG_UP = "hung-up"
    """The mail server answered, then hung up on this message before its text: once is an accident, often is not."""


@dataclass(frozen=True)
class Outcome:
    """The end of one attempt, with the mail server's own words."""

    verdict: Verdict
    reason: str = ""


PAUSES = tuple(timedelta(minutes=minutes) for minutes in (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 240, 480))
"""After each temporary refusal: greylisting asks for minutes, a full mailbox for hours. Twelve attempts in 16 hours."""

DOUBTS = 3
"""Attempts of unknown outcome after which a person decides: each may have put one copy into the mailbox."""

INTERRUPTION = timedelta(seconds=2)
"""The mail server is probed anyway; this keeps a message from being tried without pause."""

HANG_UPS = 5
"""Times the mail server may hang up on one message before that counts as a refusal for now. The pause doubles."""

STOPPED_BY_TEAM = "stopped-by-team"
"""The reason of a mail that somebody of the team gave up."""

DATABASE_LOST = "database-lost"
"""The reason of a mail of which nobody knows whether it left: the database was lost, and put back."""


class NotRetryable(Refusal):
    """Only what was refused, is waiting, or has an unknown outcome can be sent again."""

    code = "not-retryable"
    status = 409
    text = "Ce message est parti ou va partir : il n’y a rien à renvoyer."


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
    """Attempts whose outcome is unknown. Above zero, the person may have received it more than once."""
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
    def retryable(self) -> bool:
        """Whether a person may ask for another attempt at once."""
        stopped = self.state is State.EXPIRED and self.reason == STOPPED_BY_TEAM
        return stopped or self.state in {State.RETRY, State.REFUSED, State.UNKNOWN}

    @property
    def held(self) -> bool:
        """Whether it waits for a person to decide: it may have arrived, and nobody has looked at it."""
        doubtful = self.state is State.UNKNOWN and self.due is None and self.doubts >= DOUBTS
        return doubtful and self.reason != STOPPED_BY_TEAM

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


def claim(delivery: Delivery, *, sender: str, badge: bool, release: int, now: datetime) -> Delivery:
    """The delivery as it leaves: stored before anything is handed over, so that a crash leaves a trace.

    A mail says at every attempt whether the badge is there, and what the newest release says, unless a copy may
    have arrived: then it says the same again, or the person's mail program would take the better one for the copy.
    """
    taken = replace(delivery, state=State.SENDING, due=None, sender=sender, changed=now, reason="")
    if delivery.doubts:
        return taken
    with_badge = badge if delivery.template in BRINGS_BADGE else delivery.with_badge
    return replace(taken, with_badge=with_badge, made_from=release)


def settle(delivery: Delivery, outcome: Outcome, *, now: datetime) -> Delivery:
    """The delivery after an attempt."""
    ended = replace(delivery, sender="", changed=now, reason=outcome.reason)
    match outcome.verdict:
        case Verdict.ACCEPTED:
            return replace(ended, state=State.SENT, due=None, attempts=delivery.attempts + 1)
        case Verdict.REFUSED:
            return replace(ended, state=State.REFUSED, due=None, attempts=delivery.attempts + 1)
        case Verdict.UNKNOWN:
            return _doubt(ended, now)
        case Verdict.INTERRUPTED:
            return replace(ended, state=_before(delivery), due=now + INTERRUPTION)
        case Verdict.HUNG_UP:
            return _hung_up(ended, now)
        case Verdict.REFUSED_FOR_NOW:
            return _pause(ended, now)


def _doubt(delivery: Delivery, now: datetime) -> Delivery:
    doubts = delivery.doubts + 1
    due = now + PAUSES[0] if doubts < DOUBTS else None
    return replace(delivery, state=State.UNKNOWN, due=due, attempts=delivery.attempts + 1, doubts=doubts)


def _pause(delivery: Delivery, now: datetime) -> Delivery:
    attempts = delivery.attempts + 1
    if attempts > len(PAUSES):
        return replace(delivery, state=State.REFUSED, due=None, attempts=attempts)
    return replace(delivery, state=State.RETRY, due=now + PAUSES[attempts - 1], attempts=attempts)


def _hung_up(delivery: Delivery, now: datetime) -> Delivery:
    """Wait longer each time; from the fifth on it is as if the server had refused the message for now."""
    after = replace(delivery, hang_ups=delivery.hang_ups + 1)
    if after.hang_ups >= HANG_UPS:
        return _pause(after, now)
    return replace(after, state=_before(delivery), due=now + INTERRUPTION * 2**delivery.hang_ups)


def _before(delivery: Delivery) -> State:
    if delivery.doubts:
        return State.UNKNOWN
    return State.RETRY if delivery.attempts else State.QUEUED


def abandoned(delivery: Delivery, now: datetime) -> Delivery:
    """A delivery whose sender died: it may have arrived, so it leaves again with the same Message-ID, flagged."""
    doubts = delivery.doubts + 1
    due = now if doubts < DOUBTS else None
    return replace(delivery, state=State.UNKNOWN, due=due, sender="", changed=now, doubts=doubts, reason="sender-died")


CLOCKS_DIFFER = timedelta(seconds=2)
"""Clocks further apart than this are set against each other; by less, they may be."""


def set_right(delivery: Delivery, now: datetime) -> Delivery:
    """A delivery stored by a clock that was ahead: due so long from now as it was to be from then."""
    ahead = delivery.changed - now
    if delivery.due is None or ahead <= CLOCKS_DIFFER:
        return delivery
    return replace(delivery, due=max(now, delivery.due - ahead), changed=now)


def give_up(delivery: Delivery, reason: str, now: datetime) -> Delivery:
    """The delivery dropped because it is no longer true. One that may have arrived stays unknown, for good."""
    state = State.UNKNOWN if delivery.doubts else State.EXPIRED
    return replace(delivery, state=state, due=None, sender="", changed=now, reason=reason)


def retry(delivery: Delivery, *, stale: bool, now: datetime) -> Delivery:
    """Another attempt at once, because a person asked for it; the schedule starts anew."""
    if not delivery.retryable or stale:
        raise NotRetryable
    return replace(delivery, state=_before(replace(delivery, attempts=0)), due=now, changed=now, attempts=0, hang_ups=0)


def abandon(delivery: Delivery, now: datetime) -> Delivery:
    """Given up because a person asked for it. One that may have arrived stays unknown, and waits for nobody."""
    if not delivery.abandonable:
        raise NotAbandonable
    state = State.UNKNOWN if delivery.doubts else State.EXPIRED
    return replace(delivery, state=state, due=None, changed=now, reason=STOPPED_BY_TEAM)


def hold(delivery: Delivery, reason: str, now: datetime) -> Delivery:
    """The delivery waits for a person to decide: nobody knows whether it has left."""
    doubts = max(delivery.doubts, DOUBTS)
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
