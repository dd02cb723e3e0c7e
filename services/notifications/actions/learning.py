"""What is learnt from the other services' facts, and the mails they call for."""

from datetime import timedelta

from services.notifications.actions.keeping import keep
from services.notifications.actions.reminding import furnish
from services.notifications.domain import mails
from services.notifications.store import (
    BADGE_FILES,
    BADGES,
    EDITIONS,
    PROGRAMMES,
    RELEASES,
    Store,
    badge_id,
    correspondence,
    reads,
    release_id,
)
from services.notifications.store.reminders import FURNISHED
from shared.events import Envelope
from shared.events.badges import Issued
from shared.events.programme import EditionChanged, Released
from shared.events.registration import RegistrationFact
from shared.store import Unit, by_id


async def registration(store: Store, envelope: Envelope, fact: RegistrationFact, patience: timedelta) -> None:
    """Something happened to a registration: queue the mails it calls for, drop what is no longer true."""

    def decide(unit: Unit) -> None:
        before = correspondence(unit, fact.registration)
        keep(unit, before, mails.learnt(before, fact, envelope.sequence, now=unit.now, patience=patience))

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
        keep(unit, before, mails.issued(before, fact.generation, now=unit.now, drawn_from=fact.drawn_from))

    await store.consume(envelope, decide, *reads(fact.registration), by_id(BADGES, id), by_id(BADGE_FILES, id))


async def edition_changed(store: Store, envelope: Envelope, fact: EditionChanged) -> None:
    """What every mail says about the edition. A new one gets the reminders an edition begins with."""

    def decide(unit: Unit) -> None:
        known = unit.get(EDITIONS, fact.edition)
        if known is None or known["sequence"] < envelope.sequence:
            body = fact.model_dump(mode="json")
            unit.put(EDITIONS, {"_id": fact.edition, "sequence": envelope.sequence, "fact": body})
        furnish(unit, fact.edition)

    await store.consume(envelope, decide, by_id(EDITIONS, fact.edition), by_id(FURNISHED, fact.edition))


async def released(store: Store, envelope: Envelope, fact: Released) -> None:
    """When and where the sessions are. Every release is kept: people were told of the older ones.

    One that comes late may be what somebody's page showed: only now can it be said what has changed for them since.
    """
    id = release_id(fact.edition, fact.release)

    def decide(unit: Unit) -> None:
        body = fact.model_dump(mode="json")
        known = unit.get(PROGRAMMES, fact.edition)
        if known is None or known["sequence"] < envelope.sequence:
            unit.put(PROGRAMMES, {"_id": fact.edition, "sequence": envelope.sequence, "fact": body})
        if unit.get(RELEASES, id) is None:
            unit.put(RELEASES, {"_id": id, "edition": fact.edition, "release": fact.release, "fact": body})

    await store.consume(envelope, decide, by_id(PROGRAMMES, fact.edition), by_id(RELEASES, id))
    await store.look_again(fact.edition, fact.release)
