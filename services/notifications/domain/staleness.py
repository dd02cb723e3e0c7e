"""When a mail that has not left is no longer true: it is dropped, and the reason is kept.

One rule for each template. A mail that only says what happened (a cancellation, a transfer given) is never stale.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.notifications.domain.deliveries import Delivery, Template
from services.notifications.domain.told import Told
from shared.events.registration import RegistrationFact

CANCELLED_MEANWHILE = "cancelled-meanwhile"
TRANSFERRED_MEANWHILE = "transferred-meanwhile"
DECIDED_MEANWHILE = "decided-meanwhile"
"""What was waiting for a decision has got one."""
OFFER_OVER = "offer-over"
"""The place was accepted, declined, or the time to answer has passed."""
ALREADY_TOLD = "already-told"
"""Another mail, made from the same state or a newer one, said it."""
SAME_AGAIN = "same-again"
"""What had changed was changed back."""
READDRESSED = "readdressed"
"""The person has another address now: the mail leaves for that one."""
NOBODY_LEFT = "nobody-left"
"""No registration of this address is left to send a link for."""
ERASED = "erased"
"""The person is forgotten: only the mail that says so is still to leave."""
TOO_LATE = "too-late"
"""What a reminder speaks of has begun."""
SESSION_MOVED = "session-moved"
"""The session of a reminder is cancelled, or on another day."""


@dataclass(frozen=True)
class Situation:
    """What a mail is held against: the registration's newest state, and what its holder was told."""

    fact: RegistrationFact
    cancelled: bool
    told: Told
    now: datetime
    erased: bool = False


def staleness(delivery: Delivery, situation: Situation) -> str:
    """Why this mail should not leave any more; empty while it should."""
    if situation.erased:
        return _farewell(delivery, situation)
    if delivery.template in _ALWAYS_TRUE or _ends_with_the_registration(delivery):
        return ""
    if situation.cancelled:
        return CANCELLED_MEANWHILE
    if situation.fact.generation > delivery.generation:
        return TRANSFERRED_MEANWHILE
    rule = _RULES.get(delivery.template)
    return rule(delivery, situation) if rule else ""


def _farewell(delivery: Delivery, situation: Situation) -> str:
    """Its address is kept only until it left, or until that took too long."""
    if delivery.template is not Template.ERASED:
        return ERASED
    until = delivery.about.until
    return TOO_LATE if until and situation.now >= until else ""


def _undecided(*statuses: str) -> Callable[[Delivery, Situation], str]:
    def rule(_delivery: Delivery, situation: Situation) -> str:
        return "" if situation.fact.status in statuses else DECIDED_MEANWHILE

    return rule


def _offer(delivery: Delivery, situation: Situation) -> str:
    until, fact = delivery.about.until, situation.fact
    if until and situation.now >= until:
        return OFFER_OVER
    if not delivery.about.session:
        stands = fact.status == "offered" and fact.offered_until == until
    else:
        stands = any(wish.session == delivery.about.session and wish.offered_until == until for wish in fact.waiting)
    return "" if stands else OFFER_OVER


def _lost_offer(delivery: Delivery, situation: Situation) -> str:
    has_it = any(place.session == delivery.about.session for place in situation.fact.enrolments)
    return DECIDED_MEANWHILE if has_it else ""


def _reminder(delivery: Delivery, situation: Situation) -> str:
    about, fact = delivery.about, situation.fact
    if about.until and situation.now >= about.until:
        return TOO_LATE
    has_place = not about.session or any(place.session == about.session for place in fact.enrolments)
    return "" if has_place and fact.status == "confirmed" else DECIDED_MEANWHILE


def _ends_with_the_registration(delivery: Delivery) -> bool:
    """Whether what was lost is the place at the edition: the registration is cancelled by it."""
    return delivery.template is Template.OFFER_EXPIRED and not delivery.about.session


def _already_told(delivery: Delivery, situation: Situation) -> str:
    return ALREADY_TOLD if situation.told.sequence >= delivery.sequence else ""


_ALWAYS_TRUE = frozenset({Template.CANCELLATION, Template.TRANSFER_GIVEN, Template.ADDRESS_CHANGED, Template.LOST_LINK})

_RULES: Mapping[Template, Callable[[Delivery, Situation], str]] = {
    Template.SUBMITTED: _undecided("pending"),
    Template.WAITLISTED: _undecided("waitlisted"),
    Template.REFUSED: _undecided("refused"),
    Template.OFFERED: _offer,
    Template.OFFER_EXPIRED: _lost_offer,
    Template.SESSIONS_CHANGED: _already_told,
    Template.REMINDER_EDITION: _reminder,
    Template.REMINDER_SESSION: _reminder,
}
