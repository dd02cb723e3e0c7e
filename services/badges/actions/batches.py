"""Badges printed in batches: chosen, recorded, and drawn as they were recorded."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.badges.domain import Badge, Edition, Holder, batches
from services.badges.domain.batches import Batch, Candidate, Choice, ChoiceChanged, Last, NothingToPrint, Since
from services.badges.rendering import Paper, Sheet
from services.badges.store import BATCHES, Store, batch_document, read_batch
from services.badges.workshop import Workshop
from shared import tombstones
from shared.errors import NotFound
from shared.store import Unit, by_id


@dataclass(frozen=True)
class Printable:
    """Every valid badge of an edition as it would be printed now, and what was printed of each."""

    candidates: Sequence[Candidate]
    last: Last

    def chosen(self, choice: Choice) -> list[Candidate]:
        """The badges that answer to a choice, in its order."""
        return batches.chosen(self.candidates, choice, self.last)

    def since(self, batch: Batch) -> Since:
        """What became of the badges of a batch."""
        return batches.since(batch, self.candidates)


async def printable(store: Store, workshop: Workshop, edition: Edition) -> Printable:
    """What can be printed now. A thread looks at the badges: there may be thousands."""
    valid, last = await asyncio.gather(store.valid_badges(edition.id), store.last_prints(edition.id))
    return Printable(await asyncio.to_thread(_candidates, workshop, edition, valid), last)


def _candidates(workshop: Workshop, edition: Edition, valid: Sequence[tuple[Badge, Holder]]) -> list[Candidate]:
    return [Candidate(badge, holder, workshop.fingerprint(badge, holder, edition)) for badge, holder in valid]


async def print_batch(
    store: Store, workshop: Workshop, edition: Edition, maker: tuple[str, str], *, id: str, choice: Choice, counted: int
) -> Batch:
    """Record that these badges are printed, once for each `id`: the same page sent again finds its batch.

    `maker` is who prints, as the journal and as people name them; `counted` is how many badges they were told.
    Raises `ChoiceChanged`, `NothingToPrint` or `TooManyAtOnce`.
    """
    if known := await store.batch(id):
        return known
    now = await printable(store, workshop, edition)
    found = await _found(store, now, choice)
    if found and len(found) != counted:
        raise ChoiceChanged

    def decide(unit: Unit) -> Batch:
        if known := unit.get(BATCHES, id):
            return read_batch(known)
        present = [one for one in found if unit.get(tombstones.COLLECTION, one.holder.registration) is None]
        batch = batches.batch(id, edition.id, choice, (unit.now, *maker), batches.prints(present, now.last))
        unit.put(BATCHES, batch_document(batch))
        unit.audit(batch.made_by, "batch.print", id)
        return batch

    erased = by_id(tombstones.COLLECTION, *(one.holder.registration for one in found))
    return await store.commit(decide, by_id(BATCHES, id), erased)


async def _found(store: Store, now: Printable, choice: Choice) -> list[Candidate]:
    """The badges that answer to the choice; those of a batch that is printed again are all of its own."""
    if not choice.again:
        return now.chosen(choice)
    batch = await store.batch(choice.again)
    if batch is None:
        raise NotFound
    since = now.since(batch)
    return batches.in_order([*since.same, *since.changed], choice.order)


async def discard_batch(store: Store, actor: str, id: str) -> None:
    """Forget a batch that was never put on paper: its badges count as before it. Discarded twice is discarded once."""

    def decide(unit: Unit) -> None:
        if unit.get(BATCHES, id) is not None:
            unit.remove(BATCHES, id)
            unit.audit(actor, "batch.discard", id)

    await store.commit(decide, by_id(BATCHES, id))


async def paper(
    store: Store, workshop: Workshop, edition: Edition, batch: Batch, *, title: str, language: str
) -> bytes:
    """The batch as PDF: those of its badges that are valid and still say what was recorded. Raises `NothingToPrint`.

    What changed since is left out, so that the paper and the record never differ.
    """
    same = (await printable(store, workshop, edition)).since(batch).same
    if not same:
        raise NothingToPrint

    def sheets() -> list[Sheet]:
        return [workshop.sheet(one.badge, one.holder, edition) for one in same]

    drawn = await asyncio.to_thread(sheets)
    return await workshop.paper(Paper(title, language, batch.choice.layout, batch.made_at, drawn))
