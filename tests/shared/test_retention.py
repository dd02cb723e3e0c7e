"""A deletion is noted even if its process dies, and one that is stopped or fails goes on where it was."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from shared import retention
from shared.clock import now
from shared.retention import Retention
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


def run(program: str, mongo_url: str, database: AsyncIOMotorDatabase, failpoints: Path, place: str) -> int:
    (failpoints / f"badges.{place}").touch()
    environment = {**os.environ, "FAILPOINTS": str(failpoints), "SERVICE": "badges"}
    command = [sys.executable, "-c", program, mongo_url, database.name]
    return subprocess.run(command, env=environment, check=False, timeout=60).returncode


@pytest.mark.parametrize("place", ["after-commit", "purged"])
async def test_a_deletion_is_noted_though_its_process_dies(old: Store, mongo_url: str, tmp_path: Path, place: str):
    assert run(DELETING, mongo_url, old.database, tmp_path, place) == -signal.SIGKILL
    assert await deleted_and_noted(old.database) == (3, 3)
    while await Retention(old).step():
        pass
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


async def test_what_cannot_be_deleted_holds_up_nothing_and_ends_the_turn(old: Store, monkeypatch: pytest.MonkeyPatch):
    bad = (await old.database.audit.find_one({}, sort=[("at", 1)]))["_id"]

    def refuse(unit: Unit, collection: str, id: str, removing=Unit.remove) -> None:
        if id == bad:
            raise ValueError("no")
        removing(unit, collection, id)

    monkeypatch.setattr(Unit, "remove", refuse)
    job = Retention(old)
    assert await job.step()
    with pytest.raises(ValueError, match="no"):
        await job.step()
    assert await deleted_and_noted(old.database) == (OLD - 1, OLD - 1)
