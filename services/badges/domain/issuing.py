"""Who has a badge: which facts make one fall due, be drawn again, or be void."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from shared.errors import Refusal
from shared.events.badges import Issued, Revoked
from shared.events.base import Text


class Reason(StrEnum):
    """Why a badge no longer opens the door."""

    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"
    UNCONFIRMED = "unconfirmed"
    """The registration waits again for a place or an approval."""
    ERASED = "erased"
    """The person asked to be forgotten."""
    REPLACED = "replaced"
    """What transfers were called before they had a word of their own."""


class BadgeWithdrawn(Refusal):
    """The link is ours, but its badge was revoked."""

    code = "badge-withdrawn"
    status = 410
    text = "Ce badge n’est plus valable."


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
    """A badge of this generation is still to be made, or drawn again."""
    link: str = ""
    """The digest of their manage link, by which they may ask for what is held about them."""

    @property
    def name(self) -> str:
        """Both names, or the one there is."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def face(self) -> tuple[object, ...]:
        """What of the person stands on their badge; its words are in their language."""
        return (
            *(self.given_name, self.family_name, self.function, self.language, self.image),
            *(self.organisation, self.country, self.country_name, self.category, self.category_label),
        )


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
    """When it was drawn last."""
    reason: Reason | None = None
    revoked_at: datetime | None = None
    entries: tuple[Entry, ...] = field(default=())
    name: str = ""
    """Whose name is printed on it, which outlives a handing over; empty where nobody here knows."""

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


def project(known: Holder | None, told: Holder) -> Holder | None:
    """The holder after this fact, or None when a newer fact is known already.

    A badge falls due whenever a place is confirmed, whatever came before, for a generation that has none yet, and
    again whenever what stands on it changes; anything but a confirmed place settles it, so a cancellation that
    overtakes its confirmation leaves nothing to issue.
    """
    if known is not None and told.sequence <= known.sequence:
        return None
    fresh = known is None or known.status != "confirmed" or told.generation > known.generation
    due = told.status == "confirmed" and (fresh or (known is not None and (known.due or told.face != known.face)))
    return replace(told, told=known.told if known else 0, due=due)


def to_withdraw(holder: Holder, badges: Sequence[Badge]) -> list[tuple[Badge, Reason]]:
    """The active badges that this holder's newest fact makes void."""
    active = [badge for badge in badges if badge.state == "active"]
    passed = [(badge, Reason.TRANSFERRED) for badge in active if badge.generation < holder.generation]
    if holder.status == "confirmed":
        return passed
    void = Reason.CANCELLED if holder.status in {"cancelled", "refused"} else Reason.UNCONFIRMED
    return passed + [(badge, void) for badge in active if badge.generation >= holder.generation]


def revoke(holder: Holder, badge: Badge, reason: Reason, now: datetime) -> tuple[Holder, Badge, Revoked]:
    """The badge no longer opens the door."""
    told = Revoked(
        registration=badge.registration, edition=badge.edition, generation=badge.generation, reason=reason.value
    )
    withdrawn = replace(badge, state="revoked", reason=reason, revoked_at=now)
    return replace(holder, told=holder.told + 1), withdrawn, told


def named(badge: Badge, former: Holder | None) -> Badge:
    """With the name that is printed on it, where an older version kept none: that of its holder until now."""
    if badge.name or former is None or former.generation != badge.generation:
        return badge
    return replace(badge, name=former.name)


def issue(holder: Holder, known: Badge | None, made: Badge, link: str, pdf: str) -> tuple[Holder, Badge, Issued]:
    """The badge exists, once for each registration and generation, or is drawn again: the same, with its entries."""
    told = Issued(
        registration=made.registration,
        edition=made.edition,
        generation=made.generation,
        code=made.code,
        link=link,
        pdf=pdf,
        drawn_from=holder.sequence,
    )
    drawn = replace(made, entries=known.entries) if known else made
    return replace(holder, told=holder.told + 1, due=False), drawn, told


def passed_on(made: Badge) -> Badge:
    """A badge of a generation that is over and that nobody here has seen, as after a loss of the database.

    It may be in somebody's hands all the same: the door must know what became of it.
    """
    return replace(made, state="revoked", reason=Reason.TRANSFERRED, revoked_at=made.issued_at)


def forgotten(badge: Badge, now: datetime) -> Badge:
    """What stays of the badge of somebody erased: enough for the door to refuse it. Its code is nobody's."""
    nameless = replace(badge, code=f"-{badge.id}", name="", entries=(), reason=Reason.ERASED)
    return nameless if badge.state == "revoked" else replace(nameless, state="revoked", revoked_at=now)
