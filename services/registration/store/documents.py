"""Documents ↔ entities. What is read often and changes rarely is parsed once for each revision of its document."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from services.registration.domain.editions import Edition, Programme, Rules
from services.registration.domain.importing import Import, Line
from services.registration.domain.lookups import Lookup
from services.registration.domain.places import Places
from services.registration.domain.queues import Queue
from services.registration.domain.registrations import Person, Registration
from services.registration.organisations import searchable
from shared.events.badges import Issued, Revoked
from shared.events.programme import EditionChanged, Released
from shared.events.registration import RulesChanged
from shared.mailboxes import one_spelling
from shared.retention import Ending
from shared.store import Document

T = TypeVar("T")

_RULES = TypeAdapter(Rules)
_PLACES = TypeAdapter(Places)
_QUEUE = TypeAdapter(Queue)
_REGISTRATION = TypeAdapter(Registration)
_IMPORT = TypeAdapter(Import)
_LINE = TypeAdapter(Line)


@dataclass(frozen=True)
class Needs:
    """Diet and access, kept apart and for a short time. `codes` are those of the form."""

    codes: tuple[str, ...] = ()
    other: str = ""


@dataclass(frozen=True)
class Badge:
    """A badge as the badges service told it."""

    generation: int
    code: str
    link: str
    revoked: bool = False

    @property
    def qr(self) -> str:
        """Where the QR code alone is drawn, on whichever host the page is read: its policy loads from no other."""
        return f"{urlsplit(self.link).path.removesuffix('.pdf')}.svg"


@dataclass
class Parsed(Generic[T]):
    """Remembers what a document was parsed to, until another revision of it comes.

    A document put earlier in the same batch carries no revision yet, and is parsed each time.
    """

    parse: Callable[[Document], T]
    known: dict[str, tuple[int, T]] = field(default_factory=dict)

    def __call__(self, document: Document) -> T:
        """The entity of this document."""
        revision = document.get("rev")
        if revision is None:
            return self.parse(document)
        kept = self.known.get(document["_id"])
        if kept is None or kept[0] != revision:
            kept = self.known[document["_id"]] = (revision, self.parse(document))
        return kept[1]


def _parse_rules(document: Document) -> Rules:
    return _RULES.validate_python({**document["rules"], "id": document["_id"]})


def _parse_identity(document: Document) -> EditionChanged:
    return EditionChanged.model_validate(document["fact"])


def _parse_programme(document: Document) -> Programme:
    released = Released.model_validate(document["fact"])
    return Programme(
        release=released.release,
        sessions={one.id: one for one in sorted(released.sessions, key=lambda one: (one.start, one.id))},
        kinds={one.id: one for one in released.kinds},
        rooms={one.id: one for one in released.rooms},
    )


@dataclass(frozen=True)
class Parsers:
    """What is parsed once for each revision; one for each store, since ids mean nothing beyond a database."""

    rules: Parsed[Rules] = field(default_factory=lambda: Parsed(_parse_rules))
    identity: Parsed[EditionChanged] = field(default_factory=lambda: Parsed(_parse_identity))
    programme: Parsed[Programme] = field(default_factory=lambda: Parsed(_parse_programme))


def edition(set_by_organiser: Rules, told: EditionChanged) -> Edition:
    """The rules with the first day they count from."""
    return Edition(**vars(set_by_organiser), first_day=min(told.dates), timezone=told.timezone)


def rules_document(set_by_organiser: Rules, told: int) -> Document:
    """An edition's rules as stored; `told` counts the facts about them."""
    return {"_id": set_by_organiser.id, "rules": _RULES.dump_python(set_by_organiser, exclude={"id"}), "told": told}


def rules_told(document: Document | None) -> int:
    """How many facts were told of these rules."""
    return int(document.get("told", 0)) if document else 0


def rules_changed(set_by_organiser: Rules) -> RulesChanged:
    """The fact that tells an edition's rules."""
    return RulesChanged.model_validate(
        {"edition": set_by_organiser.id, **_RULES.dump_python(set_by_organiser, exclude={"id"})}
    )


def rules_of(fact: RulesChanged) -> Rules:
    """The rules as they were told."""
    return _RULES.validate_python({"id": fact.edition, **fact.model_dump(exclude={"edition"})})


def projection_document(id: str, fact: EditionChanged | Released, sequence: int) -> Document:
    """A fact kept whole, so that what a later version wants to show is there. Days are ISO dates: BSON has none."""
    return {"_id": id, "sequence": sequence, "fact": fact.model_dump(mode="json")}


def identity_document(before: Document | None, fact: EditionChanged, sequence: int, at: datetime) -> Document:
    """What was told of an edition, and when its last day became this one: see `shared.retention.Ending`."""
    same = before is not None and max(before["fact"]["dates"]) == max(fact.dates).isoformat()
    known_since = before.get("known_since") if before is not None and same else at
    return {**projection_document(fact.edition, fact, sequence), "known_since": known_since}


def ending(document: Document) -> Ending:
    """The last day of an edition; one kept before its moment was noted has long been known."""
    return Ending(document["_id"], date.fromisoformat(max(document["fact"]["dates"])), document.get("known_since"))


def places(document: Document | None, edition_id: str) -> Places:
    """The counts, all zero before the first registration."""
    if document is None:
        return Places(edition_id)
    return _PLACES.validate_python({**document, "edition": document["_id"]})


def places_document(counted: Places) -> Document:
    """The counts as stored."""
    # Numbers and dicts of numbers, never changed in place: copying them deeply took longer than deciding.
    return {"_id": counted.edition, **{name: value for name, value in vars(counted).items() if name != "edition"}}


def queue_id(edition: str, session: str) -> str:
    """Where a waiting list is kept; `session` empty is the edition's own."""
    return f"{edition}:{session}"


def queue(document: Document | None, edition: str, session: str) -> Queue:
    """A waiting list, empty before anybody waited."""
    return _QUEUE.validate_python(document) if document else Queue(edition, session)


def queue_document(kept: Queue) -> Document:
    """A waiting list as stored; `live` while somebody waits or has an offer."""
    live = bool(kept.waiting or kept.offers)
    return {"_id": queue_id(kept.edition, kept.session), **_QUEUE.dump_python(kept), "live": live}


def registration(document: Document) -> Registration:
    """A registration as it was stored."""
    return _REGISTRATION.validate_python({**document, "id": document["_id"]})


def registration_document(made: Registration) -> Document:
    """A registration as stored, with the key its list is sorted by and the words it is found by."""
    return {
        "_id": made.id,
        **_REGISTRATION.dump_python(made, exclude={"id"}),
        "sort": sort_key(made.person),
        "words": words(made),
    }


def sort_key(person: Person) -> str:
    """What lists by name are sorted by."""
    return searchable(f"{person.family_name} {person.given_name}")


def words(made: Registration) -> list[str]:
    """What a search finds: the words of name, organisation and address, and the address as a whole."""
    person = made.person
    text = f"{person.given_name} {person.family_name} {made.organisation.name} {person.email}"
    return sorted({*searchable(text).split(), person.email.casefold()})


def badge(document: Document) -> Badge:
    """A badge as it was told."""
    return Badge(document["generation"], document["code"], document["link"], document["revoked"])


def badge_document(fact: Issued, sequence: int) -> Document:
    """What pages need of a badge; its PDF stays with the badges service."""
    return {
        "_id": fact.registration,
        "generation": fact.generation,
        "code": fact.code,
        "link": fact.link,
        "revoked": False,
        "sequence": sequence,
    }


def revoked_document(before: Document | None, fact: Revoked, sequence: int) -> Document:
    """A badge that no longer opens the door; one never seen here is known by its generation alone.

    The end of an older generation says nothing about the one that is known.
    """
    if before and before["generation"] > fact.generation:
        return {**before, "sequence": sequence}
    known = before or {"_id": fact.registration, "code": "", "link": ""}
    return {**known, "generation": fact.generation, "revoked": True, "sequence": sequence}


def needs(document: dict[str, Any] | None) -> Needs:
    """Diet and access, if the person said any."""
    return Needs(tuple(document["codes"]), document["other"]) if document else Needs()


def lookup(document: Document) -> Lookup:
    """A request for a lost link as it was stored."""
    return Lookup(document["_id"], document["edition"], document["at"], document["email"])


def lookup_document(asked: Lookup) -> Document:
    """A request for a lost link as stored; `open` is what the loop looks for."""
    values = {"edition": asked.edition, "at": asked.at, "email": asked.email}
    return {"_id": asked.id, **values, **({"open": True} if asked.open else {})}


def identity(edition: str, person: Person) -> tuple[str, ...]:
    """What two registrations of one person agree in."""
    names = sorted(searchable(person.name).split()) or [person.name.casefold()]
    return (edition, person.email.casefold(), *names)


def who(edition: str, person: Person) -> str:
    """The same by its hash, for what is looked up and not to be read."""
    return _hash("\n".join(identity(edition, person)))


def address_hash(email: str) -> str:
    """An e-mail address by its hash: upper and lower case are one, and so are all spellings of a domain."""
    return _hash(one_spelling(email.strip()).casefold())


def reference_key(edition: str, reference: str) -> str:
    """Where it is kept which registration a reference means."""
    return f"{edition}:{_hash(reference)}"


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def import_(document: Document) -> Import:
    """A list as it was stored."""
    return _IMPORT.validate_python({**document, "id": document["_id"]})


def import_document(made: Import) -> Document:
    """A list as stored, without its lines."""
    return {"_id": made.id, **_IMPORT.dump_python(made, exclude={"id"})}


def line(document: Document) -> Line:
    """A line of a list as it was stored."""
    return _LINE.validate_python({**document, "id": document["_id"]})


def line_document(made: Line) -> Document:
    """A line of a list as stored."""
    return {"_id": made.id, **_LINE.dump_python(made, exclude={"id"})}
