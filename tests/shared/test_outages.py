"""Servers that freeze, vanish and come back; clients that die in the middle."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import nats
import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase
from nats.errors import ConnectionClosedError

from deploy.children import free_ports, kill
from deploy.provision import consumer_configs, stream_config
from deploy.servers import start_nats
from shared import broker
from shared.broker import Bus, durable
from shared.deadletters import DeadLetters
from shared.events import Envelope
from shared.events.badges import CheckedIn
from shared.health import Health
from shared.ids import new_id
from shared.mongo import connect
from shared.outbox import STREAM, Relay
from shared.store import Store
from tests.shared.conftest import PUBLISHER, READER, Wire, a_check_in, until


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[AsyncIOMotorDatabase]:
    """One for each of these tests: the transaction of a process that was killed holds its locks for seconds."""
    client = connect(mongo_url)
    made = client[f"outage_{new_id()}"]
    for collection, indexes in Store.all_indexes().items():
        await made[collection].create_indexes(indexes)
    for collection in ("things", "inbox", "audit"):
        await made.create_collection(collection)
    yield made
    client.close()


class Server:
    """A NATS server of this test's own, to be mistreated."""

    def __init__(self, folder: Path) -> None:
        (self.port,) = free_ports(1)
        self.folder = folder
        self.url = f"nats://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        self.child = start_nats(self.port, self.folder)

    def stop(self) -> None:
        kill(self.child)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "nats")
    yield made
    made.stop()


def freeze(pid: int) -> None:
    """Stop the process, and wait until the kernel says it is."""
    os.kill(pid, signal.SIGSTOP)
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.001)


@asynccontextmanager
async def a_wire(server: Server, database: AsyncIOMotorDatabase) -> AsyncIterator[Wire]:
    client = await nats.connect(server.url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
    stream = client.jetstream()
    await stream.add_stream(stream_config(max_bytes=64 * 1024**2))
    for config in consumer_configs():
        if config.durable_name == durable(READER, PUBLISHER):
            await stream.add_consumer(STREAM, config)
    try:
        yield Wire(stream, database, server.url, DeadLetters(database))
    finally:
        await client.close()


async def test_consumption_goes_on_after_nats_was_killed_and_restarted(server: Server, database: AsyncIOMotorDatabase):
    done: list[str] = []

    def subscribe(bus: Bus) -> None:
        @bus.on(CheckedIn)
        async def consume(_fact: CheckedIn, envelope: Envelope) -> None:
            done.append(envelope.id)

    async def arrived(id: str) -> bool:
        return id in done

    async with a_wire(server, database) as wire, wire.reading(subscribe):
        await wire.publish_fact("before")
        await until(lambda: arrived("before"))
        server.stop()
        time.sleep(0.5)
        server.start()
        await until(lambda: _published(wire, "after"), 15)
        await until(lambda: arrived("after"), 15)
    assert done == ["before", "after"]


async def _published(wire: Wire, id: str) -> bool:
    try:
        await wire.publish_fact(id, **{"Nats-Msg-Id": id})
    except (nats.errors.Error, TimeoutError):
        return False
    return True


async def test_with_a_last_attempt_a_client_gives_up_and_ends_its_process(
    server: Server, database: AsyncIOMotorDatabase, monkeypatch: pytest.MonkeyPatch
):
    made, ends = broker.NatsBroker, []
    settings = {"max_reconnect_attempts": 1, "reconnect_time_wait": 0.1}
    monkeypatch.setattr(broker, "NatsBroker", lambda *words, **options: made(*words, **{**options, **settings}))
    monkeypatch.setattr("shared.broker.os._exit", ends.append)

    async def ended() -> bool:
        return ends == [70]

    async with a_wire(server, database) as wire:
        with suppress(ConnectionClosedError):  # what stopping a closed client says
            async with wire.reading(lambda _bus: None):
                server.stop()
                await until(ended, 15)
    assert ends == [70]


async def test_a_torn_tail_is_silent_and_a_replay_tells_what_it_took(server: Server, database: AsyncIOMotorDatabase):
    """A power cut may take what the disk had not written. The stream then gives a number twice: it is no identity."""
    store = Store(database, PUBLISHER)

    async def told(number: int) -> None:
        await store.commit(lambda unit: unit.record(a_check_in(f"r{number}"), 1))

    async with a_wire(server, database) as wire:
        relay = Relay(database, lambda: wire.stream)
        for number in (1, 2, 3):
            await told(number)
            await relay.step()
        server.stop()
        (block,) = server.folder.glob("**/msgs/*.blk")
        (block.parent / "index.db").unlink(missing_ok=True)
        with block.open("r+b") as file:
            file.truncate(block.stat().st_size - 10)
        server.start()
        await until(lambda: _published(wire, "another"), 15)
        state = (await wire.stream.stream_info(STREAM)).state
        assert (state.messages, state.last_seq) == (3, 3), "two are left, and the third number is another fact's"
        await database.outbox.update_many({}, {"$set": {"pending": True}})
        await relay.step()
        kept = [await wire.stream.get_msg(STREAM, seq) for seq in range(1, 5)]
    assert [(one.headers or {})["ce-id"] for one in kept] == [*("badges:r1:1", "badges:r2:1", "another", "badges:r3:1")]
    await store.close()


async def test_readiness_sees_a_frozen_nats_within_seconds(server: Server, database: AsyncIOMotorDatabase):
    def subscribe(bus: Bus) -> None:
        @bus.on(CheckedIn)
        async def consume(_fact: CheckedIn, _envelope: Envelope) -> None: ...

    async with a_wire(server, database) as wire, wire.reading(subscribe) as bus:
        health = Health("registration", database, bus, wire.letters)
        assert (await health.report()).ready
        freeze(server.child.pid)
        try:
            began = time.monotonic()
            report = await health.report()
            assert time.monotonic() - began < 4
            assert bus.connected, "the connection alone says nothing: without asking the consumer all would seem well"
        finally:
            os.kill(server.child.pid, signal.SIGCONT)
        assert not report.ready
        assert report.lag == {"registration_badges": None}


async def test_a_deleted_consumer_shows_in_readiness(wire: Wire, database: AsyncIOMotorDatabase):
    def subscribe(bus: Bus) -> None:
        @bus.on(CheckedIn)
        async def consume(_fact: CheckedIn, _envelope: Envelope) -> None: ...

    async with wire.reading(subscribe) as bus:
        await wire.stream.delete_consumer(STREAM, durable(READER, PUBLISHER))
        assert not (await Health("registration", database, bus, wire.letters).report()).ready


ORPHAN = """
import asyncio, sys
from shared.mongo import connect
async def main():
    client = connect(sys.argv[1])
    tx = await client.start_session()
    tx.start_transaction()
    await client[sys.argv[2]].things.update_one({"_id": "hot"}, {"$inc": {"n": 1}}, session=tx)
    print("ready", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_a_process_killed_inside_a_transaction_frees_its_documents_in_seconds(
    store: Store, database: AsyncIOMotorDatabase, mongo_url: str
):
    await database.things.insert_one({"_id": "hot", "n": 0})
    child = subprocess.Popen([sys.executable, "-c", ORPHAN, mongo_url, database.name], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    child.kill()
    child.wait()
    child.stdout.close()
    client = connect(mongo_url)
    began = time.monotonic()

    async def free() -> bool:
        found = await client[database.name].things.find_one_and_update({"_id": "hot"}, {"$inc": {"n": 10}})
        return found is not None

    await until(lambda: _patient(free), 15)
    client.close()
    assert time.monotonic() - began < 10
    assert (await database.things.find_one({"_id": "hot"}))["n"] == 10


async def _patient(act) -> bool:
    try:
        return await act()
    except Exception:  # noqa: BLE001 - the driver's own time-out, while the lock stands
        return False


COMMITTING = """
import asyncio, sys
from shared.mongo import connect
from shared.store import Store
from tests.shared.conftest import a_check_in
async def main():
    store = Store(connect(sys.argv[1])[sys.argv[2]], "badges")
    def decide(unit):
        unit.add("things", {"_id": "r1"})
        unit.record(a_check_in(), 1)
    await store.commit(decide)
    print("answered", flush=True)
asyncio.run(main())
"""
HASTY = COMMITTING.replace("await store.commit(decide)", "commit = asyncio.create_task(store.commit(decide))").replace(
    "flush=True)", "flush=True); await commit"
)


@pytest.mark.parametrize(("place", "expected"), [("before-commit", 0), ("after-commit", 1)])
async def test_a_process_killed_at_its_commit_leaves_the_change_and_its_fact_or_neither(
    store: Store, database: AsyncIOMotorDatabase, mongo_url: str, tmp_path: Path, place: str, expected: int
):
    (tmp_path / f"badges.{place}").touch()
    child = subprocess.run(
        [sys.executable, "-c", COMMITTING, mongo_url, database.name],
        env={**os.environ, "FAILPOINTS": str(tmp_path), "SERVICE": "badges"},
        stdout=subprocess.PIPE,
        check=False,
        timeout=30,
    )
    assert (child.returncode, child.stdout) == (-signal.SIGKILL, b""), "nobody was answered"
    assert await database.things.count_documents({}) == expected
    assert await database.outbox.count_documents({}) == expected


async def test_an_answer_before_the_commit_is_of_something_that_is_lost(
    store: Store, database: AsyncIOMotorDatabase, mongo_url: str, tmp_path: Path
):
    (tmp_path / "badges.before-commit").touch()
    child = subprocess.run(
        [sys.executable, "-c", HASTY, mongo_url, database.name],
        env={**os.environ, "FAILPOINTS": str(tmp_path), "SERVICE": "badges"},
        stdout=subprocess.PIPE,
        check=False,
        timeout=30,
    )
    assert (child.returncode, child.stdout) == (-signal.SIGKILL, b"answered\n")
    assert await database.things.count_documents({}) == 0
