"""Taking in what the other services tell."""

from typing import Any

from services.registration import store as kept
from services.registration.store import Store, documents
from shared.events import Envelope
from shared.events.badges import Issued, Revoked
from shared.events.programme import EditionChanged, Released
from shared.store import Unit, by_id


async def project_edition(store: Store, envelope: Envelope, fact: EditionChanged) -> None:
    """Keep the newest identity of an edition."""

    def decide(unit: Unit) -> None:
        if _is_newer(unit, kept.IDENTITIES, fact.edition, envelope):
            before = unit.get(kept.IDENTITIES, fact.edition)
            unit.put(kept.IDENTITIES, documents.identity_document(before, fact, envelope.sequence, unit.now))
            _witness(unit, fact.edition)

    await store.consume(envelope, decide, by_id(kept.IDENTITIES, fact.edition), by_id(kept.PLACES, fact.edition))
    store.pages.forget()


async def project_release(store: Store, envelope: Envelope, fact: Released) -> None:
    """Keep the newest released programme, and tell the places of its sessions."""

    def decide(unit: Unit) -> None:
        if _is_newer(unit, kept.RELEASES, fact.edition, envelope):
            unit.put(kept.RELEASES, documents.projection_document(fact.edition, fact, envelope.sequence))
            _witness(unit, fact.edition)

    await store.consume(envelope, decide, by_id(kept.RELEASES, fact.edition), by_id(kept.PLACES, fact.edition))
    store.pages.forget()


async def project_badge(store: Store, envelope: Envelope, fact: Issued | Revoked) -> None:
    """Keep what is newest about a badge: where it is, or that it no longer opens the door."""

    def decide(unit: Unit) -> None:
        if not _is_newer(unit, kept.BADGES, fact.registration, envelope):
            return
        if isinstance(fact, Issued):
            unit.put(kept.BADGES, documents.badge_document(fact, envelope.sequence))
        else:
            before = unit.get(kept.BADGES, fact.registration)
            document = documents.revoked_document(before, fact, envelope.sequence)
            unit.put(kept.BADGES, document)

    await store.consume(envelope, decide, by_id(kept.BADGES, fact.registration))


def _witness(unit: Unit, edition: str) -> None:
    """Write the places as they are: who remembers the edition sees by them that it has changed; and they are told."""
    places = documents.places(unit.get(kept.PLACES, edition), edition)
    unit.put(kept.PLACES, documents.places_document(places))


def _is_newer(unit: Unit, collection: str, id: str, envelope: Envelope) -> bool:
    document: Any = unit.get(collection, id)
    return document is None or bool(document["sequence"] < envelope.sequence)
