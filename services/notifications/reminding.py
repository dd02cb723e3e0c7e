"""Follows the rules of reminders: the step of a leased loop, a batch of people at a time."""

import asyncio
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from services.notifications.actions import reminding
from services.notifications.domain import reminders
from services.notifications.domain.deliveries import About
from services.notifications.domain.reminders import Occasion
from services.notifications.domain.staleness import SESSION_MOVED
from services.notifications.store import Edition, Store
from shared.clock import now
from shared.failpoints import reach
from shared.logs import log

BATCH = 100
WAITING = 200
"""No more are queued while so many wait to leave: a confirmation never stands behind a thousand reminders."""
EVERY = 2.0
"""Seconds between two looks at the clock."""


class Reminding:
    """Looks at what is due of every edition that is not over. What has left is in the database, so nothing is kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._editions: Mapping[str, Edition] = {}

    async def step(self) -> bool:
        """One batch of one occasion; True while there is more to do at once."""
        self._editions = await self._store.editions(self._editions)
        if await self._waiting() >= WAITING:
            return False
        for id, edition in self._editions.items():
            if max(edition.changed.dates) >= now().date():
                if not await self._store.furnished(id):
                    await reminding.furnish_known(self._store, id)
                if occasion := await self._next(id, edition):
                    return await self._follow(occasion)
        return False

    async def _next(self, id: str, edition: Edition) -> Occasion | None:
        """The first occasion whose time has come and that is not settled."""
        firings, moment = await self._store.firings(id), now()
        due = [
            occasion
            for rule in await self._store.rules(id)
            if not rule.paused
            for occasion in reminders.occasions(rule, edition.changed, edition.released)
            if occasion.moment <= moment and occasion.is_open(firings.get(occasion.id))
        ]
        return min(due, key=lambda occasion: (occasion.moment, occasion.id), default=None)

    async def _follow(self, occasion: Occasion) -> bool:
        firing = await reminding.begin(self._store, occasion)
        if firing.state == "skipped":
            log().warning("reminder.skipped", occasion=occasion.id, reason=firing.reason)
            return True
        people = await self._store.people(occasion.rule.edition, occasion.session, firing.cursor, BATCH)
        written = await asyncio.gather(*(reminding.remind(self._store, one, occasion) for one in people))
        reach("reminders-queued")
        await reminding.go_on(self._store, firing, people, sum(written), more=len(people) == BATCH)
        log().info("reminder.queued", occasion=occasion.id, people=sum(written))
        return True

    async def _waiting(self) -> int:
        """How many wait for the mail server, without those of a session that was cancelled or moved to another day."""
        waiting = await self._store.waiting_reminders()
        for delivery in waiting:
            edition = self._editions.get(delivery.edition)
            if edition and delivery.about.session and _has_moved(delivery.about, edition):
                await reminding.drop(self._store, delivery, SESSION_MOVED)
        return len(waiting)


def _has_moved(about: About, edition: Edition) -> bool:
    sessions = edition.released.sessions if edition.released else ()
    session = next((one for one in sessions if one.id == about.session), None)
    if session is None or session.status == "cancelled" or about.until is None:
        return True
    zone = ZoneInfo(edition.changed.timezone)
    return session.start.astimezone(zone).date() != about.until.astimezone(zone).date()
