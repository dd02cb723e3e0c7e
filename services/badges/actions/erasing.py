"""Somebody is forgotten: their badges open nothing at once, and what the door said counts without them."""

from datetime import datetime

from services.badges.domain import door, issuing
from services.badges.store import (
    BADGES,
    CHECK_INS,
    HOLDERS,
    Store,
    badge_document,
    check_in_document,
    read_badge,
    read_check_in,
)
from shared import tombstones
from shared.erasures import Erasing
from shared.events import Envelope
from shared.events.badges import ErasedHere
from shared.events.registration import Erased
from shared.store import Document, Unit, by, by_id


async def erase(store: Store, envelope: Envelope, fact: Erased) -> None:
    """Forget the holder. Somebody never heard of leaves a tombstone too: older facts may still arrive."""
    id = fact.registration

    def decide(unit: Unit) -> None:
        if unit.get(tombstones.COLLECTION, id):
            return
        for document in unit.find(BADGES, "registration", id):
            unit.put(BADGES, badge_document(issuing.forgotten(read_badge(document), unit.now)))
        for document in unit.find(CHECK_INS, "registration", id):
            unit.put(CHECK_INS, check_in_document(door.forgotten(read_check_in(document))))
        unit.remove(HOLDERS, id)
        unit.put(tombstones.COLLECTION, tombstones.tombstone(id, fact.edition, fact.at))

    reads = by_id(HOLDERS, id), by(BADGES, "registration", id), by(CHECK_INS, "registration", id)
    await store.consume(envelope, decide, *reads, of_erased=True)


def erasing(store: Store) -> Erasing:
    """The step of a loop that finishes it. What was printed of them is forgotten here: batches hold many people."""

    async def sweep(tombstone: Document) -> bool:
        await store.forget_prints(tombstone["_id"])
        return True

    return Erasing(store, sweep, _told)


def _told(tombstone: Document, at: datetime) -> ErasedHere:
    return ErasedHere(registration=tombstone["_id"], edition=tombstone["edition"], at=at)
