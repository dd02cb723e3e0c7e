"""Somebody is forgotten: nothing leaves for them any more but one last mail, then all that is known of them goes."""

from datetime import datetime, timedelta

from services.notifications.actions.keeping import keep
from services.notifications.domain import mails
from services.notifications.domain.deliveries import Delivery, State
from services.notifications.store import (
    BADGE_FILES,
    BADGES,
    CONTENTS,
    DELIVERIES,
    REGISTRATIONS,
    TOLD,
    Store,
    correspondence,
    reads,
)
from shared import tombstones
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
        keep(unit, before, mails.erased(before, tell=fact.actor != "system", until=until, now=unit.now))
        stone = tombstones.tombstone(fact.registration, fact.edition, fact.at, until=until)
        unit.put(tombstones.COLLECTION, stone)

    mark = by_id(tombstones.COLLECTION, fact.registration)
    await store.consume(envelope, decide, mark, *reads(fact.registration), of_erased=True)


def erasing(store: Store) -> Erasing:
    """The step of a loop that finishes it, once the last mail has left or may no longer."""

    async def sweep(tombstone: Document) -> bool:
        return await _forget(store, tombstone)

    return Erasing(store, sweep, _told)


async def _forget(store: Store, tombstone: Document) -> bool:
    """Remove everything about the person at once, unless a mail has still to come to its end; whether that was done.

    A mail that is taken meanwhile is one that is written, here as there: one of the two decides again, and either the
    mail is waited for or there is none to take.
    """
    id = tombstone["_id"]
    about = await _naming(store, id)
    if any(one.state is State.SENDING for one in about):
        return False

    def decide(unit: Unit) -> bool:
        deliveries = correspondence(unit, id).deliveries.values()
        may_leave = unit.now < tombstone["until"]
        if any(one.state is State.SENDING or (may_leave and one.due is not None) for one in deliveries):
            return False
        for mail in about:
            unit.remove(CONTENTS, mail.id)
        _remove_all(unit, id)
        return True

    return await store.commit(decide, *reads(id), patient=True)


def _remove_all(unit: Unit, id: str) -> None:
    for collection, beside in ((DELIVERIES, CONTENTS), (BADGES, BADGE_FILES), (TOLD, None)):
        for document in unit.find(collection, "registration", id):
            unit.remove(collection, document["_id"])
            if beside:
                unit.remove(beside, document["_id"])
    unit.remove(REGISTRATIONS, id)


async def _naming(store: Store, id: str) -> list[Delivery]:
    """Mails about other registrations that name this one too: those for a lost link name everybody of a mailbox."""
    addresses = {one.recipient.casefold() for one in await store.of_person(id)}
    if known := await store.known(id):
        addresses.add(known.fact.person.email.casefold())
    return [one for one in await store.lost_links(addresses) if one.registration != id]


def _told(tombstone: Document, at: datetime) -> ErasedHere:
    return ErasedHere(registration=tombstone["_id"], edition=tombstone["edition"], at=at)
