"""I7: what each service keeps of the others' facts is what those facts say."""

from collections.abc import Callable, Iterator
from typing import Any

from deploy.verify.finding import Checked, Finding, count
from deploy.verify.seen import Document, Entry, Seen
from services.badges.store import documents as badges
from services.notifications.store import documents as notifications
from services.programme.store import read_places
from shared.events import CATALOGUE, Fact
from shared.events.badges import Issued, Revoked
from shared.events.programme import AccessChanged, EditionChanged, Released
from shared.events.registration import PlacesChanged, RegistrationFact

Newest = dict[str, Entry]


def check_projections(seen: Seen) -> Checked:
    """I7: the newest fact of each aggregate, whatever the order and the number of times it came."""
    findings: list[Finding] = []
    compared = 0
    for (reader, publisher), projections in _PROJECTIONS.items():
        if not seen.reaches((reader, publisher)):
            continue
        for projection in projections:
            expected = projection.newest(seen, publisher)
            compared += len(expected)
            findings += projection.differences(seen, reader, expected)
    if seen.reaches(("registration", "notifications")):
        findings += _cancelled(seen)
    return Checked("I7", "projections", f"{count(compared, 'projected document')}", tuple(findings))


class _Projection:
    """One collection that follows facts: which ones, under which key, and what of them it must hold."""

    def __init__(
        self,
        collection: str,
        kinds: tuple[type[Fact], ...],
        says: Callable[[Document, Entry], bool],
        key: Callable[[Entry], str] = lambda entry: entry.key,
        id: Callable[[Document], str] = lambda document: str(document["_id"]),
    ) -> None:
        self.collection = collection
        self._kinds = {kind.type() for kind in CATALOGUE.values() if issubclass(kind, kinds)}
        self._says = says
        self._key = key
        self._id = id

    def newest(self, seen: Seen, publisher: str) -> Newest:
        """The fact that counts for each document."""
        facts = [one for one in seen.entries[publisher] if one.type in self._kinds and one.key not in seen.erased]
        return {self._key(entry): entry for entry in sorted(facts, key=lambda one: one.sequence)}

    def differences(self, seen: Seen, service: str, expected: Newest) -> Iterator[Finding]:
        """What the collection holds, against those facts."""
        found = {self._id(one): one for one in seen.of(service, self.collection)}
        for id, entry in sorted(expected.items()):
            where = f"{service}, {self.collection} {id}"
            document = found.get(id)
            if document is None:
                yield Finding("I7", where, f"nothing is known of it, and {entry.id} told of it")
            elif "sequence" in document and document["sequence"] != entry.sequence:
                what = f"fact {document['sequence']} is the newest known, {entry.sequence} the newest told"
                yield Finding("I7", where, what)
            elif not self._says(document, entry):
                yield Finding("I7", where, f"what is kept is not what {entry.id} said")
        for id in sorted(found.keys() - expected.keys()):
            if id.split(":")[0] not in seen.erased:
                yield Finding("I7", f"{service}, {self.collection} {id}", "is known here, and no fact told of it")


def _whole(document: Document, entry: Entry) -> bool:
    """A document that keeps the fact itself."""
    kind = CATALOGUE[entry.type]
    return bool(kind.model_validate(document["fact"]) == entry.fact)


def _known(document: Document, entry: Entry) -> bool:
    return document["kind"] == entry.name and _whole(document, entry)


def _holder(document: Document, entry: Entry) -> bool:
    holder, fact = badges.read_holder(document), entry.fact
    assert isinstance(fact, RegistrationFact)
    return (
        *(holder.edition, holder.status, holder.generation, holder.given_name, holder.family_name, holder.language),
        *(holder.function, holder.organisation, holder.country, dict(holder.country_name), holder.category),
        *(dict(holder.category_label), holder.image),
    ) == (
        *(fact.edition, fact.status, fact.generation, fact.person.given_name, fact.person.family_name),
        *(fact.person.language, fact.person.function, fact.organisation.name, fact.organisation.country),
        *(fact.organisation.country_name, fact.category, fact.category_label, fact.consents.image),
    )


def _badges_edition(document: Document, entry: Entry) -> bool:
    edition, fact = badges.read_edition(document), entry.fact
    names = ("short", "dates", "timezone", "organiser", "contact_email", "contact_phone")
    return all(getattr(edition, name) == getattr(fact, name) for name in names)


def _badge_kept(document: Document, entry: Entry) -> bool:
    """Registration keeps where a badge is, or that it is void; the end of an older generation says nothing."""
    fact = entry.fact
    if isinstance(fact, Revoked):
        return bool(document["generation"] > fact.generation or document["revoked"])
    assert isinstance(fact, Issued)
    known = document["generation"], document["code"], document["link"], document["revoked"]
    return known == (fact.generation, fact.code, fact.link, False)


def _badge_told(document: Document, entry: Entry) -> bool:
    fields = ("generation", "code", "link", "drawn_from")
    return all(document.get(name, 0) == entry.body.get(name, 0) for name in fields)


def _pdf(document: Document, entry: Entry) -> bool:
    return bool(document["pdf"] == entry.pdf)


def _uses(document: Document, entry: Entry) -> bool:
    places, fact = read_places(document), entry.fact
    assert isinstance(fact, PlacesChanged)
    sessions: dict[str, Any] = {one.session: (one.quota, one.taken, one.waiting) for one in fact.sessions}
    kept = {id: (use.quota, use.taken, use.waiting) for id, use in places.sessions.items()}
    whole = (places.whole.quota, places.whole.taken, places.whole.waiting)
    both = {(one.sessions, one.count) for one in places.both}
    return (kept, whole, both) == (
        sessions,
        (fact.quota, fact.taken, fact.waiting),
        {(one.sessions, one.count) for one in fact.both},
    )


def _access(document: Document, entry: Entry) -> bool:
    return all(document.get(name, 0) == entry.body.get(name, 0) for name in ("generation", "disowned"))


def _of_generation(entry: Entry) -> str:
    return notifications.badge_id(entry.key, entry.body["generation"])


def _of_release(entry: Entry) -> str:
    return notifications.release_id(entry.key, entry.body["release"])


def _cancelled(seen: Seen) -> Iterator[Finding]:
    """A cancellation is final for mails, however late the other facts came."""
    for id, document in seen.by_id("notifications", "registrations").items():
        over = any(entry.name == "cancelled" for entry in seen.histories.get(id, []))
        if id in seen.histories and document["cancelled"] != over:
            what = f"cancelled is {document['cancelled']} here, the facts say {over}"
            yield Finding("I7", f"notifications, registrations {id}", what)


_IDENTITY = _Projection("identities", (EditionChanged,), _whole)
_RELEASE = _Projection("releases", (Released,), _whole)
_ACCESS = _Projection("access", (AccessChanged,), _access)

_PROJECTIONS: dict[tuple[str, str], tuple[_Projection, ...]] = {
    ("registration", "programme"): (_IDENTITY, _RELEASE, _ACCESS),
    ("registration", "badges"): (_Projection("badges", (Issued, Revoked), _badge_kept),),
    ("programme", "registration"): (_Projection("places", (PlacesChanged,), _uses),),
    ("notifications", "registration"): (_Projection("registrations", (RegistrationFact,), _known),),
    ("notifications", "programme"): (
        _Projection("editions", (EditionChanged,), _whole),
        _Projection("programmes", (Released,), _whole),
        _Projection("releases", (Released,), _whole, key=_of_release),
        _ACCESS,
    ),
    ("notifications", "badges"): (
        _Projection("badges", (Issued,), _badge_told, key=_of_generation),
        _Projection("badge_files", (Issued,), _pdf, key=_of_generation),
    ),
    ("badges", "registration"): (_Projection("holders", (RegistrationFact,), _holder),),
    ("badges", "programme"): (_Projection("editions", (EditionChanged,), _badges_edition), _ACCESS),
}
