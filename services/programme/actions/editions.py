"""Saving an edition and its draft, releasing the draft, taking in places left."""

from dataclasses import replace
from datetime import date, datetime

from services.programme.domain import drafts, editions, moving, releases
from services.programme.domain.drafts import ANY, DraftChanged, Stamps
from services.programme.domain.editions import Draft, Edition
from services.programme.domain.places import Both, Places, Use
from services.programme.domain.releases import Release
from services.programme.store import (
    EDITIONS,
    PLACES,
    RELEASES,
    Saved,
    Store,
    edition_document,
    places_document,
    read_edition,
    read_places,
    read_release,
    release_document,
    release_id,
)
from shared.errors import NotFound
from shared.events import Envelope, Text
from shared.events.registration import PlacesChanged
from shared.purposes import ATTENDING, NEEDS, PHONES
from shared.retention import Ending
from shared.store import Unit, by_id


async def save(
    store: Store,
    edition: Edition,
    draft: Draft,
    actor: str,
    *,
    by: str = "",
    expected: int | None = None,
    last_day: date | None = None,
) -> Saved:
    """Replace an edition's identity, told at once, and its draft, told to nobody before a release.

    With `expected`, only if nothing of it was changed since that version: `DraftChanged` otherwise. Whoever moves the
    last day into the past names it once more as `last_day`: `PastLastDay` otherwise.
    """
    editions.check(edition, draft)

    def decide(unit: Unit) -> Saved:
        document = unit.get(EDITIONS, edition.id)
        before = read_edition(document) if document else None
        after = replace(before, edition=edition, draft=draft) if before else Saved(edition, draft)
        if before == after:
            return after
        stamps = before.stamps if before else Stamps()
        if expected not in {None, ANY, stamps.whole}:
            raise DraftChanged
        if before:
            moving.check(before.edition, edition, unit.now.date(), last_day, lambda day: _deletions(day, unit.now))
        after = replace(after, stamps=drafts.stamped(stamps, before.draft if before else Draft(), draft, by, unit.now))
        if before is None or before.edition != edition:
            after = replace(after, sequence=after.sequence + 1)
            unit.record(editions.changed(edition), after.sequence)
        unit.put(EDITIONS, edition_document(after))
        unit.audit(actor, "edition.save", edition.id, _changed_fields(before, after))
        return after

    return await store.commit(decide, by_id(EDITIONS, edition.id))


def _deletions(last_day: date, at: datetime) -> dict[str, date]:
    """When what is deleted, if this became the last day now."""
    ending = Ending("", last_day, at)
    kept = {"needs_on": NEEDS.kept, "phones_on": PHONES.kept, "people_on": ATTENDING.kept}
    return {name: ending.gone_on(term) for name, term in kept.items() if term}


def _changed_fields(before: Saved | None, after: Saved) -> list[str]:
    was = {**vars(before.edition), **vars(before.draft)} if before else {}
    return [name for name, value in {**vars(after.edition), **vars(after.draft)}.items() if was.get(name) != value]


async def release(
    store: Store, edition_id: str, note: Text, actor: str, expected: int | None = None
) -> tuple[Release, bool]:
    """Freeze the draft as the next release and tell everybody.

    True if it is new: a draft without changes since the last release answers that one again. With `expected`,
    what is released is what was looked at: `DraftChanged` if the draft was changed since that version.
    """

    def decide(unit: Unit) -> tuple[Release, bool]:
        document = unit.get(EDITIONS, edition_id)
        if document is None:
            raise NotFound
        saved = read_edition(document)
        last = unit.get(RELEASES, release_id(edition_id, saved.release)) if saved.release else None
        previous = read_release(last) if last else None
        made = releases.release(saved.edition, saved.draft, previous, note, unit.now)
        if previous and releases.same(previous, made):
            return previous, False
        if expected not in {None, ANY, saved.stamps.whole}:
            raise DraftChanged
        after = replace(saved, release=made.number, sequence=saved.sequence + 1)
        unit.put(RELEASES, release_document(made))
        unit.put(EDITIONS, edition_document(after))
        unit.record(releases.released(made), after.sequence)
        unit.audit(actor, "programme.release", release_id(edition_id, made.number))
        return made, True

    return await store.commit(decide, by_id(EDITIONS, edition_id))


async def project_places(store: Store, envelope: Envelope, fact: PlacesChanged) -> None:
    """Keep the newest count of places; an older one that arrives late is ignored."""

    def decide(unit: Unit) -> None:
        document = unit.get(PLACES, fact.edition)
        if document and read_places(document).sequence >= envelope.sequence:
            return
        unit.put(PLACES, places_document(places_told(fact, envelope.sequence)))

    await store.consume(envelope, decide, by_id(PLACES, fact.edition))


def places_told(fact: PlacesChanged, sequence: int) -> Places:
    """The use of every session, as this fact tells it."""
    return Places(
        edition=fact.edition,
        sequence=sequence,
        sessions={places.session: Use(places.quota, places.taken, places.waiting) for places in fact.sessions},
        both=tuple(Both(both.sessions, both.count) for both in fact.both),
        whole=Use(fact.quota, fact.taken, fact.waiting),
    )
