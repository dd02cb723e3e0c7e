"""What runs around every service: connections, relay, consumers, loops, watchdog; started and stopped together."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

import uvicorn
from fastapi import FastAPI

from shared import logs, metrics, mongo, rebuild
from shared.broker import Bus
from shared.deadletters import DeadLetters
from shared.health import LOOK_EVERY, Health
from shared.leases import SECONDS, Lease
from shared.letters import Replaying
from shared.loops import Loop
from shared.outbox import Relay
from shared.retention import HOUR, Retention
from shared.settings import Settings
from shared.store import Store
from shared.watchdog import Watchdog

S = TypeVar("S", bound=Store)

REPLAY_EVERY = 2.0
"""Seconds until a letter that somebody asked to replay is looked at."""
SWITCH_SECONDS = 0.0005
"""Motor works in threads: with Python's 5 ms each answer waited that long for its turn."""
DEAF = 74
"""The exit code of a process that could not begin to consume."""


class House(Generic[S]):
    """The plumbing of one service, made in its `app.py`; `lifespan` is what FastAPI runs it by."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        store_class: type[S],
    ) -> None:
        logs.configure(name, settings.log_level)
        metrics.built(name)
        self.name = name
        self.settings = settings
        self.client = mongo.connect(settings.mongo_url)
        self.database = self.client[name]
        self.letters = DeadLetters(self.database)
        self.store: S = store_class(self.database, name, ring=self._ring)
        self.bus = Bus(name, settings.nats_url, self.letters, self._alive)
        relay = Relay(self.database, self.bus.stream)
        self.health = Health(name, self.database, self.bus, self.letters, refused=lambda: relay.refused)
        self._relay = Loop("relay", relay.step, lease=Lease(self.database, "relay"))
        self.health.vacancies.names.append("relay")
        self.bus.on_bell(self._relay.wake)
        replaying = Replaying(self.letters, self.bus, self._alive)
        self._loops: list[Loop] = []
        self._lookout = rebuild.Lookout(self.database)
        self._shut = [
            Loop("hold", self._lookout.look, every=rebuild.EVERY),
            Loop("health", self.health.look, every=LOOK_EVERY),
        ]
        self._followers: list[Loop] = []
        self._tasks: set[asyncio.Task[None]] = set()
        lease = Lease(self.database, "letters")
        self.add_loop(Loop("letters", replaying.step, every=REPLAY_EVERY, lease=lease))

    def add_loop(self, loop: Loop, *, woken_by_commits: bool = False) -> None:
        """Run `loop` in worker processes; if asked, wake it after each commit of any replica."""
        self._loops.append(loop)
        if loop.lease and loop.every < SECONDS:
            self.health.vacancies.names.append(loop.lease.name)
        if woken_by_commits:
            self.bus.on_bell(loop.wake)

    def forget_in_time(self, retention: Retention) -> Retention:
        """Run the job that deletes what is due; answers it, for the page that says what it did."""
        self.add_loop(Loop("retention", retention.step, every=HOUR, lease=Lease(self.database, "retention")))
        self.health.overdue = retention.overdue
        return retention

    def add_follower(self, loop: Loop) -> None:
        """Run `loop` in every process, web ones too, and wake it after each commit of any replica.

        For what a process keeps in memory and must follow: the edition's names, finished pages, withdrawn cookies.
        """
        self._followers.append(loop)
        self.bus.on_bell(loop.wake)

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """Pages answer at once; MongoDB and NATS are waited for in the background, as long as it takes.

        Only a database that is being rebuilt is waited for first. Over one that was lost nothing runs but what says so,
        and neither does it before MongoDB has said that the database is none of these.
        """
        await self._lookout.begin()
        self.health.lost = self._lookout.lost
        app.state.shut = self._lookout.lost or not self._lookout.seen.is_set()
        logs.log().info("service.started", run=self.settings.run, lost=self._lookout.lost)
        self._spawn(Watchdog().watch())
        for loop in self._shut:
            self._spawn(loop.run())
        if not self._lookout.lost:
            self._spawn(self._open(app))
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self.bus.stop()
            await self.store.close()
            self.client.close()

    @property
    def _running(self) -> list[Loop]:
        return self._followers + (self._loops if self.settings.worker else [])

    async def _open(self, app: FastAPI) -> None:
        """Answer, work and listen, once it is seen that the database is neither held nor lost."""
        await self._lookout.seen.wait()
        app.state.shut = False
        for loop in self._running:
            self._spawn(loop.run())
        await self._converse()

    async def _converse(self) -> None:
        try:
            await self.bus.start(consume=self.settings.worker)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody else would notice
            # A service that answers pages but hears and tells nothing is worse than one that is started again.
            logs.log().error("nats.unusable", **logs.failure(error))
            os._exit(DEAF)
        if self.settings.worker:
            await self._relay.run()

    async def _alive(self) -> bool:
        return await self.health.mongo()

    def _ring(self) -> None:
        self._spawn(self.bus.ring())

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logs.log().error("task.failed", task=task.get_name(), **logs.failure(error))


def serve(app: FastAPI, settings: Settings) -> None:
    """Run the service until it is told to stop."""
    sys.setswitchinterval(SWITCH_SECONDS)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
