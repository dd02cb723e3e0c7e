"""Deletes what was promised to be deleted: needs a week after an edition, telephone numbers a month after."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta

from services.registration.domain.needs import KEPT_DAYS, PHONE_KEPT_DAYS
from services.registration.store import Store
from shared.clock import now
from shared.logs import log

HOUR = 3600.0


def retention(store: Store, clock: Callable[[], datetime] = now) -> Callable[[], Awaitable[bool]]:
    """The step of a loop: forget what is due. Each purge that deleted something is logged, with counts only."""

    async def step() -> bool:
        today = clock().date()
        for edition, last_day in await store.last_days():
            if _is_over(last_day, KEPT_DAYS, today) and (count := await store.forget_needs(edition)):
                log().info("needs.deleted", edition=edition, count=count)
            if _is_over(last_day, PHONE_KEPT_DAYS, today) and (count := await store.forget_phones(edition)):
                log().info("phones.deleted", edition=edition, count=count)
        return False

    return step


def _is_over(last_day: date, kept_days: int, today: date) -> bool:
    return today >= last_day + timedelta(days=kept_days)
