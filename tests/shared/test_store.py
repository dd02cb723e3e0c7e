"""State, facts and inbox marks are one; a batch is quick; a bad command fails alone."""

import asyncio

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from shared import mongo
from shared.batch import Batcher
from shared.clock import now
from shared.errors import Refusal
from shared.events import Envelope
from shared.logs import bound
from shared.store import Store, Unit, by, by_id
from tests.shared.conftest import PUBLISHER, a_check_in


def an_envelope(id: str = "f1") -> Envelope:
    return Envelope(id, "rencontres.badges.checked-in.v1", "/test", now(), "r1", 1, "c1")


def add_one(unit: Unit) -> int:
    n = (unit.get("things", "hot") or {"n": 0})["n"] + 1
    unit.put("things", {"_id": "hot", "n": n})
    return n


async def test_a_state_change_and_its_fact_are_written_together(store: Store, database: AsyncIOMotorDatabase):
    def decide(unit: Unit) -> None:
        unit.add("things", {"_id": "r1"})
        unit.record(a_check_in(), 1)
        unit.audit("ines", "check-in", "r1", ["gate"])

    with bound("c9", "cause"):
        await store.commit(decide)
    entry = await database.outbox.find_one({})
    assert entry["_id"] == "badges:r1:1"
    assert entry["pending"] is True
    assert entry["headers"]["ce-correlationid"] == "c9"
    assert entry["headers"]["ce-causationid"] == "cause"
    assert await database.things.count_documents({}) == 1
    assert (await database.audit.find_one({}))["fields"] == ["gate"]


async def test_a_refusal_leaves_neither_state_nor_fact(store: Store, database: AsyncIOMotorDatabase):
    def decide(unit: Unit) -> None:
        unit.add("things", {"_id": "r1"})
        unit.record(a_check_in(), 1)
        raise Refusal

    with pytest.raises(Refusal):
        await store.commit(decide)
    assert await database.things.count_documents({}) == await database.outbox.count_documents({}) == 0


async def test_a_failed_write_leaves_neither_state_nor_fact(store: Store, database: AsyncIOMotorDatabase):
    def decide(unit: Unit) -> None:
        unit.add("things", {"_id": "r1", "value": object()})
        unit.record(a_check_in(), 1)

    with pytest.raises(Exception, match="cannot encode object"):
        await store.commit(decide)
    assert await database.outbox.count_documents({}) == 0


async def test_a_bad_command_fails_alone_among_fifty(store: Store, database: AsyncIOMotorDatabase):
    def decide(n: int) -> None:
        def add(unit: Unit) -> None:
            unit.add("things", {"_id": f"t{n}", "value": object() if n == 17 else n})

        return add

    results = await asyncio.gather(*(store.commit(decide(n)) for n in range(50)), return_exceptions=True)
    assert [n for n, result in enumerate(results) if result is not None] == [17]
    assert await database.things.count_documents({}) == 49


async def test_the_same_fact_twice_acts_once(store: Store, database: AsyncIOMotorDatabase):
    results = [await store.consume(an_envelope(), add_one) for _ in range(2)]
    together = await asyncio.gather(*(store.consume(an_envelope("f2"), add_one) for _ in range(5)))
    assert results == [1, None]
    assert sorted(together, key=str) == [2, None, None, None, None]
    assert (await database.things.find_one({"_id": "hot"}))["n"] == 2


async def test_without_the_inbox_the_same_fact_acts_twice(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Unit, "seen", lambda _unit, _id: False)
    assert [await store.consume(an_envelope(), add_one) for _ in range(2)] == [1, 2]


async def test_a_hot_counter_stays_exact_over_two_processes_worth_of_stores(
    store: Store, database: AsyncIOMotorDatabase
):
    other = Store(database, PUBLISHER)
    counts = await asyncio.gather(*(s.commit(add_one) for _ in range(100) for s in (store, other)))
    await other.close()
    assert sorted(counts) == list(range(1, 201))


async def test_without_guard_and_transaction_the_hot_counter_goes_wrong(store: Store, database: AsyncIOMotorDatabase):
    async def unguarded() -> None:
        document = await database.things.find_one({"_id": "hot"}) or {"n": 0}
        await asyncio.sleep(0.001)
        await database.things.replace_one({"_id": "hot"}, {"n": document["n"] + 1}, upsert=True)

    await unguarded()
    await asyncio.gather(*(unguarded() for _ in range(50)))
    assert (await database.things.find_one({"_id": "hot"}))["n"] < 51


async def test_waiting_commands_share_a_transaction(store: Store, monkeypatch: pytest.MonkeyPatch):
    transactions = 0
    transact = mongo.transact

    async def counted(client, work):
        nonlocal transactions
        transactions += 1
        return await transact(client, work)

    monkeypatch.setattr(mongo, "transact", counted)
    await asyncio.gather(*(store.commit(add_one, by_id("things", "hot")) for _ in range(300)))
    assert transactions <= 5


async def test_without_batches_every_command_costs_a_transaction(store: Store, monkeypatch: pytest.MonkeyPatch):
    transactions: list[object] = []
    transact = mongo.transact

    async def counted(client, work):
        transactions.append(work)
        return await transact(client, work)

    monkeypatch.setattr(mongo, "transact", counted)
    monkeypatch.setattr(store._batcher, "_size", 1)
    await asyncio.gather(*(store.commit(add_one, by_id("things", "hot")) for _ in range(50)))
    assert len(transactions) == 50


async def test_without_halves_one_bad_command_loses_all_fifty(
    store: Store, database: AsyncIOMotorDatabase, monkeypatch: pytest.MonkeyPatch
):
    async def all_at_once(_batcher, batch, error):
        for _, future in batch:
            future.set_exception(error)

    def decide(n: int):
        return lambda unit: unit.add("things", {"_id": f"t{n}", "value": object() if n == 17 else n})

    monkeypatch.setattr(Batcher, "_blame", all_at_once)
    await asyncio.gather(*(store.commit(decide(n)) for n in range(50)), return_exceptions=True)
    assert await database.things.count_documents({}) < 49


async def test_what_was_not_read_beforehand_is_read_when_asked_for(store: Store, database: AsyncIOMotorDatabase):
    await database.things.insert_many([{"_id": "a", "kind": "x"}, {"_id": "b", "kind": "x"}, {"_id": "c", "kind": "y"}])

    def decide(unit: Unit) -> list[str]:
        unit.add("things", {"_id": "d", "kind": "x"})
        unit.remove("things", "a")
        return sorted(document["_id"] for document in unit.find("things", "kind", "x"))

    assert await store.commit(decide) == ["b", "d"]
    assert await store.commit(decide_again, by("things", "kind", "x")) == ["b", "d"]


def decide_again(unit: Unit) -> list[str]:
    return sorted(document["_id"] for document in unit.find("things", "kind", "x"))


async def test_a_command_sees_what_the_ones_before_it_in_the_batch_did(store: Store):
    assert await asyncio.gather(*(store.commit(add_one) for _ in range(5))) == [1, 2, 3, 4, 5]


async def test_each_command_keeps_its_own_correlation_in_a_shared_batch(store: Store, database: AsyncIOMotorDatabase):
    async def one(n: int) -> None:
        with bound(f"c{n}"):
            await store.commit(lambda unit: unit.record(a_check_in(f"r{n}"), 1))

    await asyncio.gather(*(one(n) for n in range(5)))
    found = {entry["key"]: entry["headers"]["ce-correlationid"] async for entry in database.outbox.find({})}
    assert found == {f"r{n}": f"c{n}" for n in range(5)}


async def test_a_batch_tells_what_belongs_to_it_in_the_name_of_no_request(database: AsyncIOMotorDatabase):
    class Telling(Store):
        def finish(self, unit: Unit) -> None:
            unit.record(a_check_in(), 1)

    store = Telling(database, PUBLISHER)
    with bound("c1", "cause"):
        await store.commit(add_one)
    await store.close()
    headers = (await database.outbox.find_one({}))["headers"]
    assert headers["ce-correlationid"] != "c1"
    assert "ce-causationid" not in headers


async def test_a_key_taken_meanwhile_is_decided_again_on_what_is_there(store: Store, database: AsyncIOMotorDatabase):
    turns = 0

    def decide(unit: Unit) -> str:
        nonlocal turns
        turns += 1
        if turns > 1 and unit.get("things", "r1"):
            return "there already"
        unit.add("things", {"_id": "r1"})
        return "mine"

    await database.things.insert_one({"_id": "r1"})
    assert await store.commit(decide) == "there already"
