"""What registration deletes in its time: needs after a week, telephone numbers after a month, people after three."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from services.registration.actions.erasing import erase
from services.registration.store import Store
from shared.clock import now
from shared.purposes import ATTENDING, NEEDS, PHONES
from shared.retention import AfterEdition, Retention

AT_ONCE = 100
LATELY = timedelta(days=80)


def retention(store: Store, clock: Callable[[], datetime] = now) -> Retention:
    """The job. People are erased as if they had asked for it: every service forgets them, and nobody is written to."""

    async def forget_people(edition: str) -> int:
        if await store.registered_since(edition, clock() - LATELY):
            return 0  # nobody registers for what ended three months ago: a day was mistyped
        count = 0
        while ids := await store.ids_of(edition, AT_ONCE):
            count += sum(await asyncio.gather(*(erase(store, id, asked_by="system") for id in ids)))
        return count

    rules = (
        AfterEdition(NEEDS, store.forget_needs),
        AfterEdition(PHONES, store.forget_phones),
        AfterEdition(ATTENDING, forget_people),
    )
    return Retention(store.database, rules, store.last_days, clock)
