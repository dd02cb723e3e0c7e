"""Editing the draft: sessions, rooms, formats. Nobody outside the team sees any of it before a release."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from services.programme.domain import drafts
from services.programme.domain.drafts import Stamp
from services.programme.domain.editions import Draft, Kind, Room, Session
from services.programme.store import EDITIONS, Saved, Store, edition_document, read_edition
from shared.errors import NotFound
from shared.store import Unit, by_id


@dataclass(frozen=True)
class Author:
    """Who is at work: `actor` for the journal, `name` for the colleague who finds the session changed."""

    actor: str
    name: str


async def save_session(
    store: Store, edition: str, session: Session, expected: int | None, author: Author
) -> tuple[Saved, Stamp]:
    """Save one session read at version `expected`, None if it is new. Raises `ChangedMeanwhile` or a refusal."""

    def change(saved: Saved) -> Draft:
        return drafts.save_session(saved.edition, saved.draft, saved.stamps, session, expected)

    def touched(before: Draft) -> Sequence[str]:
        return drafts.changed_fields(drafts.find(before, session.id), session)

    saved = await _edit(store, edition, author, _Step("session.save", session.id, change, touched))
    return saved, saved.stamps.of(session.id)


async def remove_session(store: Store, edition: str, id: str, expected: int, author: Author) -> Saved:
    """Take one session, read at version `expected`, out of the draft."""

    def change(saved: Saved) -> Draft:
        return drafts.remove_session(saved.draft, saved.stamps, id, expected)

    return await _edit(store, edition, author, _Step("session.remove", id, change))


async def save_room(store: Store, edition: str, room: Room, author: Author) -> Saved:
    """Add a room, or give one another name or capacity."""

    def change(saved: Saved) -> Draft:
        return drafts.save_room(saved.draft, room)

    return await _edit(store, edition, author, _Step("room.save", room.id, change, lambda _: ("name", "capacity")))


async def remove_room(store: Store, edition: str, id: str, author: Author) -> Saved:
    """Take a room out of the draft that no session is in."""

    def change(saved: Saved) -> Draft:
        return drafts.remove_room(saved.draft, id)

    return await _edit(store, edition, author, _Step("room.remove", id, change))


async def save_kind(store: Store, edition: str, kind: Kind, author: Author) -> Saved:
    """Add a format, or give one another name or colour."""

    def change(saved: Saved) -> Draft:
        return drafts.save_kind(saved.edition, saved.draft, kind)

    return await _edit(store, edition, author, _Step("kind.save", kind.id, change, lambda _: ("label", "tone")))


async def remove_kind(store: Store, edition: str, id: str, author: Author) -> Saved:
    """Take a format out of the draft that no session has."""

    def change(saved: Saved) -> Draft:
        return drafts.remove_kind(saved.draft, id)

    return await _edit(store, edition, author, _Step("kind.remove", id, change))


@dataclass(frozen=True)
class _Step:
    """One change of the draft, and how the journal tells it: what was done, to what, in which fields."""

    action: str
    subject: str
    change: Callable[[Saved], Draft]
    fields: Callable[[Draft], Sequence[str]] = lambda _: ()


async def _edit(store: Store, edition: str, author: Author, step: _Step) -> Saved:
    def decide(unit: Unit) -> Saved:
        document = unit.get(EDITIONS, edition)
        if document is None:
            raise NotFound
        saved = read_edition(document)
        draft = step.change(saved)
        if draft == saved.draft:
            return saved
        stamps = drafts.stamped(saved.stamps, saved.draft, draft, author.name, unit.now)
        after = replace(saved, draft=draft, stamps=stamps)
        unit.put(EDITIONS, edition_document(after))
        unit.audit(author.actor, step.action, f"{edition}/{step.subject}", step.fields(saved.draft))
        return after

    return await store.commit(decide, by_id(EDITIONS, edition))
