"""Retention: what was promised to be deleted is deleted on its day, by a job, which notes how much it was."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import DESCENDING, IndexModel

from shared.clock import now
from shared.ids import new_id
from shared.logs import log
from shared.purposes import JOURNAL, Kept, Purpose

COLLECTION = "purges"
INDEXES = [
    # the newest first, for the register
    IndexModel([("at", DESCENDING)]),
]
HOUR = 3600.0
"""Seconds between two looks at the calendar."""

Editions = Callable[[], Awaitable[Sequence[tuple[str, date]]]]
"""Every edition this service knows, with its last day."""


@dataclass(frozen=True)
class AfterEdition:
    """Deletes what an edition no longer needs: `forget(edition)` answers how many there were."""

    purpose: Purpose
    forget: Callable[[str], Awaitable[int]]


@dataclass(frozen=True)
class AfterEntry:
    """Deletes what grew old: `forget(moment)` deletes what was written before it, and answers how many."""

    purpose: Purpose
    forget: Callable[[datetime], Awaitable[int]]


class Retention:
    """The step of a leased loop. Doing it again deletes nothing more; a purge that found nothing leaves no note."""

    def __init__(
        self,
        database: AsyncIOMotorDatabase,
        rules: Sequence[AfterEdition | AfterEntry] = (),
        editions: Editions | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self.rules = (*rules, journal(database))
        self._editions = editions
        self._clock = clock

    async def step(self) -> bool:
        """Delete whatever is due today."""
        today = self._clock().date()
        ended = await self._editions() if self._editions else ()
        for rule in self.rules:
            kept = rule.purpose.kept or Kept()
            if isinstance(rule, AfterEntry):
                moment = datetime.combine(kept.cutoff(today), time(), UTC)
                await self._note(rule.purpose, "", await rule.forget(moment))
            else:
                for edition in (id for id, last_day in ended if today >= kept.over(last_day)):
                    await self._note(rule.purpose, edition, await rule.forget(edition))
        return False

    async def purges(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest deletions: `at`, `purpose` (its code), `edition` (or empty), `count`."""
        newest = self._database[COLLECTION].find({}).sort("at", DESCENDING)
        found: list[dict[str, Any]] = await newest.to_list(limit)
        return found

    async def _note(self, purpose: Purpose, edition: str, count: int) -> None:
        if count:
            log().info("retention.purged", purpose=purpose.code, edition=edition, count=count)
            note = {"_id": new_id(), "at": self._clock(), "purpose": purpose.code, "edition": edition, "count": count}
            await self._database[COLLECTION].insert_one(note)


def journal(database: AsyncIOMotorDatabase) -> AfterEntry:
    """Every service keeps its audit as long as the others."""
    return AfterEntry(JOURNAL, deleting(database, "audit", "at"))


def deleting(database: AsyncIOMotorDatabase, collection: str, field: str) -> Callable[[datetime], Awaitable[int]]:
    """Deletes the documents of `collection` whose `field` is earlier than the moment given."""

    async def forget(moment: datetime) -> int:
        return int((await database[collection].delete_many({field: {"$lt": moment}})).deleted_count)

    return forget
