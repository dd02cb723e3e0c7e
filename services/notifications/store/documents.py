"""Documents and what they stand for: registrations as last told, badges, editions, deliveries and their content."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from unicodedata import combining, normalize

from pydantic import TypeAdapter

from services.notifications.domain.affected import Wishes
from services.notifications.domain.callings import name_of
from services.notifications.domain.deliveries import Delivery, State, Template
from services.notifications.domain.letters import Content
from services.notifications.domain.mails import Correspondence, Known
from services.notifications.domain.reviews import Holder, Programme, is_concerned
from services.notifications.domain.told import Mention, Place, Told
from shared.events import CATALOGUE
from shared.events.badges import Issued
from shared.events.programme import EditionChanged, Released
from shared.events.registration import RegistrationFact
from shared.store import Document, Read, Unit, by, by_id
from shared.text import drawn

REGISTRATIONS = "registrations"
BADGES = "badges"
BADGE_FILES = "badge_files"
EDITIONS = "editions"
PROGRAMMES = "programmes"
RELEASES = "releases"
TOLD = "told"
DELIVERIES = "deliveries"
CONTENTS = "contents"

_DELIVERY = TypeAdapter(Delivery)
_FACTS = {fact.name: fact for fact in CATALOGUE.values() if issubclass(fact, RegistrationFact)}


@dataclass(frozen=True)
class File:
    """A file that went with a mail: what it was, not what was in it."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class Kept:
    """What a mail said, as it left."""

    title: str
    text: str
    html: str
    files: tuple[File, ...]


@dataclass(frozen=True)
class Edition:
    """What is known of an edition: who it is, its newest released programme, and when and where all releases have
    each session. `mark` changes with any of them.
    """

    changed: EditionChanged
    released: Released | None
    mark: tuple[int, int, int]
    programme: Programme


Badges = Mapping[tuple[str, int], Issued]
"""Badges by registration and generation."""


@dataclass(frozen=True)
class Page:
    """A part of a list, newest first. `next` is where the following part begins, None at the end."""

    deliveries: tuple[Delivery, ...]
    next: tuple[datetime, str] | None


def badge_id(registration: str, generation: int) -> str:
    """The `_id` of one generation of a person's badge."""
    return f"{registration}:{generation}"


def release_id(edition: str, number: int) -> str:
    """The `_id` of one release of an edition's programme."""
    return f"{edition}:{number}"


def reads(registration: str) -> tuple[Read, ...]:
    """What a decision about one registration's mail looks at."""
    return (
        by_id(REGISTRATIONS, registration),
        by(BADGES, "registration", registration),
        by(DELIVERIES, "registration", registration),
        by(TOLD, "registration", registration),
    )


def correspondence(unit: Unit, registration: str) -> Correspondence:
    """Everything about one registration's mail, as this transaction sees it."""
    document = unit.get(REGISTRATIONS, registration)
    badges = unit.find(BADGES, "registration", registration)
    deliveries = (read_delivery(found) for found in unit.find(DELIVERIES, "registration", registration))
    tellings = (read_told(found) for found in unit.find(TOLD, "registration", registration))
    return Correspondence(
        known=read_known(document) if document else None,
        badges={badge["generation"]: badge.get("drawn_from", 0) for badge in badges},
        deliveries={delivery.id: delivery for delivery in deliveries},
        tellings={told.generation: told for told in tellings},
    )


@dataclass(frozen=True)
class Posted:
    """A mail to some mailbox: whose turn with which registration it is about."""

    holder: tuple[str, int]
    template: Template
    may_have_arrived: bool


def of_recipient(unit: Unit, recipient: str, edition: str) -> list[Posted]:
    """Every mail of one edition to one address, whoever it is about. There may be a thousand of them."""
    return [
        Posted(
            holder=(document["registration"], document["generation"]),
            template=Template(document["template"]),
            may_have_arrived=document["state"] == State.SENT or document["doubts"] > 0,
        )
        for document in unit.find(DELIVERIES, "recipient", recipient)
        if document["edition"] == edition
    ]


def registrations_of(unit: Unit, address: str, edition: str) -> Iterator[Known]:
    """Each registration of this address that is neither over nor refused."""
    found = (read_known(document) for document in unit.find(REGISTRATIONS, "email", address))
    for known in sorted(found, key=lambda one: (one.fact.registered_at, one.fact.registration)):
        if known.fact.edition == edition and not known.cancelled and known.fact.status not in {"refused", "cancelled"}:
            yield known


def known_document(known: Known) -> Document:
    """The projection of a registration as stored."""
    return {
        "_id": known.fact.registration,
        "email": known.fact.person.email.casefold(),
        "sequence": known.sequence,
        "cancelled": known.cancelled,
        "erased": known.erased,
        "kind": known.fact.name,
        "fact": known.fact.model_dump(mode="json"),
    }


def read_known(document: Document) -> Known:
    """The projection of a registration."""
    fact = _FACTS[document["kind"]].model_validate(document["fact"])
    return Known(fact, document["sequence"], document["cancelled"], document.get("erased", False))


def delivery_document(delivery: Delivery) -> Document:
    """A delivery as stored, with the words staff find it by."""
    words = _found_by(delivery.name, delivery.recipient)
    document = {**vars(delivery), "about": vars(delivery.about), "_id": delivery.id, "words": words}
    del document["id"]
    return document


def read_delivery(document: Document) -> Delivery:
    """A delivery as stored."""
    return _DELIVERY.validate_python({**document, "id": document["_id"]})


def told_document(mail: Correspondence, told: Told) -> Document:
    """What the holder of one generation was told, with what a release is held against.

    `live` says whether releases matter to this holder: only then `reviewed` is looked at.
    """
    assert mail.known
    fact = mail.known.fact
    return {
        "_id": f"{fact.registration}:{told.generation}",
        "registration": fact.registration,
        "edition": fact.edition,
        "live": is_concerned(mail) and told.generation == fact.generation,
        "name": name_of(fact.person),
        "language": fact.person.language,
        "enrolled": [place.session for place in fact.enrolments],
        "waiting": [wish.session for wish in fact.waiting],
        "seen": fact.release,
        "generation": told.generation,
        "reviewed": told.reviewed,
        "release": told.release,
        "sequence": told.sequence,
        "count": told.count,
        "said": [{**vars(mention), "place": vars(mention.place)} for mention in told.said.values()],
    }


def read_told(document: Document) -> Told:
    """What the holder of one generation was told. Written out: a release reads those of everybody at once."""
    return Told(
        generation=document["generation"],
        reviewed=document["reviewed"],
        release=document["release"],
        sequence=document["sequence"],
        count=document["count"],
        said={mention["id"]: _mention(mention) for mention in document["said"]},
    )


def _mention(document: Document) -> Mention:
    place = document["place"]
    return Mention(
        id=document["id"],
        uid=document["uid"],
        place=Place(place["start"], place["end"], place["room"], place["cancelled"]),
        why=document["why"],
        sequence=document["sequence"],
    )


def read_holder(document: Document) -> Holder:
    """Somebody whom a release may concern."""
    return Holder(
        registration=document["registration"],
        generation=document["generation"],
        name=document["name"],
        language=document["language"],
        wishes=Wishes(document["enrolled"], document["waiting"], document["seen"]),
        told=read_told(document),
    )


def content_document(delivery: str, content: Content) -> Document:
    """A mail's words as stored. Its files are made again when needed: the badge and the calendar are known."""
    files = [
        {"name": file.name, "media_type": file.media_type, "size": len(file.content)} for file in content.attachments
    ]
    return {"_id": delivery, "title": content.title, "text": content.text, "html": content.html, "files": files}


def _folded(text: str) -> str:
    return "".join(sign for sign in normalize("NFKD", drawn(text).casefold()) if not combining(sign))


@lru_cache(maxsize=1000)
def _found_by(name: str, recipient: str) -> tuple[str, ...]:
    return tuple(sorted({*words_of(name), *words_of(recipient), recipient.casefold()}))


def words_of(text: str) -> list[str]:
    """The words of a text as they are searched: without accents or capitals."""
    return re.findall(r"\w+", _folded(text))
