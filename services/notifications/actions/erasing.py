"""Somebody is forgotten: nothing leaves for them any more but one last mail, then all that is known of them goes."""

from datetime import datetime, timedelta

from services.notifications.actions.keeping import keep
from services.notifications.domain import occasions
from services.notifications.domain.deliveries import State
from services.notifications.store import Store, correspondence, reads
from shared import tombstones
from shared.clock import now
from shared.erasures import Erasing
from shared.events import Envelope
from shared.events.notifications import ErasedHere
from shared.events.registration import Erased
from shared.store import Document, Unit, by_id

PATIENCE = timedelta(hours=24)
"""How long an address is kept for the mail that says the erasure, when the mail server does not take it."""


async def erase(store: Store, envelope: Envelope, fact: Erased) -> None:
    """Begin to forget the person. Somebody never heard of leaves a tombstone too: older facts may still arrive."""

    def decide(unit: Unit) -> None:
        if unit.get(tombstones.COLLECTION, fact.registration):
            return
        before = correspondence(unit, fact.registration)
        until = unit.now + PATIENCE
        keep(unit, before, occasions.erased(before, tell=fact.actor != "system", until=until, now=unit.now))
        stone = tombstones.tombstone(fact.registration, fact.edition, fact.at, until=until)
        unit.put(tombstones.COLLECTION, stone)

    mark = by_id(tombstones.COLLECTION, fact.registration)
    await store.consume(envelope, decide, mark, *reads(fact.registration), of_erased=True)


def erasing(store: Store) -> Erasing:
    """The step of a loop that finishes it, once the last mail has left or may no longer."""

    async def sweep(tombstone: Document) -> bool:
        mails = await store.of_person(tombstone["_id"])
        if any(one.state is State.SENDING for one in mails):
            return False
        if any(one.due is not None for one in mails) and now() < tombstone["until"]:
            return False
        await store.forget(tombstone["_id"], mails)
        return True

    return Erasing(store, sweep, _told)


def _told(tombstone: Document, at: datetime) -> tuple[ErasedHere, int]:
    return ErasedHere(registration=tombstone["_id"], edition=tombstone["edition"], at=at), 1
