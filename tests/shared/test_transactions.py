"""A transaction that is tried again: with pauses, until its outcome is known, and freed when its process dies."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import pytest
from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorDatabase
from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError

from shared import mongo
from shared.errors import Away
from tests.shared.test_outages import ORPHAN

CONTENDERS = 24
sleep = asyncio.sleep


async def add_one(database: AsyncIOMotorDatabase) -> int:
    """Every contender raises one hot counter, in a transaction of its own; answers how often a body ran."""
    await database.things.insert_one({"_id": "hot", "n": 0})
    runs = 0

    async def work(tx: AsyncIOMotorClientSession) -> None:
        nonlocal runs
        runs += 1
        await database.things.update_one({"_id": "hot"}, {"$inc": {"n": 1}}, session=tx)
        await sleep(0.01)  # as long as a batch has more to write: whoever does not wait meanwhile runs in vain

    await asyncio.gather(*(mongo.transact(database.client, work) for _ in range(CONTENDERS)))
    found = await database.things.find_one({"_id": "hot"})
    assert found is not None
    assert found["n"] == CONTENDERS
    return runs


async def test_transactions_that_collide_wait_before_they_try_again(
    database: AsyncIOMotorDatabase, monkeypatch: pytest.MonkeyPatch
):
    patient = await add_one(database)
    await database.things.delete_many({})
    monkeypatch.setattr("shared.mongo.asyncio.sleep", lambda _seconds: sleep(0))
    hasty = await add_one(database)
    assert hasty > 1.5 * patient


class Torn:
    """A session whose first commit reaches the server while its answer is lost."""

    def __init__(self) -> None:
        self.commits = 0

    async def commit(self, tx: AsyncIOMotorClientSession) -> None:
        self.commits += 1
        await _commit(tx)
        if self.commits == 1:
            lost = ConnectionFailure("the answer was lost")
            lost._add_error_label("UnknownTransactionCommitResult")
            raise lost


_commit = AsyncIOMotorClientSession.commit_transaction


@pytest.fixture
def torn(monkeypatch: pytest.MonkeyPatch) -> Torn:
    made = Torn()
    monkeypatch.setattr(AsyncIOMotorClientSession, "commit_transaction", lambda tx: made.commit(tx))  # noqa: PLW0108 - a method needs its session
    return made


async def written(database: AsyncIOMotorDatabase) -> None:
    async def work(tx: AsyncIOMotorClientSession) -> None:
        await database.things.insert_one({"_id": "one"}, session=tx)

    await mongo.transact(database.client, work)


async def test_a_commit_whose_answer_is_lost_is_asked_again_until_it_is_known(
    database: AsyncIOMotorDatabase, torn: Torn
):
    await written(database)
    assert (torn.commits, await database.things.count_documents({})) == (2, 1)


async def test_without_asking_again_a_change_that_was_made_is_answered_as_lost(
    database: AsyncIOMotorDatabase, torn: Torn, monkeypatch: pytest.MonkeyPatch
):
    async def once(tx: AsyncIOMotorClientSession, _until: float) -> None:
        await tx.commit_transaction()

    monkeypatch.setattr(mongo, "_commit", once)
    with pytest.raises(Away):
        await written(database)
    assert await database.things.count_documents({}) == 1


@pytest.fixture
async def long_lived(database: AsyncIOMotorDatabase) -> AsyncIterator[None]:
    """The server's own default: a transaction whose client is gone lives for a minute."""
    limit = {"setParameter": 1, "transactionLifetimeLimitSeconds": 60}
    before = (await database.client.admin.command(limit))["was"]
    yield
    await database.client.admin.command("killAllSessions", [])
    await database.client.admin.command({**limit, "transactionLifetimeLimitSeconds": before})


@pytest.mark.usefixtures("long_lived")
async def test_without_its_limit_a_dead_transaction_keeps_its_documents(database: AsyncIOMotorDatabase, mongo_url: str):
    await database.things.insert_one({"_id": "hot", "n": 0})
    child = subprocess.Popen([sys.executable, "-c", ORPHAN, mongo_url, database.name], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    child.kill()
    child.wait()
    child.stdout.close()
    began = time.monotonic()
    while time.monotonic() - began < 6:
        with pytest.raises(PyMongoError) as refused:
            await database.things.update_one({"_id": "hot"}, {"$inc": {"n": 10}}, comment="blocked")
        assert refused.value.timeout or isinstance(refused.value, ExecutionTimeout)
