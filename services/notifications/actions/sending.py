"""One attempt to send a mail: taken before anything leaves, settled afterwards, found again when its sender died."""

from dataclasses import dataclass

from services.notifications.actions.keeping import keep
from services.notifications.domain import occasions
from services.notifications.domain.deliveries import Delivery, Outcome, State, Template
from services.notifications.domain.letters import Content
from services.notifications.domain.occasions import Known
from services.notifications.store import CONTENTS, Store, content_document, correspondence, of_recipient, reads
from shared.store import Unit, by_id


@dataclass(frozen=True)
class Errand:
    """A delivery taken, with what it speaks of.

    `clears`: this person's calendar may be in the mailbox, and nobody else's of the same edition is. Somebody who
    registered twelve people with one address keeps the sessions of the other eleven.
    """

    delivery: Delivery
    known: Known
    clears: bool


async def take(store: Store, delivery: Delivery, sender: str) -> Errand | None:
    """Mark the delivery as being sent by `sender`; None when it is not due any more, or no longer true."""

    def decide(unit: Unit) -> Errand | None:
        before = correspondence(unit, delivery.registration)
        after = occasions.claimed(before, delivery.id, sender=sender, now=unit.now)
        keep(unit, before, after)
        taken = after.deliveries[delivery.id]
        if after == before or taken.state is not State.SENDING or after.known is None:
            return None
        clears = taken.template is Template.CANCELLATION and _clears(unit, taken)
        return Errand(taken, after.known, clears)

    return await store.commit(decide, *reads(delivery.registration), patient=True)


def _clears(unit: Unit, cancellation: Delivery) -> bool:
    mailbox = of_recipient(unit, cancellation.recipient, cancellation.edition)
    arrived = {one.registration for one in mailbox if one.template is Template.CONFIRMATION and one.may_have_arrived}
    over = {one.registration for one in mailbox if one.template is Template.CANCELLATION}
    return cancellation.registration in arrived and not arrived - over


async def settle(store: Store, delivery: Delivery, outcome: Outcome, content: Content | None, sender: str) -> None:
    """Write down how an attempt ended, and what was sent."""

    def decide(unit: Unit) -> None:
        before = correspondence(unit, delivery.registration)
        keep(unit, before, occasions.settled(before, delivery.id, outcome, sender=sender, now=unit.now))
        if content:
            unit.put(CONTENTS, content_document(delivery.id, content))

    await store.commit(decide, *reads(delivery.registration), by_id(CONTENTS, delivery.id), patient=True)


async def adopt(store: Store, delivery: Delivery) -> None:
    """Take over a delivery whose sender is gone."""

    def decide(unit: Unit) -> None:
        before = correspondence(unit, delivery.registration)
        keep(unit, before, occasions.abandoned(before, delivery.id, sender=delivery.sender, now=unit.now))

    await store.commit(decide, *reads(delivery.registration), patient=True)
