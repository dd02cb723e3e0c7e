"""Badges that are due are drawn outside the transaction, and kept if nothing changed meanwhile."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from services.badges import domain
from services.badges.domain import Edition, Holder
from services.badges.store import (
    BADGES,
    HOLDERS,
    Store,
    badge_document,
    holder_document,
    read_badge,
    read_holder,
)
from services.badges.workshop import Made, Workshop
from shared.clock import now
from shared.logs import failure, log
from shared.store import Unit, by_id

TRY_AGAIN = 600.0
"""Seconds until badges that could not be drawn are tried again: what was wrong may have been the machine."""
ISSUED_AT_ONCE = 20
"""Badges rendered before they are written together: enough to share a transaction, few enough to be quick."""


async def issue_due(store: Store, workshop: Workshop, unprintable: set[str] | None = None) -> bool:
    """Make the badges that are due; True if there may be more.

    `unprintable` remembers the registrations whose badge could not be drawn: they hold up nobody, stay due, and are
    tried again after `TRY_AGAIN` seconds.
    """
    aside = set() if unprintable is None else unprintable
    due = await store.due(ISSUED_AT_ONCE, aside)
    moment = now()
    made = [(holder, await _draw(workshop, holder, edition, moment, aside)) for holder, edition in due]
    await asyncio.gather(*(_issue(store, holder, one) for holder, one in made if one))
    return len(due) == ISSUED_AT_ONCE


async def try_again(unprintable: set[str], wake: Callable[[], None]) -> bool:
    """Put aside nobody any more whose badge could not be drawn."""
    if unprintable:
        unprintable.clear()
        wake()
    return False


async def _draw(workshop: Workshop, holder: Holder, edition: Edition, moment: datetime, aside: set[str]) -> Made | None:
    try:
        return await workshop.make(holder, edition, moment)
    except Exception as error:  # noqa: BLE001 - whatever it is, the next badge must be made
        log().error("badge.unprintable", **failure(error))
        aside.add(holder.registration)
        return None


async def _issue(store: Store, rendered: Holder, made: Made) -> None:
    def decide(unit: Unit) -> None:
        stored = unit.get(HOLDERS, rendered.registration)
        # Whoever changed meanwhile is drawn again, from what is true now, when still due.
        if stored is None or read_holder(stored) != rendered:
            return
        known = unit.get(BADGES, made.badge.key)
        holder, badge, issued = domain.issue(
            rendered, read_badge(known) if known else None, made.badge, made.link, made.pdf
        )
        unit.put(BADGES, badge_document(badge))
        unit.put(HOLDERS, holder_document(holder))
        unit.record(issued, holder.told)
        for older in made.older:
            if unit.get(BADGES, older.key) is None:
                unit.put(BADGES, badge_document(domain.passed_on(older)))

    keys = [badge.key for badge in (made.badge, *made.older)]
    await store.commit(decide, by_id(HOLDERS, rendered.registration), by_id(BADGES, *keys), patient=True)
