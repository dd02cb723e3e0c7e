"""Who has a badge, and what the door answers. Pure: state and facts in, new state and facts out."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from shared.errors import Refusal
from shared.events.badges import CheckedIn, Issued, Revoked
from shared.events.base import Fact, Text


class Result(StrEnum):
    """What the door says. `not-enrolled` belongs to scans at a session, the others to the house."""

    ADMITTED = "admitted"
    ALREADY = "already"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    WRONG_DAY = "wrong-day"
    NOT_ENROLLED = "not-enrolled"


class Reason(StrEnum):
    """Why a badge no longer opens the door."""

    CANCELLED = "cancelled"
    REPLACED = "replaced"


class NonceReused(Refusal):
    """The same nonce came with another badge or gate: the client mixed up two check-ins."""

    code = "nonce-reused"
    status = 422
    text = "Ce passage a déjà été envoyé pour un autre badge. Recommencez depuis l’écran d’accueil."
    field = "nonce"


class BadgeWithdrawn(Refusal):
    """The link is ours, but its badge was revoked."""

    code = "badge-withdrawn"
    status = 410
    text = "Ce badge n’est plus valable."


@dataclass(frozen=True)
class Edition:
    """What badges and pages say of the edition, and the days on which the door counts."""

    id: str
    short: str
    dates: tuple[date, ...]
    timezone: str
    organiser: str
    contact_email: str
    contact_phone: str
    sequence: int

    def today(self, now: datetime) -> date:
        """The day at the venue."""
        return now.astimezone(ZoneInfo(self.timezone)).date()

    def in_rehearsal(self, now: datetime) -> bool:
        """Whether the door answers as on the day, but counts nothing."""
        return self.today(now) < min(self.dates)


@dataclass(frozen=True)
class Holder:
    """The person as the last fact about their registration said, and what we told of their badges."""

    registration: str
    edition: str
    status: Literal["pending", "confirmed", "waitlisted", "offered", "refused", "cancelled"]
    generation: int
    given_name: str
    family_name: str
    language: str
    function: str
    organisation: str
    country: str
    country_name: Text
    category: str
    category_label: Text
    image: bool
    sequence: int
    """Of the newest fact projected."""
    told: int = 0
    """How many facts we have published about this registration."""
    due: bool = False
    """A badge is still to be made for this generation."""

    @property
    def name(self) -> str:
        """Both names, or the one there is."""
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True)
class Entry:
    """One admission, in rehearsal or not."""

    at: datetime
    day: date
    gate: str
    rehearsal: bool


@dataclass(frozen=True)
class Badge:
    """One badge: of one registration and generation. `id` is in its QR, `code` is typed."""

    registration: str
    generation: int
    edition: str
    id: str
    code: str
    state: Literal["active", "revoked"]
    issued_at: datetime
    reason: Reason | None = None
    revoked_at: datetime | None = None
    entries: tuple[Entry, ...] = field(default=())

    @property
    def key(self) -> str:
        """What makes a badge one: a second issue of the same is the same badge."""
        return badge_key(self.registration, self.generation)

    def first_entry(self, day: date, *, rehearsal: bool) -> Entry | None:
        """The first time this badge was admitted on that day, at any gate."""
        return next((entry for entry in self.entries if entry.day == day and entry.rehearsal == rehearsal), None)


def badge_key(registration: str, generation: int) -> str:
    """The key of the badge of this registration and generation."""
    return f"{registration}.{generation}"


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


@dataclass(frozen=True)
class Presented:
    """What came to the door, read but not yet judged. `badge` is None when no badge of the edition answers to it."""

    key: str
    badge: str | None
    gate: str
    scanned_at: datetime


def project(known: Holder | None, told: Holder) -> Holder | None:
    """The holder after this fact, or None when a newer fact is known already.

    A badge falls due whenever a place is confirmed for a generation that has none yet; a cancellation
    settles it, so one that overtakes its confirmation leaves nothing to issue.
    """
    if known is not None and told.sequence <= known.sequence:
        return None
    fresh = known is None or told.generation > known.generation
    due = told.status == "confirmed" and (fresh or (known is not None and known.due))
    return replace(told, told=known.told if known else 0, due=due)


def to_withdraw(holder: Holder, badges: Sequence[Badge]) -> list[tuple[Badge, Reason]]:
    """The active badges that this holder's newest fact makes void."""
    active = [badge for badge in badges if badge.state == "active"]
    if holder.status == "cancelled":
        return [(badge, Reason.CANCELLED) for badge in active]
    return [(badge, Reason.REPLACED) for badge in active if badge.generation < holder.generation]


def revoke(holder: Holder, badge: Badge, reason: Reason, now: datetime) -> tuple[Holder, Badge, Revoked]:
    """The badge no longer opens the door."""
    told = Revoked(
        registration=badge.registration, edition=badge.edition, generation=badge.generation, reason=reason.value
    )
    withdrawn = replace(badge, state="revoked", reason=reason, revoked_at=now)
    return replace(holder, told=holder.told + 1), withdrawn, told


def issue(holder: Holder, made: Badge, link: str, pdf: str) -> tuple[Holder, Issued]:
    """The badge exists, once for each registration and generation."""
    told = Issued(
        registration=made.registration,
        edition=made.edition,
        generation=made.generation,
        code=made.code,
        link=link,
        pdf=pdf,
    )
    return replace(holder, told=holder.told + 1, due=False), told


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
    )
    if badge is None or holder is None:
        return replace(answer, result=Result.UNKNOWN), badge, holder, []
    if badge.state == "revoked":
        return replace(answer, result=Result.REVOKED), badge, holder, []
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
