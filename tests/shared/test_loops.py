"""Background work: paced, woken, outliving failures, and done by one replica at a time."""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from time import monotonic

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from shared import loops
from shared.clock import now
from shared.errors import Away
from shared.leases import Lease
from shared.loops import Loop
from tests.shared.conftest import until


async def test_only_one_of_two_holds_a_lease_until_it_is_released(database: AsyncIOMotorDatabase):
    first, second = Lease(database, "relay"), Lease(database, "relay")
    assert [await first.hold(), await second.hold(), await first.hold()] == [True, False, True]
    await first.release()
    assert [await second.hold(), await first.hold()] == [True, False]


async def test_a_lease_nobody_renews_passes_on(database: AsyncIOMotorDatabase):
    first, second = Lease(database, "relay"), Lease(database, "relay")
    await first.hold()
    document = await database.leases.find_one({})
    await database.leases.update_one({}, {"$set": {"until": document["until"].replace(year=2020)}})
    assert await second.hold() is True


async def test_twenty_at_once_get_one_lease(database: AsyncIOMotorDatabase):
    held = await asyncio.gather(*(Lease(database, "relay").hold() for _ in range(20)))
    assert held.count(True) == 1


async def test_an_hourly_loop_takes_over_as_soon_as_the_lease_of_who_died_has_run_out(
    database: AsyncIOMotorDatabase, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(loops, "SECONDS", 0.05)
    await Lease(database, "retention").hold()  # by one that dies
    worked = asyncio.Event()
    answers: list[bool] = []

    class Asked(Lease):
        """Keeps what it answered."""

        async def hold(self) -> bool:
            answers.append(await super().hold())
            return answers[-1]

    async def step() -> bool:
        worked.set()
        return False

    task = asyncio.create_task(Loop("retention", step, every=3600, lease=Asked(database, "retention")).run())

    async def refused_twice() -> bool:
        return answers.count(False) >= 2

    await until(refused_twice)
    assert not worked.is_set()
    await database.leases.update_one({}, {"$set": {"until": now() - timedelta(seconds=1)}})
    async with asyncio.timeout(10):
        await worked.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_hourly_work_that_failed_is_tried_again_before_an_hour(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(loops, "AGAIN", 0.01)
    tries = 0
    done = asyncio.Event()

    async def step() -> bool:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise Away("MongoDB")
        done.set()
        return False

    task = asyncio.create_task(Loop("retention", step, every=3600).run())
    async with asyncio.timeout(10):
        await done.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert tries == 2


async def test_a_loop_works_while_there_is_work_then_waits_for_the_bell():
    jobs = [1, 2, 3]
    turns = 0

    async def step() -> bool:
        nonlocal turns
        turns += 1
        return bool(jobs and jobs.pop())

    loop = Loop("test", step, every=60)
    task = asyncio.create_task(loop.run())
    await asyncio.sleep(0.05)
    assert (jobs, turns) == ([], 4)
    loop.wake()
    await asyncio.sleep(0.05)
    assert turns == 5
    task.cancel()


async def test_a_calm_loop_answers_the_first_bell_at_once_and_many_together():
    begun: list[float] = []

    async def step() -> bool:
        begun.append(monotonic())
        return False

    loop = Loop("test", step, every=60, calm=0.3)
    task = asyncio.create_task(loop.run())
    await asyncio.sleep(0.4)
    rung = monotonic()
    for _ in range(20):  # within 0.2 s
        loop.wake()
        await asyncio.sleep(0.01)

    async def looked_after_all_of_them() -> bool:
        return len(begun) == 3

    await until(looked_after_all_of_them)
    task.cancel()
    _, first, last = begun
    assert first - rung < 0.1
    assert last - first >= 0.3


async def test_a_failing_step_is_tried_again_and_the_loop_lives_on():
    turns = 0

    async def step() -> bool:
        nonlocal turns
        turns += 1
        raise RuntimeError("again")

    task = asyncio.create_task(Loop("test", step, every=0.01).run())

    async def enough() -> bool:
        return turns >= 3

    await until(enough)
    assert not task.done()
    task.cancel()


STALLING = """
import asyncio, sys, time
from shared.watchdog import Watchdog

async def main():
    if sys.argv[1] == "watched":
        asyncio.create_task(Watchdog(0.5).watch())
    await asyncio.sleep(0.2)
    stop = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < stop: pass

asyncio.run(main())
"""


def test_a_stalled_event_loop_ends_its_process():
    command = [sys.executable, "-c", STALLING, "watched", "20"]
    outcome = subprocess.run(command, capture_output=True, timeout=15, check=False)
    assert outcome.returncode == 73
    assert b"loop.stalled" in outcome.stdout


STARVED = """
import asyncio, os, sys, time
from shared.watchdog import Watchdog

async def main():
    asyncio.create_task(Watchdog(0.5).watch())
    await asyncio.sleep(0.2)
    os.sched_setaffinity(0, {int(sys.argv[1])})
    os.nice(10)
    begun, done = time.monotonic(), time.thread_time() + 0.15
    while time.thread_time() < done: pass
    print(time.monotonic() - begun)
    await asyncio.sleep(0.2)

asyncio.run(main())
"""
BUSY = """
import os, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
end = time.monotonic() + 60
while time.monotonic() < end: pass
"""


def test_a_loop_that_waits_for_a_processor_has_not_stalled():
    one = str(min(os.sched_getaffinity(0)))
    with subprocess.Popen([sys.executable, "-c", BUSY, one]) as other:
        try:
            command = [sys.executable, "-c", STARVED, one]
            outcome = subprocess.run(command, capture_output=True, timeout=60, check=False)
        finally:
            other.kill()
    assert (outcome.returncode, outcome.stderr) == (0, b"")
    assert float(outcome.stdout) > 0.6, "longer than it may stall"


def test_without_the_watchdog_a_stalled_process_goes_on_as_if_it_were_well():
    command = [sys.executable, "-c", STALLING, "alone", "1.5"]
    assert subprocess.run(command, capture_output=True, timeout=15, check=False).returncode == 0
