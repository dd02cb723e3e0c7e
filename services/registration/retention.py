"""What registration deletes in its time: lists after two days, needs after a week, telephone numbers, then people."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from services.registration.actions.erasing import forget_in_time
from services.registration.store import IMPORTS, LINES, REGISTRATIONS, Store
from services.registration.store import NEEDS as NEEDS_HELD
from shared.clock import now
from shared.purposes import ATTENDING, LISTS, NEEDS, PHONES
from shared.retention import AfterEdition, AfterEntry, Retention
from shared.unit import Unit

LATELY = timedelta(days=80)


def retention(store: Store, clock: Callable[[], datetime] = now) -> Retention:
    """The job. People are erased as if they had asked for it: every service forgets them, and nobody is written to."""

    async def people(edition: str, limit: int) -> Sequence[str]:
        if await store.registered_since(edition, clock() - LATELY):
            return ()  # nobody registers for what ended three months ago: a day was mistyped
        return await store.ids_of(edition, limit)

    rules = (
        AfterEdition(NEEDS, store.needs_of, _forget_needs),
        AfterEdition(PHONES, store.phones_of, _forget_phone),
        AfterEntry(LISTS, LINES, "at"),
        AfterEntry(LISTS, IMPORTS, "at"),
        AfterEdition(ATTENDING, people, lambda unit, id: forget_in_time(store, unit, id)),
    )
    return Retention(store, rules, store.endings, clock)


def _forget_needs(unit: Unit, id: str) -> bool:
    known = unit.get(NEEDS_HELD, id) is not None
    unit.remove(NEEDS_HELD, id)
    return known


def _forget_phone(unit: Unit, id: str) -> bool:
    one = unit.get(REGISTRATIONS, id)
    if one is None or not one["phone"]:
        return False
    unit.put(REGISTRATIONS, {**one, "phone": ""})
    return True
