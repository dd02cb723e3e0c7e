"""Attempts to send one mail: how it leaves, how that may end, and when it is tried again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifications.domain.deliveries import BRINGS_BADGE, DOUBTS, Delivery, State
from shared.errors import Refusal


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

INTERRUPTION = timedelta(seconds=2)
"""The mail server is probed anyway; this keeps a message from being tried without pause."""

HANG_UPS = 5
"""Times the mail server may hang up on one message before that counts as a refusal for now. The pause doubles."""


class NotRetryable(Refusal):
    """Only what was refused, is waiting, or has an unknown outcome can be sent again."""

    code = "not-retryable"
    status = 409
    text = "Ce message est parti ou va partir : il n’y a rien à renvoyer."


def claim(delivery: Delivery, *, sender: str, badge: bool, release: int, now: datetime) -> Delivery:
    """The delivery as it leaves: stored before anything is handed over, so that a crash leaves a trace.

    A mail says at every attempt whether the badge is there, and what the newest release says, unless a copy may
    have arrived: then it says the same again, or the person's mail program would take the better one for the copy.
    What a copy said that left since a backup is not known: `made_at` is 0, and the mail is written as a first one.
    """
    taken = replace(delivery, state=State.SENDING, due=None, sender=sender, changed=now, reason="")
    if delivery.doubts and delivery.made_at:
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


def retry(delivery: Delivery, *, stale: bool, now: datetime) -> Delivery:
    """Another attempt at once, because a person asked for it; the schedule starts anew."""
    if not delivery.retryable or stale:
        raise NotRetryable
    return replace(delivery, state=_before(replace(delivery, attempts=0)), due=now, changed=now, attempts=0, hang_ups=0)
