"""Documents and what they stand for: registrations as last told, badges, editions, deliveries and their content."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from unicodedata import combining, normalize

from pydantic import TypeAdapter

from services.notifications.domain.deliveries import Delivery
from services.notifications.domain.letters import Content
from services.notifications.domain.occasions import Correspondence, Known
from shared.events.badges import Issued
from shared.events.programme import EditionChanged, Released
from shared.events.registration import Cancelled, Confirmed
from shared.store import Document, Read, Unit, by, by_id

REGISTRATIONS = "registrations"
BADGES = "badges"
BADGE_FILES = "badge_files"
EDITIONS = "editions"
PROGRAMMES = "programmes"
DELIVERIES = "deliveries"
CONTENTS = "contents"

_DELIVERY = TypeAdapter(Delivery)
_FACTS = {"confirmed": Confirmed, "cancelled": Cancelled}


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
    """What is known of an edition: who it is and its newest released programme. `mark` changes with either."""

    changed: EditionChanged
    released: Released | None
    mark: tuple[int, int]


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


def reads(registration: str) -> tuple[Read, ...]:
    """What a decision about one registration's mail looks at."""
    return (
        by_id(REGISTRATIONS, registration),
        by(BADGES, "registration", registration),
        by(DELIVERIES, "registration", registration),
    )


def correspondence(unit: Unit, registration: str) -> Correspondence:
    """Everything about one registration's mail, as this transaction sees it."""
    document = unit.get(REGISTRATIONS, registration)
    badges = unit.find(BADGES, "registration", registration)
    deliveries = (read_delivery(found) for found in unit.find(DELIVERIES, "registration", registration))
    return Correspondence(
        known=read_known(document) if document else None,
        badges=frozenset(badge["generation"] for badge in badges),
        deliveries={delivery.id: delivery for delivery in deliveries},
    )


def of_recipient(unit: Unit, recipient: str, edition: str) -> list[Delivery]:
    """Every mail of one edition to one address, whoever it is about."""
    found = [read_delivery(document) for document in unit.find(DELIVERIES, "recipient", recipient)]
    return [delivery for delivery in found if delivery.edition == edition]


def known_document(known: Known) -> Document:
    """The projection of a registration as stored."""
    return {
        "_id": known.fact.registration,
        "sequence": known.sequence,
        "cancelled": known.cancelled,
        "kind": known.fact.name,
        "fact": known.fact.model_dump(mode="json"),
    }


def read_known(document: Document) -> Known:
    """The projection of a registration."""
    fact = _FACTS[document["kind"]].model_validate(document["fact"])
    return Known(fact, document["sequence"], document["cancelled"])


def delivery_document(delivery: Delivery) -> Document:
    """A delivery as stored, with the words staff find it by."""
    document = {**vars(delivery), "_id": delivery.id, "words": _found_by(delivery.name, delivery.recipient)}
    del document["id"]
    return document


def read_delivery(document: Document) -> Delivery:
    """A delivery as stored."""
    return _DELIVERY.validate_python({**document, "id": document["_id"]})


def content_document(delivery: str, content: Content) -> Document:
    """A mail's words as stored. Its files are made again when needed: the badge and the calendar are known."""
    files = [
        {"name": file.name, "media_type": file.media_type, "size": len(file.content)} for file in content.attachments
    ]
    return {"_id": delivery, "title": content.title, "text": content.text, "html": content.html, "files": files}


def _folded(text: str) -> str:
    return "".join(sign for sign in normalize("NFKD", text.casefold()) if not combining(sign))


@lru_cache(maxsize=1000)
def _found_by(name: str, recipient: str) -> tuple[str, ...]:
    return tuple(sorted({*words_of(name), *words_of(recipient), recipient.casefold()}))


def words_of(text: str) -> list[str]:
    """The words of a text as they are searched: without accents or capitals."""
    return re.findall(r"\w+", _folded(text))
