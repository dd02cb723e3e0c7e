"""What is learnt from the other services' facts, and the mails they call for."""

from datetime import timedelta

from services.notifications.actions.keeping import keep
from services.notifications.domain import occasions
from services.notifications.store import (
    BADGE_FILES,
    BADGES,
    EDITIONS,
    PROGRAMMES,
    Store,
    badge_id,
    correspondence,
    reads,
)
from shared.events import Envelope, Fact
from shared.events.badges import Issued
from shared.events.programme import EditionChanged, Released
from shared.events.registration import Cancelled, Confirmed
from shared.store import Unit, by_id


async def confirmed(store: Store, envelope: Envelope, fact: Confirmed, patience: timedelta) -> None:
    """A person has a place: queue the confirmation."""

    def decide(unit: Unit) -> None:
        before = correspondence(unit, fact.registration)
        after = occasions.confirmed(before, fact, envelope.sequence, now=unit.now, patience=patience)
        keep(unit, before, after)

    await store.consume(envelope, decide, *reads(fact.registration))


async def cancelled(store: Store, envelope: Envelope, fact: Cancelled) -> None:
    """A person no longer comes: queue the short mail, drop what has not left."""

    def decide(unit: Unit) -> None:
        before = correspondence(unit, fact.registration)
        after = occasions.cancelled(before, fact, envelope.sequence, now=unit.now)
        keep(unit, before, after)

    await store.consume(envelope, decide, *reads(fact.registration))


async def issued(store: Store, envelope: Envelope, fact: Issued) -> None:
    """A badge exists: keep it with its PDF, and let the mail that waited for it leave."""
    id = badge_id(fact.registration, fact.generation)

    def decide(unit: Unit) -> None:
        before = correspondence(unit, fact.registration)
        known = unit.get(BADGES, id)
        if known is None or known["sequence"] < envelope.sequence:
            unit.put(BADGES, {**fact.model_dump(exclude={"pdf"}), "_id": id, "sequence": envelope.sequence})
            unit.put(BADGE_FILES, {"_id": id, "pdf": fact.pdf})
        keep(unit, before, occasions.issued(before, fact.generation, now=unit.now))

    await store.consume(envelope, decide, *reads(fact.registration), by_id(BADGES, id), by_id(BADGE_FILES, id))


async def edition_changed(store: Store, envelope: Envelope, fact: EditionChanged) -> None:
    """What every mail says about the edition."""
    await _project(store, envelope, EDITIONS, fact.edition, fact)


async def released(store: Store, envelope: Envelope, fact: Released) -> None:
    """The titles, hours and rooms of the sessions people chose."""
    await _project(store, envelope, PROGRAMMES, fact.edition, fact)


async def _project(store: Store, envelope: Envelope, collection: str, id: str, fact: Fact) -> None:
    def decide(unit: Unit) -> None:
        known = unit.get(collection, id)
        if known is None or known["sequence"] < envelope.sequence:
            unit.put(collection, {"_id": id, "sequence": envelope.sequence, "fact": fact.model_dump(mode="json")})

    await store.consume(envelope, decide, by_id(collection, id))
