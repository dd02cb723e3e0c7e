"""Everybody is held against the newest release: who was told something else is written to, once."""

import asyncio
from datetime import timedelta

from services.notifications.actions.keeping import keep
from services.notifications.domain import reviews
from services.notifications.domain.reviews import Programme
from services.notifications.store import Store, correspondence, reads
from shared.clock import now
from shared.failpoints import reach
from shared.store import Unit

AT_ONCE = 200
"""People looked at in one step."""
TOGETHER = 25
"""People written to in one transaction: with 50, the slowest of them held 162 ms."""


async def review(store: Store, edition: str, programme: Programme, quiet: timedelta) -> bool:
    """Look at some of those who were not looked at yet; true if there may be more.

    What was done is stored with each person, so a process that dies goes on where it was, and doing it twice is
    doing it once.
    """
    newest, moment = programme.newest, now()
    found = await store.unreviewed(edition, newest, AT_ONCE)
    concerned, others = [], []
    for holder, document in found:
        if reviews.shifts(holder.wishes, holder.told, programme, newest, moment):
            concerned.append(holder.registration)
        else:
            others.append(document)
    await store.mark_reviewed(others, newest)
    for start in range(0, len(concerned), TOGETHER):
        group = concerned[start : start + TOGETHER]
        await asyncio.gather(*(review_one(store, registration, programme, quiet) for registration in group))
        reach("changes-queued")
    return len(found) == AT_ONCE


async def review_one(store: Store, registration: str, programme: Programme, quiet: timedelta) -> None:
    """Hold one registration against the newest release, and queue what its holder must be told."""

    def decide(unit: Unit) -> None:
        before = correspondence(unit, registration)
        keep(unit, before, reviews.reviewed(before, programme, now=unit.now, quiet=quiet))

    await store.commit(decide, *reads(registration), patient=True)
