"""Erasing: a person is forgotten here at once, and everywhere because a fact says so."""

from typing import Literal

from services.registration import store as kept
from services.registration.actions.telling import address_key, release_address, standing
from services.registration.domain import seats
from services.registration.domain.registrations import Registration
from services.registration.store import Store, documents
from shared import tombstones
from shared.erasures import Erasing
from shared.events import Envelope
from shared.events.badges import ErasedHere as ErasedByBadges
from shared.events.notifications import ErasedHere as ErasedByNotifications
from shared.events.registration import Erased
from shared.store import Document, Unit, by_id

Asker = Literal["person", "staff", "system"]

HELD = (kept.REGISTRATIONS, kept.NEEDS, kept.BADGES)
"""Where a document with the registration's id is about the person."""


async def erase(
    store: Store, id: str, *, asked_by: Asker = "person", generation: int | None = None, actor: str | None = None
) -> bool:
    """Forget a person; whether this did it. Erased before: nothing changes. Raises `NotFound` for an id never known.

    Their places are free as after a cancellation. `Erasing` takes the facts told before out of the outbox, so that no
    replay brings them back. What stays is the tombstone: id, edition, and for statistics category and status.
    `generation` is that of the link used, `actor` staff who did.
    """

    def decide(unit: Unit) -> bool:
        if generation is None and unit.get(tombstones.COLLECTION, id):
            return False
        _forget(store, unit, id, asked_by, generation)
        if actor:
            unit.audit(actor, "registration.erase", id)
        return True

    return await store.commit(decide, by_id(tombstones.COLLECTION, id), *(by_id(one, id) for one in HELD))


def forget_in_time(store: Store, unit: Unit, id: str) -> bool:
    """Forget a person because their time is over; whether this did it."""
    if unit.get(tombstones.COLLECTION, id) or unit.get(kept.REGISTRATIONS, id) is None:
        return False
    _forget(store, unit, id, "system", None)
    return True


def _forget(store: Store, unit: Unit, id: str, asked_by: Asker, generation: int | None) -> None:
    one, house = standing(store, unit, id, "", generation=generation)
    store.keep_house(unit, house, seats.forget((one, house)))
    if one.lives:
        release_address(unit, one)
    address = address_key(one.edition, one.person.email)
    alone = unit.get(kept.ADDRESSES, address) is None
    if alone:  # nobody is left there whose lost link might be asked for
        unit.remove(kept.LOOKUPS, address)
    for collection in HELD:
        unit.remove(collection, id)
    _forget_in_lists(unit, one, alone=alone)
    about = {"category": one.category, "status": one.status, "there": {}}
    unit.put(tombstones.COLLECTION, tombstones.tombstone(id, one.edition, unit.now, **about))
    unit.record(Erased(registration=id, edition=one.edition, at=unit.now, actor=asked_by), one.sequence + 1)


def _forget_in_lists(unit: Unit, one: Registration, *, alone: bool) -> None:
    """Lines of lists that became this registration, that mean it, or that speak of the same person.

    With `alone`, nobody else is registered with the address: whatever a list says of it is about this person too,
    however the name is written there.
    """
    lines = [*unit.find(kept.LINES, "registration", one.id)]
    lines += unit.find(kept.LINES, "who", documents.who(one.edition, one.person))
    if alone:
        lines += unit.find(kept.LINES, "address", documents.address_hash(one.person.email))
    for line in lines:
        unit.remove(kept.LINES, line["_id"])
    for reference in unit.find(kept.REFERENCES, "registration", one.id):
        unit.remove(kept.REFERENCES, reference["_id"])


def erasing(store: Store) -> Erasing:
    """The step of a loop that finishes it: answers to requests, facts told, messages that failed.

    `erased` itself stays in the outbox: after NATS was wiped, everybody is told again.
    """

    async def sweep(tombstone: Document) -> bool:
        await store.forget_answers(tombstone["_id"])
        return True

    return Erasing(store, sweep, spare=(Erased.type(),))


async def erased_there(store: Store, envelope: Envelope, fact: ErasedByBadges | ErasedByNotifications) -> None:
    """Another service holds nothing of the person any more."""

    def decide(unit: Unit) -> None:
        tombstone = unit.get(tombstones.COLLECTION, fact.registration)
        if tombstone:
            there = {**tombstone["there"], fact.publisher: fact.at}
            unit.put(tombstones.COLLECTION, {**tombstone, "there": there})

    reads = by_id(tombstones.COLLECTION, fact.registration)
    await store.consume(envelope, decide, reads, of_erased=True)
