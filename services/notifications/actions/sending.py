"""One attempt to send a mail: taken before anything leaves, settled afterwards, found again when its sender died."""

from dataclasses import dataclass

from services.notifications.actions.keeping import keep
from services.notifications.domain import attempts, mails, reviews
from services.notifications.domain.attempts import Outcome
from services.notifications.domain.callings import name_of
from services.notifications.domain.deliveries import TELLS_TIMETABLE, WELCOMES, Delivery, State, Template
from services.notifications.domain.letters import Content
from services.notifications.domain.mails import Known
from services.notifications.domain.reviews import Programme
from services.notifications.domain.staleness import NOBODY_LEFT
from services.notifications.domain.told import NOTHING_TOLD, Mention, Told
from services.notifications.store import (
    CONTENTS,
    DELIVERIES,
    Store,
    content_document,
    correspondence,
    of_recipient,
    reads,
    registrations_of,
)
from shared import tombstones
from shared.store import Unit, by, by_id


@dataclass(frozen=True)
class Errand:
    """A delivery taken, with what it speaks of.

    `told` is what its reader was told of their timetable last. `alone`: nobody else's calendar of the same edition
    is in the mailbox: somebody who registered twelve people with one address keeps the sessions of the other eleven.
    `registrations` are the names and links of those that a lost link is sent for, `named` their ids.
    """

    delivery: Delivery
    known: Known
    told: Told = NOTHING_TOLD
    alone: bool = True
    registrations: tuple[tuple[str, str], ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """A mail put into words, what its reader will have been told of their timetable, and whom else it names."""

    content: Content
    said: tuple[Mention, ...] = ()
    named: tuple[str, ...] = ()


async def take(store: Store, delivery: Delivery, sender: str, programme: Programme) -> Errand | None:
    """Mark the delivery as being sent by `sender`; None when it is not due any more, or no longer true."""
    address = delivery.recipient.casefold()

    def decide(unit: Unit) -> Errand | None:
        before = correspondence(unit, delivery.registration)
        if delivery.id not in before.deliveries:  # forgotten since it was found to be due
            return None
        after = reviews.claimed(before, delivery.id, programme, sender=sender, now=unit.now)
        people: tuple[Known, ...] = ()
        if delivery.template is Template.LOST_LINK:
            people = tuple(registrations_of(unit, address, delivery.edition))
            if after != before and not people:
                after = mails.dropped(before, delivery.id, NOBODY_LEFT, now=unit.now)
        keep(unit, before, after)
        taken = after.deliveries[delivery.id]
        if after == before or taken.state is not State.SENDING or after.known is None:
            return None
        told = after.told_of(taken.generation)
        registrations = tuple((name_of(one.fact.person), one.fact.manage_url) for one in people)
        named = tuple(one.fact.registration for one in people)
        return Errand(taken, after.known, told, _is_alone(unit, taken, after.known), registrations, named)

    mailbox = (by(DELIVERIES, "recipient", delivery.recipient),) if delivery.template in _TAKES_OUT else ()
    return await store.commit(decide, *reads(delivery.registration), *mailbox, patient=True)


def _is_alone(unit: Unit, delivery: Delivery, known: Known) -> bool:
    """Whether no calendar but this one is in the mailbox. After a transfer within a mailbox, the new one is."""
    if delivery.template not in _TAKES_OUT:
        return True
    if delivery.template is Template.TRANSFER_GIVEN and known.fact.person.email == delivery.recipient:
        return False
    mailbox = of_recipient(unit, delivery.recipient, delivery.edition)
    arrived = {one.holder for one in mailbox if one.template in TELLS_TIMETABLE and one.may_have_arrived}
    over = {one.holder for one in mailbox if one.template in _ENDS}
    return not arrived - over - {(delivery.registration, delivery.generation)}


_ENDS = frozenset({Template.CANCELLATION, Template.TRANSFER_GIVEN, Template.ERASED})
_TAKES_OUT = _ENDS | TELLS_TIMETABLE - WELCOMES
"""Mails whose calendar may take something out of the mailbox; a first mail only puts in."""


async def settle(store: Store, delivery: Delivery, outcome: Outcome, written: Written | None, sender: str) -> None:
    """Write down how an attempt ended, what was sent, and what its reader knows by it.

    The words of an attempt that no longer counts are not kept, nor words that name somebody who was forgotten: whoever
    erases has looked for them before, and does not come again.
    """
    said, named = (written.said, written.named) if written else ((), ())

    def decide(unit: Unit) -> None:
        before = correspondence(unit, delivery.registration)
        after = mails.settled(before, delivery.id, outcome, sender=sender, now=unit.now, said=said)
        keep(unit, before, after)
        if written and after != before and not any(unit.get(tombstones.COLLECTION, one) for one in named):
            unit.put(CONTENTS, content_document(delivery.id, written.content))

    marks = by_id(CONTENTS, delivery.id), by_id(tombstones.COLLECTION, *named)
    await store.commit(decide, *reads(delivery.registration), *marks, patient=True)


async def set_right(store: Store, delivery: Delivery) -> None:
    """Let a delivery that a clock ahead of ours has put off leave when it should."""

    def decide(unit: Unit) -> None:
        before = correspondence(unit, delivery.registration)
        keep(unit, before, before.with_delivery(attempts.set_right(before.deliveries[delivery.id], unit.now)))

    await store.commit(decide, *reads(delivery.registration), patient=True)


async def adopt(store: Store, delivery: Delivery) -> None:
    """Take over a delivery whose sender is gone."""

    def decide(unit: Unit) -> None:
        before = correspondence(unit, delivery.registration)
        keep(unit, before, mails.abandoned(before, delivery.id, sender=delivery.sender, now=unit.now))

    await store.commit(decide, *reads(delivery.registration), patient=True)
