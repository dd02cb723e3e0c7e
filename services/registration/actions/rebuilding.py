"""The registrations' database as the facts tell it, after it was lost."""

from collections import Counter, defaultdict

from services.registration import store as kept
from services.registration.actions.telling import address_key
from services.registration.domain import rebuilding
from services.registration.domain.rebuilding import Remembered
from services.registration.store import documents
from shared import access, tombstones
from shared.events import ERASED_HERE, Envelope, Fact
from shared.events.badges import Issued, Revoked
from shared.events.programme import AccessChanged, EditionChanged, Released
from shared.events.registration import PlacesChanged, RegistrationFact, RulesChanged
from shared.rebuild import Documents, History, by_key, newest, rebuilt_tombstones
from shared.store import Document

LOST = (
    "diet and access needs, and telephone numbers",
    "idempotency keys: an application whose answer was lost must not be sent again without looking it up",
    "lists that were being imported: send them again, whoever has a reference is known",
    "requests for lost links, why somebody was passed over in a waiting list, the journal of staff changes",
)
"""What no fact carries: only a backup brings it back."""


def rebuilt(history: History) -> Documents:
    """Every collection as the facts tell it."""
    people = {id: rebuilding.remember(facts) for id, facts in by_key(history.told(RegistrationFact)).items()}
    return {
        kept.REGISTRATIONS: [_stored(documents.registration_document(known.one)) for known in people.values()],
        kept.QUEUES: [_stored(documents.queue_document(one)) for one in rebuilding.queues(people.values())],
        kept.PLACES: _places(history, people),
        kept.EDITIONS: _rules(history),
        kept.ADDRESSES: _addresses(people),
        kept.REFERENCES: _references(people),
        kept.IDENTITIES: _identities(history),
        kept.RELEASES: _releases(history),
        kept.BADGES: _badges(history),
        tombstones.COLLECTION: rebuilt_tombstones(history, lambda key: _forgotten(history, key)),
        access.COLLECTION: access.rebuilt(history.heard(AccessChanged)),
    }


def _forgotten(history: History, key: str) -> dict[str, object]:
    """What statistics count of somebody who was forgotten is forgotten too."""
    there = {
        fact.publisher: fact.at for kind in ERASED_HERE for fact, _ in history.heard(kind) if fact.registration == key
    }
    return {"category": "", "status": "", "there": there}


def _stored(document: Document) -> dict[str, object]:
    return {**document}


def _places(history: History, people: dict[str, Remembered]) -> list[dict[str, object]]:
    told = newest(history.told(PlacesChanged))
    of: dict[str, list[Remembered]] = defaultdict(list)
    for known in people.values():
        of[known.one.edition].append(known)
    return [
        _stored(documents.places_document(rebuilding.count(id, [known.one for known in of[id]], sequence)))
        for id in sorted({*of, *told})
        for sequence in [told[id][1].sequence if id in told else 0]
    ]


def _rules(history: History) -> list[dict[str, object]]:
    told, places = newest(history.told(RulesChanged)), newest(history.told(PlacesChanged))
    made = {id: documents.rules_document(documents.rules_of(fact), at.sequence) for id, (fact, at) in told.items()}
    people: dict[str, list[RegistrationFact]] = defaultdict(list)
    for fact, _ in history.told(RegistrationFact):
        people[fact.edition].append(fact)
    for id in {*people, *places} - {*made}:
        rules = rebuilding.provisional(id, people[id], places[id][0] if id in places else None)
        made[id] = documents.rules_document(rules, 0)
    return [_stored(one) for one in made.values()]


def _addresses(people: dict[str, Remembered]) -> list[dict[str, object]]:
    living = (known.one for known in people.values() if known.one.lives)
    counts = Counter(address_key(one.edition, one.person.email) for one in living)
    return [{"_id": id, "count": count} for id, count in counts.items()]


def _references(people: dict[str, Remembered]) -> list[dict[str, object]]:
    known = [one.one for one in people.values() if one.one.reference]
    return [{"_id": documents.reference_key(one.edition, one.reference), "registration": one.id} for one in known]


def _identities(history: History) -> list[dict[str, object]]:
    """Each edition's facts in turn, for the day on which its last day became what it is."""
    found = []
    for facts in by_key(history.heard(EditionChanged)).values():
        document: Document | None = None
        for fact, envelope in facts:
            document = documents.identity_document(document, fact, envelope.sequence, envelope.time)
        found.append(_stored(document or {}))
    return found


def _releases(history: History) -> list[dict[str, object]]:
    return [
        _stored(documents.projection_document(id, fact, envelope.sequence))
        for id, (fact, envelope) in newest(history.heard(Released)).items()
    ]


def _badges(history: History) -> list[dict[str, object]]:
    """Each badge's facts in turn, as they were projected."""
    found = []
    told: list[tuple[Fact, Envelope]] = [*history.heard(Issued), *history.heard(Revoked)]
    for facts in by_key(told).values():
        document: Document | None = None
        for fact, envelope in facts:
            if isinstance(fact, Issued):
                document = documents.badge_document(fact, envelope.sequence)
            elif isinstance(fact, Revoked):
                document = documents.revoked_document(document, fact, envelope.sequence)
        found.append(_stored(document or {}))
    return found


def open_questions(history: History) -> list[str]:
    """What somebody must look at, in one line each."""
    told = newest(history.told(RulesChanged))
    editions = sorted({fact.edition for fact, _ in history.told(RegistrationFact)} - {*told})
    return [f"{id}: its rules were never told; registration is closed until they are set again" for id in editions]
