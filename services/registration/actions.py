"""What can be done: register, cancel, set an edition's rules, and take in what the other services tell."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from services.registration import countries
from services.registration import store as kept
from services.registration.domain import registrations as domain
from services.registration.domain.editions import Category, Rules
from services.registration.domain.refusals import KeyReused
from services.registration.domain.registrations import Application, Registration, Status
from services.registration.store import Store, documents
from services.registration.store.store import house_reads
from shared.errors import NotFound
from shared.events import Envelope
from shared.events.badges import Issued, Revoked
from shared.events.programme import EditionChanged, Released
from shared.events.registration import RegistrationFact
from shared.store import Unit, by_id

ManageUrl = Callable[[str, int], str]
"""Makes the absolute manage link of a registration's id and generation."""


@dataclass(frozen=True)
class Key:
    """An idempotency key, hashed, with the fingerprint of the body it came with."""

    id: str
    body: str


@dataclass(frozen=True)
class Answer:
    """What is answered to a registration, now and whenever the same key comes again."""

    id: str
    status: Status
    generation: int


async def register(
    store: Store, application: Application, *, id: str, key: Key | None, manage_url: ManageUrl, staff: bool = False
) -> Answer:
    """Confirm a registration once for each key. `id` is a fresh one; raises the refusal of the first broken rule."""
    address = _address(application.edition, application.person.email)

    def decide(unit: Unit) -> Answer:
        if key and (seen := unit.get(kept.REQUESTS, key.id)):
            if seen["body"] != key.body:
                raise KeyReused
            return Answer(**seen["answer"])
        place = store.house(unit, application.edition)
        sharing = unit.get(kept.ADDRESSES, address)
        shared = bool(sharing and sharing["count"])
        made, places = domain.register(application, place, id=id, now=unit.now, shared=shared, staff=staff)
        unit.add(kept.REGISTRATIONS, documents.registration_document(made))
        if application.needs or application.needs_other:
            needs = {"_id": id, "codes": [*application.needs], "other": application.needs_other}
            unit.add(kept.NEEDS, {**needs, "edition": made.edition})
        unit.put(kept.ADDRESSES, {"_id": address, "count": (sharing["count"] if sharing else 0) + 1})
        unit.put(kept.PLACES, documents.places_document(places))
        category = place.edition.category(made.category, staff=True)
        unit.record(_told(made, category, manage_url(id, made.generation)), made.sequence)
        answer = Answer(id, made.status, made.generation)
        if key:
            unit.put(kept.REQUESTS, {"_id": key.id, "body": key.body, "answer": vars(answer), "at": unit.now})
        return answer

    reads = [*house_reads(application.edition), by_id(kept.ADDRESSES, address)]
    return await store.commit(decide, *reads, *([by_id(kept.REQUESTS, key.id)] if key else []))


async def answered(store: Store, key: Key | None) -> Answer | None:
    """What was answered to this key and body, whatever the rules say since; None if nothing was."""
    if key is None:
        return None

    def decide(unit: Unit) -> Answer | None:
        seen = unit.get(kept.REQUESTS, key.id)
        return Answer(**seen["answer"]) if seen and seen["body"] == key.body else None

    return await store.commit(decide, by_id(kept.REQUESTS, key.id))


async def cancel(
    store: Store, id: str, *, manage_url: ManageUrl, generation: int | None = None, actor: str | None = None
) -> Registration:
    """Cancel a registration and free its places, once. `generation` is that of the link used, `actor` staff who did."""

    def decide(unit: Unit) -> Registration:
        document = unit.get(kept.REGISTRATIONS, id)
        if document is None or generation not in {None, document["generation"]}:
            raise NotFound
        before = documents.registration(document)
        places = documents.places(unit.get(kept.PLACES, before.edition), before.edition)
        after, freed = domain.cancel(before, places, unit.now)
        if after == before:
            return before
        unit.put(kept.REGISTRATIONS, documents.registration_document(after))
        unit.put(kept.PLACES, documents.places_document(freed))
        _release_address(unit, after)
        category = store.category(unit, after.edition, after.category)
        unit.record(_told(after, category, manage_url(id, after.generation)), after.sequence)
        if actor:
            unit.audit(actor, "registration.cancel", id, ["status"])
        return after

    return await store.commit(decide, by_id(kept.REGISTRATIONS, id))


async def set_rules(store: Store, rules: Rules, *, actor: str) -> None:
    """Save categories, quotas and opening dates; the places are told again, since quotas are part of them."""

    def decide(unit: Unit) -> None:
        document = unit.get(kept.EDITIONS, rules.id)
        before = vars(store.parse.rules(document)) if document else {}
        changed = [name for name, value in vars(rules).items() if name not in before or before[name] != value]
        if not changed:
            return
        unit.put(kept.EDITIONS, documents.rules_document(rules))
        unit.put(kept.PLACES, documents.places_document(documents.places(unit.get(kept.PLACES, rules.id), rules.id)))
        unit.audit(actor, "edition.set-rules", rules.id, changed)

    await store.commit(decide, by_id(kept.EDITIONS, rules.id), by_id(kept.PLACES, rules.id))
    store.pages.forget()


async def project_edition(store: Store, envelope: Envelope, fact: EditionChanged) -> None:
    """Keep the newest identity of an edition."""

    def decide(unit: Unit) -> None:
        if _is_newer(unit, kept.IDENTITIES, fact.edition, envelope):
            document = documents.projection_document(fact.edition, fact, envelope.sequence)
            unit.put(kept.IDENTITIES, document)

    await store.consume(envelope, decide, by_id(kept.IDENTITIES, fact.edition))
    store.pages.forget()


async def project_release(store: Store, envelope: Envelope, fact: Released) -> None:
    """Keep the newest released programme, and tell the places of its sessions."""

    def decide(unit: Unit) -> None:
        if _is_newer(unit, kept.RELEASES, fact.edition, envelope):
            unit.put(kept.RELEASES, documents.projection_document(fact.edition, fact, envelope.sequence))
            places = documents.places(unit.get(kept.PLACES, fact.edition), fact.edition)
            unit.put(kept.PLACES, documents.places_document(places))

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


def _told(registration: Registration, category: Category | None, manage_url: str) -> RegistrationFact:
    country_name = countries.in_every_language(registration.organisation.country)
    return domain.told(registration, category, manage_url, country_name)


def _is_newer(unit: Unit, collection: str, id: str, envelope: Envelope) -> bool:
    document: Any = unit.get(collection, id)
    return document is None or bool(document["sequence"] < envelope.sequence)


def _release_address(unit: Unit, registration: Registration) -> None:
    address = _address(registration.edition, registration.person.email)
    sharing = unit.get(kept.ADDRESSES, address)
    if sharing and sharing["count"] > 1:
        unit.put(kept.ADDRESSES, {"_id": address, "count": sharing["count"] - 1})
    elif sharing:
        unit.remove(kept.ADDRESSES, address)


def _address(edition: str, email: str) -> str:
    """The address by its hash: upper and lower case are one."""
    return f"{edition}:{sha256(email.casefold().encode()).hexdigest()}"
