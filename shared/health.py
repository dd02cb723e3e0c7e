"""How a service is: for the supervisor (`/health/…`), for Prometheus (`/metrics`), and in plain words for staff."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import nan

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from motor.motor_asyncio import AsyncIOMotorDatabase
from nats.errors import Error as NatsError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from pymongo.errors import PyMongoError

from shared import outbox
from shared.broker import Bus
from shared.clock import now
from shared.deadletters import DeadLetters

Figures = dict[str, dict[str, float]]
"""What a service itself counts: name of the metric → state → count."""

SLOW_SECONDS = 60.0
"""A fact that waits longer than this to be told, or a queue that long, is worth a word."""


@dataclass(frozen=True)
class Report:
    """What was found. `lag` counts the facts not yet taken in, by consumer; None when it cannot be asked."""

    mongo: bool
    nats: bool
    oldest_pending: float = 0.0
    """Seconds since the oldest fact that NATS has not acknowledged."""
    dead_letters: int = 0
    lag: dict[str, int | None] = field(default_factory=dict)
    figures: Figures = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether this process can do all of its work."""
        return self.mongo and self.nats and None not in self.lag.values()


class Health:
    """Asks MongoDB, NATS and the service's own collections; each question has two seconds."""

    def __init__(
        self,
        database: AsyncIOMotorDatabase,
        bus: Bus,
        letters: DeadLetters,
        figures: Callable[[], Awaitable[Figures]] | None = None,
    ) -> None:
        self._database = database
        self._bus = bus
        self._letters = letters
        self._figures = figures

    async def mongo(self) -> bool:
        """Whether MongoDB answers as a primary."""
        try:
            async with asyncio.timeout(2):
                hello = await self._database.command("hello")
        except (PyMongoError, TimeoutError):
            return False
        return bool(hello.get("isWritablePrimary"))

    async def report(self) -> Report:
        """Everything at once."""
        mongo, lag = await asyncio.gather(self.mongo(), self._lag())
        nats = self._bus.connected and None not in lag.values()
        if not mongo:
            return Report(mongo=False, nats=nats, lag=lag)
        figures = await self._figures() if self._figures else {}
        return Report(True, nats, await self._oldest_pending(), await self._letters.count(), lag, figures)

    async def _oldest_pending(self) -> float:
        entry = await self._database[outbox.COLLECTION].find_one({"pending": True}, {"at": 1}, sort=[("at", 1)])
        return max(0.0, (now() - entry["at"]).total_seconds()) if entry else 0.0

    async def _lag(self) -> dict[str, int | None]:
        # A ping stays true for minutes while NATS is frozen; a consumer's own state does not.
        names = self._bus.durables
        return dict(zip(names, await asyncio.gather(*(self._pending(name) for name in names)), strict=True))

    async def _pending(self, name: str) -> int | None:
        try:
            async with asyncio.timeout(2):
                consumer = await self._bus.consumer(name)
        except (NatsError, TimeoutError, OSError):
            return None
        return (consumer.num_pending or 0) + (consumer.num_ack_pending or 0)


def routes(health: Health) -> APIRouter:
    """`/health/live`, `/health/ready` and `/metrics`, on the service's own port."""
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/ready")
    async def ready() -> JSONResponse:
        report = await health.report()
        body = {"ready": report.ready, "mongo": report.mongo, "nats": report.nats, "lag": report.lag}
        return JSONResponse(body, 200 if report.ready else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(exposition(await health.report()), media_type=CONTENT_TYPE_LATEST)

    return router


def exposition(report: Report) -> bytes:
    """The report in Prometheus' text format. Labels are consumers and states, never subjects: those hold keys."""
    registry = CollectorRegistry()

    def gauge(name: str, about: str, value: float) -> None:
        Gauge(f"rencontres_{name}", about, registry=registry).set(value)

    gauge("mongo_up", "Whether MongoDB answers as a primary.", report.mongo)
    gauge("nats_up", "Whether NATS and every consumer of this service answer.", report.nats)
    gauge("outbox_oldest_seconds", "Age of the oldest fact that NATS has not acknowledged.", report.oldest_pending)
    gauge("dead_letters", "Messages set aside for a person.", report.dead_letters)
    lag = Gauge("rencontres_consumer_lag", "Facts not yet taken in.", ["consumer"], registry=registry)
    for consumer, pending in report.lag.items():
        lag.labels(consumer).set(nan if pending is None else pending)
    for name, counts in report.figures.items():
        counted = Gauge(f"rencontres_{name}", "Counted by the service itself.", ["state"], registry=registry)
        for state, count in counts.items():
            counted.labels(state).set(count)
    return generate_latest(registry)
