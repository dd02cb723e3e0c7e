"""How a service is: for the supervisor (`/health/…`), for Prometheus (`/metrics`), and in plain words for staff."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError
from pymongo.errors import PyMongoError

from shared import outbox
from shared.broker import Bus
from shared.clock import now
from shared.deadletters import DeadLetters
from shared.findings import DISK_FREE, Finding, Watch, found
from shared.leases import Vacancies

Figures = dict[str, dict[str, float]]
"""What a service itself counts: name of the metric → state → count."""

SELDOM = timedelta(seconds=30)
"""Between two looks at the disk, and for what should have been deleted."""
LOOK_EVERY = 5.0
"""Seconds between two looks that only note since when something is wrong."""


@dataclass(frozen=True)
class Report:
    """What was found. `lag` counts the facts not yet taken in, by consumer; None when it cannot be asked."""

    service: str
    mongo: bool
    nats: bool
    pending: int = 0
    pending_since: datetime | None = None
    oldest_pending: float = 0.0
    """Seconds since the oldest fact that NATS has not acknowledged."""
    refused: bool = False
    """NATS answers the relay of this process, and refuses its facts."""
    dead_letters: int = 0
    letters_since: datetime | None = None
    lag: dict[str, int | None] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    """Consumers that NATS does not know."""
    paused: dict[str, datetime] = field(default_factory=dict)
    ahead: dict[str, float] = field(default_factory=dict)
    """Seconds from now to the time of the last fact of a publisher, where that lies in the future."""
    stuck: tuple[str, ...] = ()
    """Work that needs a lease and that nobody does."""
    overdue: int = 0
    """What was to be deleted hours ago and is still there."""
    clock: float = 0.0
    """Seconds by which this machine's clock is ahead of the database's."""
    disk_free: float = 1.0
    """The part of the database's disk that is free."""
    disk_least: float = DISK_FREE
    own: tuple[Finding, ...] = ()
    """What the service itself has to say."""
    lost: bool = False
    """The database went away under the service, which stays shut until somebody puts it back."""

    @property
    def ready(self) -> bool:
        """Whether this process can do all of its work."""
        return self.mongo and self.nats and not self.lost and None not in self.lag.values()


class Health:
    """Asks MongoDB, NATS and the service's own collections; each question has two seconds."""

    def __init__(
        self,
        service: str,
        database: AsyncIOMotorDatabase,
        bus: Bus,
        letters: DeadLetters,
        *,
        refused: Callable[[], bool] = lambda: False,
        disk_least: float = DISK_FREE,
    ) -> None:
        self.service = service
        self.figures: Callable[[], Awaitable[Figures]] | None = None
        self.concerns: Callable[[], Awaitable[Sequence[Finding]]] | None = None
        self.overdue: Callable[[], Awaitable[int]] | None = None
        self.vacancies = Vacancies(database)
        self.lost = False
        """As in the report: set by whoever looks out for it."""
        self._database = database
        self._bus = bus
        self._letters = letters
        self._refused = refused
        self._disk_least = disk_least
        self._disk = (_NEVER, 1.0)
        self._overdue = (_NEVER, 0)
        self._watch = Watch()

    async def mongo(self) -> bool:
        """Whether MongoDB answers as a primary."""
        return await self._hello() is not None

    async def _hello(self) -> float | None:
        """How many seconds this clock is ahead of MongoDB's; None when there is no primary that answers."""
        asked = now()
        try:
            async with asyncio.timeout(2):
                hello = await self._database.command("hello")
        except (PyMongoError, TimeoutError):
            return None
        if not hello.get("isWritablePrimary"):
            return None
        middle = asked + (now() - asked) / 2
        local: datetime = hello["localTime"]
        return (middle - (local if local.tzinfo else local.replace(tzinfo=UTC))).total_seconds()

    async def findings(self) -> tuple[Report, list[Finding]]:
        """What is wrong now, and since when."""
        report = await self.report()
        return report, self._watch.look(found(report), now())

    async def look(self) -> bool:
        """The step of a loop: notes when something begins to be wrong, though nobody reads the page."""
        await self.findings()
        return False

    async def report(self) -> Report:
        """Everything at once."""
        if self.lost:
            return Report(self.service, mongo=await self.mongo(), nats=False, lost=True)
        clock, lag = await asyncio.gather(self._hello(), self._lag())
        nats = self._bus.connected and not any(count is None for count in lag.values())
        missing = frozenset(name for name, count in lag.items() if count == _MISSING)
        lag = {name: None if count == _MISSING else count for name, count in lag.items()}
        if clock is None:
            return Report(self.service, mongo=False, nats=nats, lag=lag, missing=missing)
        try:
            async with asyncio.timeout(2):
                more = await self._stored()
        except (PyMongoError, TimeoutError):
            return Report(self.service, mongo=False, nats=nats, lag=lag, missing=missing)
        ahead = {publisher: seconds for publisher, at in self._bus.told_at.items() if (seconds := _until(at)) > 0}
        known: dict[str, Any] = {"lag": lag, "missing": missing, "clock": clock, "ahead": ahead, **more}
        return Report(self.service, True, nats, disk_least=self._disk_least, **known)

    async def _stored(self) -> dict[str, Any]:
        """What the service's own database knows."""
        entries = self._database[outbox.COLLECTION]
        oldest = await entries.find_one({"pending": True}, {"at": 1}, sort=[("at", 1)])
        since = oldest["at"] if oldest else None
        return {
            "pending": await entries.count_documents({"pending": True}) if oldest else 0,
            "pending_since": since,
            "oldest_pending": max(0.0, -_until(since)) if since else 0.0,
            "refused": bool(oldest) and self._refused(),
            "dead_letters": await self._letters.count(),
            "letters_since": await self._letters.oldest(),
            "paused": await self._letters.pauses.all(),
            "stuck": await self.vacancies.stuck(),
            "disk_free": await self._disk_free(),
            "overdue": await self._to_delete(),
            "own": tuple(await self.concerns()) if self.concerns else (),
        }

    async def _disk_free(self) -> float:
        looked, free = self._disk
        if _is_old(looked):
            stats = await self._database.command("dbStats")
            total = stats.get("fsTotalSize", 0)
            free = 1 - stats["fsUsedSize"] / total if total else 1.0
            self._disk = (now(), free)
        return free

    async def _to_delete(self) -> int:
        looked, count = self._overdue
        if self.overdue and _is_old(looked):
            count = await self.overdue()
            self._overdue = (now(), count)
        return count

    async def _lag(self) -> dict[str, int | None]:
        # A ping stays true for minutes while NATS is frozen; a consumer's own state does not.
        names = self._bus.durables
        return dict(zip(names, await asyncio.gather(*(self._pending(name) for name in names)), strict=True))

    async def _pending(self, name: str) -> int | None:
        try:
            async with asyncio.timeout(2):
                consumer = await self._bus.consumer(name)
        except NotFoundError:
            return _MISSING
        except (NatsError, TimeoutError, OSError):
            return None
        return (consumer.num_pending or 0) + (consumer.num_ack_pending or 0)


_MISSING = -1
_NEVER = datetime.min.replace(tzinfo=UTC)


def _is_old(looked: datetime) -> bool:
    """Whether it is time to look again; it is, too, when the clock was put back."""
    return abs(now() - looked) > SELDOM


def _until(at: datetime) -> float:
    return (at - now()).total_seconds()
