"""Retention: what was promised to be deleted is deleted on its day, by a job, which notes how much it was.

A deletion and its note are one transaction: a process that dies leaves both or neither.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from pymongo import DESCENDING, IndexModel

from shared.clock import now
from shared.errors import Away
from shared.failpoints import reach
from shared.logs import failure, log
from shared.mongo import is_away
from shared.purposes import JOURNAL, Kept, Purpose
from shared.unit import Unit

if TYPE_CHECKING:
    from shared.store import Store

COLLECTION = "purges"
INDEXES = [
    # the newest first, for the register
    IndexModel([("at", DESCENDING)]),
]
HOUR = 3600.0
"""Seconds between two looks at the calendar."""
AT_ONCE = 100
"""Documents deleted by one step; the lease is asked for again between two."""
AGAIN, SELDOM = timedelta(hours=1), timedelta(days=1)
"""What cannot be deleted is tried again after so long; each failure doubles it, up to a day."""
LATE = timedelta(hours=6)
"""What was due so long ago and is still there is worth a word."""
SETTLED = timedelta(hours=24)
"""How long nothing is deleted after an edition got another last day: a mistyped one is seen and mended meanwhile."""


@dataclass(frozen=True)
class Ending:
    """The last day of an edition, and since when this service knows that one."""

    edition: str
    last_day: date
    known_since: datetime | None = None

    @property
    def settled_at(self) -> datetime | None:
        """Until then nothing is deleted, whatever the calendar says."""
        return self.known_since and self.known_since + SETTLED

    def is_over(self, kept: Kept, at: datetime) -> bool:
        """Whether what is kept so long is to be gone at this moment."""
        settled = self.settled_at is None or at >= self.settled_at
        return settled and at.date() >= kept.over(self.last_day)

    def gone_on(self, kept: Kept) -> date:
        """The day on which what is kept so long is to be gone."""
        over = kept.over(self.last_day)
        return max(over, self.settled_at.date()) if self.settled_at else over

    def threatens(self, kept: Kept, at: datetime) -> bool:
        """Whether a last day that is still to settle deletes something as soon as it has."""
        return (
            self.settled_at is not None and at < self.settled_at and self.settled_at.date() >= kept.over(self.last_day)
        )


Endings = Callable[[], Awaitable[Sequence[Ending]]]
"""Every edition this service knows."""
Forget = Callable[[Unit, str], bool]
"""Deletes one thing in the unit given; whether it was there. Synchronous and repeatable, like every decision."""


@dataclass(frozen=True)
class AfterEdition:
    """Deletes what an edition no longer needs: `due(edition, limit)` names some of it."""

    purpose: Purpose
    due: Callable[[str, int], Awaitable[Sequence[str]]]
    forget: Forget


@dataclass(frozen=True)
class AfterEntry:
    """Deletes what grew old: the documents of `collection` whose `field` is earlier than the moment due."""

    purpose: Purpose
    collection: str
    field: str


@dataclass(frozen=True)
class _Due:
    """What one rule has to delete now."""

    purpose: Purpose
    edition: str
    ids: Callable[[int], Awaitable[Sequence[str]]]
    forget: Forget


@dataclass(frozen=True)
class _Failed:
    """Something that could not be deleted: how long it waits, and until when."""

    pause: timedelta
    until: datetime


class Retention:
    """The step of a leased loop. Doing it again deletes nothing more; a purge that found nothing leaves no note.

    What cannot be deleted is put off, longer each time, and holds up nothing else; `overdue` still counts it.
    """

    def __init__(
        self,
        store: "Store",
        rules: Sequence[AfterEdition | AfterEntry] = (),
        endings: Endings | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store = store
        self.rules = (*rules, AfterEntry(JOURNAL, "audit", "at"))
        self._endings = endings
        self._clock = clock
        self._failed: dict[tuple[str, str], dict[str, _Failed]] = {}

    async def step(self) -> bool:
        """Delete some of what is due; True while there may be more. A rule that cannot be asked is raised last."""
        endings = await self._endings() if self._endings else ()
        first: Exception | None = None
        for due in self._due(endings, self._clock()):
            try:
                if await self._delete(due):
                    return True
            except Exception as error:
                if _fails_everything(error):
                    raise
                first = first or error
        if first:
            raise first
        return False

    async def overdue(self) -> int:
        """How much was due six hours ago and is still there, counted up to a hundred for each rule and edition.

        Asked of the database, so that any process sees what another fails at, or that nobody does this work.
        """
        endings = await self._endings() if self._endings else ()
        return sum([len(await due.ids(AT_ONCE)) for due in self._due(endings, self._clock() - LATE)])

    async def purges(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest deletions, one for each day: `at`, `purpose` (its code), `edition` (or empty), `count`."""
        newest = self._store.database[COLLECTION].find({}).sort("at", DESCENDING)
        found: list[dict[str, Any]] = await newest.to_list(limit)
        return found

    def _due(self, endings: Sequence[Ending], at: datetime) -> Iterator[_Due]:
        for rule in self.rules:
            kept = rule.purpose.kept or Kept()
            if isinstance(rule, AfterEntry):
                moment = datetime.combine(kept.cutoff(at.date()), time(), UTC)
                yield _Due(rule.purpose, "", partial(self._older, rule, moment), partial(_forget_old, rule, moment))
                continue
            for ending in endings:
                if ending.is_over(kept, at):
                    yield _Due(rule.purpose, ending.edition, partial(rule.due, ending.edition), rule.forget)

    async def _older(self, rule: AfterEntry, moment: datetime, limit: int) -> list[str]:
        entries = self._store.database[rule.collection]
        return [one["_id"] async for one in entries.find({rule.field: {"$lt": moment}}, {"_id": 1}).limit(limit)]

    async def _delete(self, due: _Due) -> int:
        """How many were deleted, of the first batch in which any could be."""
        failed, at = self._failed.setdefault((due.purpose.code, due.edition), {}), self._clock()
        while ids := await self._next(due, {id for id, one in failed.items() if one.until > at}):
            # one command for each thing, so that one that fails fails alone; they share their transactions
            commands = (self._store.commit(partial(_delete, due, id), patient=True) for id in ids)
            outcomes = await asyncio.gather(*commands, return_exceptions=True)
            reach("purged")
            failures = {id: one for id, one in zip(ids, outcomes, strict=True) if isinstance(one, BaseException)}
            if stop := next(filter(_fails_everything, failures.values()), None):
                raise stop
            self._put_off(due, failed, ids, failures)
            if count := sum(outcome is True for outcome in outcomes):
                log().info("retention.purged", purpose=due.purpose.code, edition=due.edition, count=count)
                return count
            if not failures:
                return 0
        return 0

    def _put_off(
        self, due: _Due, failed: dict[str, _Failed], ids: Sequence[str], failures: Mapping[str, BaseException]
    ) -> None:
        """What failed waits, longer than the last time; what did not is remembered no more."""
        for id in ids:
            before = failed.pop(id, None)
            if id in failures:
                pause = min(before.pause * 2, SELDOM) if before else AGAIN
                failed[id] = _Failed(pause, self._clock() + pause)
        if failures:
            first = next(iter(failures.values()))
            about = {"purpose": due.purpose.code, "edition": due.edition, "count": len(failures)}
            log().error("retention.failed", **about, **failure(first))

    async def _next(self, due: _Due, waiting: set[str]) -> list[str]:
        """Some that do not wait: so many more are asked for as wait and may still be there."""
        found = await due.ids(AT_ONCE + len(waiting))
        return [id for id in found if id not in waiting][:AT_ONCE]


def _fails_everything(error: BaseException) -> bool:
    """Whether the next deletion would fail alike: MongoDB is away, or the process stops."""
    return not isinstance(error, Exception) or isinstance(error, Away) or is_away(error)


def _delete(due: _Due, id: str, unit: Unit) -> bool:
    """The deletion and its note; one note for each day, purpose and edition counts them all."""
    if not due.forget(unit, id):
        return False
    noted = f"{due.purpose.code}:{due.edition}:{unit.now.date().isoformat()}"
    before = unit.get(COLLECTION, noted)
    about = {"purpose": due.purpose.code, "edition": due.edition}
    unit.put(COLLECTION, {"_id": noted, "at": unit.now, **about, "count": (before["count"] if before else 0) + 1})
    return True


def _forget_old(rule: AfterEntry, moment: datetime, unit: Unit, id: str) -> bool:
    one = unit.get(rule.collection, id)
    if one is None or one[rule.field] >= moment:
        return False
    unit.remove(rule.collection, id)
    return True
