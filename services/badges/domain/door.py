"""What the door answers to what is shown there, and how an admission is taken back."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from services.badges.domain.editions import Edition
from services.badges.domain.issuing import Badge, Entry, Holder
from shared.errors import Refusal
from shared.events.badges import CheckedIn, CheckInUndone
from shared.events.base import Fact

UNDO_WITHIN = timedelta(minutes=10)
"""How long an admission can be taken back: long enough to notice a mistake, too short to rewrite the morning."""


class Result(StrEnum):
    """What the door says. `not-enrolled` belongs to scans at a session, the others to the house."""

    ADMITTED = "admitted"
    ALREADY = "already"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    WRONG_DAY = "wrong-day"
    NOT_ENROLLED = "not-enrolled"


class NonceReused(Refusal):
    """The same nonce came with another badge or gate: the client mixed up two check-ins."""

    code = "nonce-reused"
    status = 422
    text = "Ce passage a déjà été envoyé pour un autre badge. Recommencez depuis l’écran d’accueil."
    field = "nonce"


class NobodyAdmitted(Refusal):
    """Only an admission can be taken back."""

    code = "nobody-admitted"
    text = "Ce contrôle n’a fait entrer personne : il n’y a rien à annuler."


class UndoneTooLate(Refusal):
    """The admission was made too long ago."""

    code = "too-late-to-undo"
    text = "Ce passage date de plus de dix minutes : il ne peut plus être annulé ici."


@dataclass(frozen=True)
class CheckIn:
    """One answer of the door. It is kept whatever it says, and given again when the same nonce returns."""

    key: str
    """Made of who asked and their nonce."""
    edition: str
    badge: str | None
    registration: str | None
    gate: str
    result: Result
    rehearsal: bool
    scanned_at: datetime
    """By the clock of the device."""
    at: datetime
    """By ours: the one that decides."""
    day: date
    first_seen: datetime | None = None
    first_gate: str | None = None
    actor: str = ""
    """At whose desk: an account, a token or a desk link."""
    category: str = ""
    """The person's, for the figures."""
    without_badge: bool = False
    """They were looked up by name."""
    undone_at: datetime | None = None
    """The admission was taken back, and counts no more."""


@dataclass(frozen=True)
class Presented:
    """What came to the door, read but not yet judged. `badge` is None when no badge of the edition answers to it."""

    key: str
    badge: str | None
    gate: str
    scanned_at: datetime
    actor: str = ""
    without_badge: bool = False


def check_in(
    presented: Presented, edition: Edition, badge: Badge | None, holder: Holder | None, now: datetime
) -> tuple[CheckIn, Badge | None, Holder | None, list[Fact]]:
    """What the door answers now, with the badge and holder as they are after it."""
    day, rehearsal = edition.today(now), edition.in_rehearsal(now)
    answer = CheckIn(
        key=presented.key,
        edition=edition.id,
        badge=badge.id if badge else None,
        registration=badge.registration if badge else None,
        gate=presented.gate,
        result=Result.ADMITTED,
        rehearsal=rehearsal,
        scanned_at=presented.scanned_at,
        at=now,
        day=day,
        actor=presented.actor,
        category=holder.category if holder else "",
        without_badge=presented.without_badge,
    )
    if badge and badge.state == "revoked":
        return replace(answer, result=Result.REVOKED), badge, holder, []
    if badge is None or holder is None:
        return replace(answer, result=Result.UNKNOWN), badge, holder, []
    if not rehearsal and day not in edition.dates:
        return replace(answer, result=Result.WRONG_DAY), badge, holder, []
    first = badge.first_entry(day, rehearsal=rehearsal)
    if first:
        return replace(answer, result=Result.ALREADY, first_seen=first.at, first_gate=first.gate), badge, holder, []
    entry = Entry(at=now, day=day, gate=presented.gate, rehearsal=rehearsal)
    told = CheckedIn(
        registration=badge.registration, edition=edition.id, gate=presented.gate, at=now, rehearsal=rehearsal
    )
    admitted = replace(badge, entries=(*badge.entries, entry))
    return answer, admitted, replace(holder, told=holder.told + 1), [told]


def same_question(answer: CheckIn, presented: Presented) -> None:
    """Refuse a nonce that returns with another badge or gate."""
    if (answer.badge, answer.gate) != (presented.badge, presented.gate):
        raise NonceReused


def undo(
    answer: CheckIn, badge: Badge, holder: Holder, now: datetime
) -> tuple[CheckIn, Badge, Holder, list[CheckInUndone]]:
    """The admission taken back: the badge may enter again. Taken back twice is once."""
    if answer.result is not Result.ADMITTED:
        raise NobodyAdmitted
    if answer.undone_at:
        return answer, badge, holder, []
    if now - answer.at > UNDO_WITHIN:
        raise UndoneTooLate
    told = CheckInUndone(
        registration=badge.registration,
        edition=answer.edition,
        gate=answer.gate,
        at=answer.at,
        undone_at=now,
        rehearsal=answer.rehearsal,
    )
    kept = tuple(entry for entry in badge.entries if (entry.at, entry.gate) != (answer.at, answer.gate))
    return (
        replace(answer, undone_at=now),
        replace(badge, entries=kept),
        replace(holder, told=holder.told + 1),
        [told],
    )


def forgotten(answer: CheckIn) -> CheckIn:
    """What stays of an answer about somebody erased: it counts, and says of nobody."""
    return replace(answer, badge=None, registration=None)
