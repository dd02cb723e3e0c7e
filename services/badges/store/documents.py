"""Entities as they are stored, and back."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter

from services.badges.domain import Badge, CheckIn, Edition, Holder, Reason, names
from services.badges.domain.batches import Batch
from services.badges.domain.desk_links import DeskLink
from shared.store import Document

EDITIONS = "editions"
HOLDERS = "holders"
BADGES = "badges"
CHECK_INS = "check_ins"
DESKS = "desks"
BATCHES = "batches"
TRIES = "desk_tries"

_EDITION = TypeAdapter(Edition)
_HOLDER = TypeAdapter(Holder)
_BADGE = TypeAdapter(Badge)
_CHECK_IN = TypeAdapter(CheckIn)
_DESK = TypeAdapter(DeskLink)
_BATCH = TypeAdapter(Batch)


def edition_document(edition: Edition) -> Document:
    """An edition as stored; days are ISO dates, since BSON has none."""
    return {"_id": edition.id, "last_day": max(edition.dates).isoformat(), **_days(_EDITION.dump_python(edition))}


def holder_document(holder: Holder) -> Document:
    """A holder as stored, with the words they are found by and their place in a list of names."""
    return {"_id": holder.registration, **_HOLDER.dump_python(holder), **sought(holder)}


def sought(holder: Holder) -> dict[str, Any]:
    """What a search looks at: the words of name, organisation and country, and the order of family names."""
    said = (holder.name, holder.organisation, *holder.country_name.values())
    words = {word for text in said for word in names.words(text)}
    return {"words": sorted(words), "place": names.place(holder.given_name, holder.family_name)}


def badge_document(badge: Badge) -> Document:
    """A badge as stored; one that was passed on is found by the name on it, which is nobody's here any more."""
    passed = badge.name if badge.reason == Reason.TRANSFERRED else ""
    return {"_id": badge.key, **_days(_BADGE.dump_python(badge)), "words": sorted({*names.words(passed)})}


def check_in_document(answer: CheckIn) -> Document:
    """An answer of the door as stored."""
    return {"_id": answer.key, **_days(_CHECK_IN.dump_python(answer))}


def desk_document(link: DeskLink) -> Document:
    """A desk link as stored."""
    return {"_id": link.id, **_DESK.dump_python(link, exclude={"disowned"})}


def batch_document(batch: Batch) -> Document:
    """A batch as stored, in one document: whoever waits at the door waits for one write."""
    return {"_id": batch.id, **_BATCH.dump_python(batch, mode="python")}


def read_desk(document: Document, disowned: int = 0) -> DeskLink:
    """A desk link as it was stored; below the generation `disowned` its maker's have ended."""
    link = _DESK.validate_python(document)
    return replace(link, disowned=link.generation < disowned)


def read_batch(document: Document) -> Batch:
    """A batch as it was stored."""
    return _BATCH.validate_python(document)


def read_edition(document: Document) -> Edition:
    """An edition as it was stored."""
    return _EDITION.validate_python(document)


def read_holder(document: Document) -> Holder:
    """A holder as it was stored."""
    return _HOLDER.validate_python(document)


def read_badge(document: Document) -> Badge:
    """A badge as it was stored."""
    return _BADGE.validate_python(document)


def read_check_in(document: Document) -> CheckIn:
    """An answer of the door as it was stored."""
    return _CHECK_IN.validate_python(document)


def _days(value: Any) -> Any:
    """The same value with days as ISO dates, inside it too; moments stay moments."""
    if isinstance(value, dict):
        return {name: _days(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_days(inner) for inner in value]
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value
