"""A deletion is noted even if its process dies, and one that is stopped or fails goes on where it was."""

import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from shared import retention
from shared.clock import now
from shared.errors import Away
from shared.purposes import NEEDS
from shared.retention import AfterEdition, Ending, Retention
from shared.store import Store, Unit

OLD = 7
DELETING = """
import asyncio, sys
from shared import retention
from shared.mongo import connect
from shared.store import Store
async def main():
    retention.AT_ONCE = 3
    store = Store(connect(sys.argv[1])[sys.argv[2]], "badges")
    await retention.Retention(store).step()
asyncio.run(main())
"""
APART = DELETING.replace(
    "async def main():",
    """
async def main():
    retention._delete = lambda due, id, unit: due.forget(unit, id)
    async def noting(self, due, deleting=retention.Retention._delete):
        count = await deleting(self, due)
        note = {"purpose": due.purpose.code, "edition": "", "count": count}
        await self._store.database.purges.insert_one(note)
    retention.Retention._delete = noting
""",
)
"""The same, with the note written after the deletion."""


@pytest.fixture
async def old(store: Store) -> Store:
    """A journal with more old entries than one step deletes, and a young one."""
    moments = [now() - timedelta(days=800 + n) for n in range(OLD)] + [now()]
    await store.database.audit.insert_many([{"_id": str(at), "at": at} for at in moments])
    return store


async def deleted_and_noted(database: AsyncIOMotorDatabase) -> tuple[int, int]:
    left = await database.audit.count_documents({})
    return OLD + 1 - left, sum([one["count"] async for one in database.purges.find({})])


async def work(job: Retention) -> None:
    """What the loop does: one step after the other, while there is more."""
    while await job.step():
        pass


def run(program: str, mongo_url: str, database: AsyncIOMotorDatabase, failpoints: Path, place: str) -> int:
    (failpoints / f"badges.{place}").touch()
    environment = {**os.environ, "FAILPOINTS": str(failpoints), "SERVICE": "badges"}
    command = [sys.executable, "-c", program, mongo_url, database.name]
    return subprocess.run(command, env=environment, check=False, timeout=60).returncode


@pytest.mark.parametrize("place", ["after-commit", "purged"])
async def test_a_deletion_is_noted_though_its_process_dies(old: Store, mongo_url: str, tmp_path: Path, place: str):
    assert run(DELETING, mongo_url, old.database, tmp_path, place) == -signal.SIGKILL
    assert await deleted_and_noted(old.database) == (3, 3)
    await work(Retention(old))
    assert await deleted_and_noted(old.database) == (OLD, OLD)


async def test_a_note_written_after_the_deletion_is_lost_with_its_process(old: Store, mongo_url: str, tmp_path: Path):
    assert run(APART, mongo_url, old.database, tmp_path, "purged") == -signal.SIGKILL
    assert await deleted_and_noted(old.database) == (3, 0)


async def test_one_step_deletes_a_part_and_says_whether_there_may_be_more(old: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    job = Retention(old)
    assert [await job.step() for _ in range(4)] == [True, True, True, False]
    (note,) = await job.purges()
    assert (note["purpose"], note["edition"], note["count"]) == ("journal", "", OLD)


async def test_what_cannot_be_deleted_is_put_off_and_holds_up_nothing(old: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    bad = (await old.database.audit.find_one({}, sort=[("at", 1)]))["_id"]

    tried, clock = [], now()

    def refuse(unit: Unit, collection: str, id: str, removing=Unit.remove) -> None:
        if id == bad:
            tried.append(clock)
            raise ValueError("no")
        removing(unit, collection, id)

    monkeypatch.setattr(Unit, "remove", refuse)
    job = Retention(old, clock=lambda: clock)
    await work(job)
    assert await deleted_and_noted(old.database) == (OLD - 1, OLD - 1)
    assert len({*tried}) == 1
    alone = len(tried)
    for hours in range(1, 60):
        clock = now() + timedelta(hours=hours)
        await work(job)
    waited = sorted({round((moment - tried[0]).total_seconds() / 3600) for moment in tried})
    assert (alone, waited) == (1, [0, 1, 3, 7, 15, 31, 55])
    assert await job.overdue() == 1


async def test_what_is_overdue_is_counted_in_the_database_whoever_should_have_deleted_it(old: Store):
    assert await Retention(old).overdue() == OLD
    await work(Retention(old))
    assert await Retention(old).overdue() == 0


def after_editions(store: Store, *bad: str) -> Retention:
    """A job with one rule, about things of two editions that are over; these cannot be deleted."""

    async def due(edition: str, limit: int) -> list[str]:
        found = store.database.things.find({"edition": edition}).sort("_id").limit(limit)
        return [one["_id"] async for one in found]

    def forget(unit: Unit, id: str) -> bool:
        if id in bad:
            raise ValueError(id)
        there = unit.get("things", id) is not None
        unit.remove("things", id)
        return there

    async def endings() -> list[Ending]:
        return [Ending("first", date(2026, 1, 1)), Ending("second", date(2026, 1, 1))]

    return Retention(store, (AfterEdition(NEEDS, due, forget),), endings)


async def left(store: Store) -> set[str]:
    return {one["_id"] async for one in store.database.things.find({})}


async def test_what_cannot_be_deleted_holds_up_no_later_edition_and_no_later_rule(old: Store):
    await old.database.things.insert_many([{"_id": f"{one}-1", "edition": one} for one in ("first", "second")])
    job = after_editions(old, "first-1")
    await work(job)
    assert await left(old) == {"first-1"}
    assert await old.database.audit.count_documents({}) == 1, "the journal comes after the editions"


async def test_more_than_a_batch_that_cannot_be_deleted_hides_nothing(old: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    things = [f"thing-{number}" for number in range(9)]
    await old.database.things.insert_many([{"_id": one, "edition": "first"} for one in things])
    job = after_editions(old, *things[:7])
    await work(job)
    assert await left(old) == {*things[:7]}


async def test_while_the_database_is_away_nothing_else_is_tried(old: Store, monkeypatch: pytest.MonkeyPatch):
    tries = []

    async def away(_store: Store, decide: object, **_how: bool) -> None:
        tries.append(decide)
        raise Away("MongoDB")

    monkeypatch.setattr(Store, "commit", away)
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    with pytest.raises(Away):
        await Retention(old).step()
    assert len(tries) == 3
