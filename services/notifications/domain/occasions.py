"""Which mails a registration's facts call for, whatever the order they arrive in.

Two ways to the badge, and each person takes exactly one: the confirmation carries it, or it left without (the
badge was not there in time) and a second mail brings it once the confirmation is known to have left.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.notifications.domain import deliveries
from services.notifications.domain.deliveries import Delivery, Outcome, State, Template
from shared.events.registration import Cancelled, Confirmed, RegistrationFact


@dataclass(frozen=True)
class Known:
    """What is known of one registration: its newest state, and whether it was cancelled."""

    fact: RegistrationFact
    sequence: int
    cancelled: bool = False


@dataclass(frozen=True)
class Correspondence:
    """Everything about one registration's mail: what is known, which badges (generations) are here, the deliveries."""

    known: Known | None = None
    badges: frozenset[int] = frozenset()
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)

    @property
    def cancelled(self) -> bool:
        """Whether the registration was cancelled, however late its other facts arrive."""
        return bool(self.known and self.known.cancelled)

    def with_delivery(self, delivery: Delivery) -> "Correspondence":
        """The same with this delivery new or changed."""
        return replace(self, deliveries={**self.deliveries, delivery.id: delivery})


def confirmed(
    mail: Correspondence, fact: Confirmed, sequence: int, *, now: datetime, patience: timedelta
) -> Correspondence:
    """A person has a place: the confirmation leaves with the badge, or after `patience` without."""
    mail = replace(mail, known=_learn(mail.known, fact, sequence))
    delivery = _queued(fact, Template.CONFIRMATION, "confirmed", now)
    if delivery.id not in mail.deliveries:
        badge = fact.generation in mail.badges
        mail = mail.with_delivery(delivery if badge else replace(delivery, due=now + patience))
    return _follow(mail, now)


def cancelled(mail: Correspondence, fact: Cancelled, sequence: int, *, now: datetime) -> Correspondence:
    """A person no longer comes: one short mail says so, and what has not left is dropped."""
    mail = replace(mail, known=_learn(mail.known, fact, sequence))
    delivery = _queued(fact, Template.CANCELLATION, "cancelled", now)
    if delivery.id not in mail.deliveries:
        mail = mail.with_delivery(delivery)
    return _follow(mail, now)


def issued(mail: Correspondence, generation: int, *, now: datetime) -> Correspondence:
    """A badge exists: the confirmation that waited for it leaves now, or a second mail brings it."""
    mail = replace(mail, badges=mail.badges | {generation})
    for delivery in mail.deliveries.values():
        if delivery.template is Template.CONFIRMATION and delivery.generation == generation and _waits(delivery, now):
            mail = mail.with_delivery(replace(delivery, due=now))
    return _follow(mail, now)


def claimed(mail: Correspondence, id: str, *, sender: str, now: datetime) -> Correspondence:
    """`sender` takes a delivery that is due. Taken or changed by somebody meanwhile: nothing changes."""
    delivery = mail.deliveries[id]
    if delivery.due is None or delivery.due > now:
        return mail
    badge = delivery.generation in mail.badges
    return mail.with_delivery(deliveries.claim(delivery, sender=sender, badge=badge, cancelled=mail.cancelled, now=now))


def settled(mail: Correspondence, id: str, outcome: Outcome, *, sender: str, now: datetime) -> Correspondence:
    """An attempt ended. Once somebody else has taken the delivery over, theirs is the attempt that counts."""
    delivery = mail.deliveries[id]
    if not (delivery.state is State.SENDING and delivery.sender == sender):
        return mail
    return _follow(mail.with_delivery(deliveries.settle(delivery, outcome, cancelled=mail.cancelled, now=now)), now)


def abandoned(mail: Correspondence, id: str, *, sender: str, now: datetime) -> Correspondence:
    """The process that was sending died: the delivery leaves again, flagged."""
    delivery = mail.deliveries[id]
    if not (delivery.state is State.SENDING and delivery.sender == sender):
        return mail
    return _follow(mail.with_delivery(deliveries.abandoned(delivery, now)), now)


def retried(mail: Correspondence, id: str, *, now: datetime) -> Correspondence:
    """A person asks for another attempt; raises `NotRetryable`."""
    return mail.with_delivery(deliveries.retry(mail.deliveries[id], cancelled=mail.cancelled, now=now))


def _learn(known: Known | None, fact: RegistrationFact, sequence: int) -> Known:
    """The newest sequence wins. A cancellation is final, so it counts however late it comes."""
    over = isinstance(fact, Cancelled) or bool(known and known.cancelled)
    if known is None or sequence > known.sequence:
        return Known(fact, sequence, over)
    return replace(known, cancelled=over)


def _waits(delivery: Delivery, now: datetime) -> bool:
    return delivery.state is State.QUEUED and delivery.due is not None and delivery.due > now


def _follow(mail: Correspondence, now: datetime) -> Correspondence:
    """What any change entails: badges that are still owed, and mails that are no longer true."""
    for delivery in [*mail.deliveries.values()]:
        ready = _badge_ready(delivery, now)
        if ready and delivery.generation in mail.badges and ready.id not in mail.deliveries:
            mail = mail.with_delivery(ready)
    if mail.cancelled:
        for delivery in [*mail.deliveries.values()]:
            if delivery.due is not None and deliveries.is_stale(delivery, cancelled=True):
                mail = mail.with_delivery(deliveries.give_up(delivery, now))
    return mail


def _badge_ready(confirmation: Delivery, now: datetime) -> Delivery | None:
    """The mail owed once there is a badge, if this is a confirmation that left without; else None."""
    if not confirmation.told or confirmation.with_badge is not False:
        return None
    cause = _cause(confirmation.registration, "issued", confirmation.generation)
    return Delivery(
        id=deliveries.delivery_id(cause, confirmation.recipient, Template.BADGE_READY),
        registration=confirmation.registration,
        edition=confirmation.edition,
        generation=confirmation.generation,
        template=Template.BADGE_READY,
        cause=cause,
        recipient=confirmation.recipient,
        language=confirmation.language,
        name=confirmation.name,
        release=confirmation.release,
        state=State.QUEUED,
        due=now,
        created=now,
        changed=now,
    )


def _queued(fact: RegistrationFact, template: Template, what: str, now: datetime) -> Delivery:
    cause = _cause(fact.registration, what, fact.generation)
    return Delivery(
        id=deliveries.delivery_id(cause, fact.person.email, template),
        registration=fact.registration,
        edition=fact.edition,
        generation=fact.generation,
        template=template,
        cause=cause,
        recipient=fact.person.email,
        language=fact.person.language,
        name=f"{fact.person.given_name} {fact.person.family_name}".strip(),
        release=fact.release,
        state=State.QUEUED,
        due=now,
        created=now,
        changed=now,
    )


def _cause(registration: str, what: str, generation: int) -> str:
    """What calls for a mail, made of stable identifiers: the same fact replayed is the same cause."""
    return f"{registration}/{what}/{generation}"


def changes(before: Correspondence, after: Correspondence) -> Iterable[Delivery]:
    """The deliveries that are new or different."""
    return [one for one in after.deliveries.values() if before.deliveries.get(one.id) != one]
