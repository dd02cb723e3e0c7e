"""The relay: everything pending goes out, in each aggregate's order, and nothing twice."""

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from shared.errors import Away
from shared.outbox import STREAM, Relay
from shared.store import Store
from tests.shared.conftest import Wire, a_check_in


async def record(store: Store, registration: str, sequence: int) -> None:
    await store.commit(lambda unit: unit.record(a_check_in(registration), sequence))


async def published(wire: Wire) -> list[str]:
    state = (await wire.stream.stream_info(STREAM)).state
    found = [await wire.stream.get_msg(STREAM, n) for n in range(1, state.messages + 1)]
    return [message.headers["ce-id"] for message in found]


async def test_pending_facts_are_published_with_their_attributes(store: Store, wire: Wire):
    await record(store, "r1", 1)
    relay = Relay(store.database, lambda: wire.stream)
    assert await relay.step() is True
    assert await relay.step() is False
    message = await wire.stream.get_msg(STREAM, 1)
    assert message.subject == "rencontres.badges.checked-in.v1.r1"
    assert message.headers["ce-specversion"] == "1.0"
    assert message.headers["Nats-Msg-Id"] == message.headers["ce-id"] == "badges:r1:1"


async def test_each_aggregate_keeps_its_order_even_when_times_disagree(store: Store, wire: Wire):
    for sequence in (1, 2, 3):
        await record(store, "r1", sequence)
    early = await store.database.outbox.find_one({"_id": "badges:r1:1"})
    # a replica whose clock is ten minutes ahead wrote the first one
    await store.database.outbox.update_one(
        {"_id": "badges:r1:1"}, {"$set": {"at": early["at"].replace(year=early["at"].year + 1)}}
    )
    await Relay(store.database, lambda: wire.stream, size=1).step()
    assert await published(wire) == ["badges:r1:1", "badges:r1:2", "badges:r1:3"]


async def test_an_entry_committed_late_with_a_low_id_is_still_published(store: Store, wire: Wire):
    relay = Relay(store.database, lambda: wire.stream)
    await record(store, "r9", 1)
    await relay.step()
    await record(store, "r1", 1)
    await relay.step()
    assert await published(wire) == ["badges:r9:1", "badges:r1:1"]


async def test_a_relay_that_died_before_marking_publishes_again_and_the_server_drops_it(store: Store, wire: Wire):
    await record(store, "r1", 1)
    relay = Relay(store.database, lambda: wire.stream)
    await relay.step()
    await store.database.outbox.update_many({}, {"$set": {"pending": True}})
    await relay.step()
    assert await published(wire) == ["badges:r1:1"]


async def test_without_a_stream_the_entry_stays_pending(store: Store, wire: Wire, database: AsyncIOMotorDatabase):
    await wire.stream.delete_stream(STREAM)
    await record(store, "r1", 1)
    with pytest.raises(Away):
        await Relay(database, lambda: wire.stream).step()
    assert await database.outbox.count_documents({"pending": True}) == 1


async def test_the_sweep_uses_its_index(store: Store, database: AsyncIOMotorDatabase):
    await record(store, "r1", 1)
    plan = await database.outbox.find({"pending": True}).sort("at", 1).explain()
    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])
    assert "SORT'" not in str(plan["queryPlanner"]["winningPlan"])
