"""Real servers for every test: each run starts its own on free ports and ends only those."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import nats
import pytest
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from pymongo import MongoClient
from pymongo.database import Database
from xdist.scheduler import LoadScopeScheduling

from deploy.children import free_ports, kill
from deploy.provision import consumer_configs, stream_config
from deploy.servers import mongo_url as local_mongo_url
from deploy.servers import start_mongod, start_nats
from shared.ids import new_id
from shared.mongo import connect
from shared.outbox import STREAM
from shared.store import Store

Indexed = Callable[[type[Store]], AsyncIOMotorDatabase]

APART = tuple(f"tests/journeys/test_{name}.py" for name in ("pages", "right_people", "changes"))
"""Files with a house of their own, in a folder that shares one; the first looks at pages as long as all others do."""
TOGETHER = ("tests/journeys", "tests/security", "tests/faults/today", "tests/health", "tests/verify")
"""Folders whose files share a house: it is started once, and stopped after the last of them. The longest is first."""
LONG = (*APART, *TOGETHER, "tests/faults", "tests/overload", "tests/storm/test_smoke.py")
"""What starts a house, so that one process has long to do with it."""


class Together(LoadScopeScheduling):
    """Several at a time (`make test`): a file stays in one process, and so does a folder that shares a house."""

    def _split_scope(self, nodeid: str) -> str:
        return _scope(nodeid.partition("::")[0])


def _scope(file: str) -> str:
    return file if file in APART else next((one for one in TOGETHER if file.startswith(f"{one}/")), file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What one process does alone comes first, or the others would wait for it at the end."""
    items.sort(key=lambda item: _turn(_scope(item.nodeid.partition("::")[0])))


def _turn(scope: str) -> int:
    return next((turn for turn, one in enumerate(LONG) if scope == one or scope.startswith(f"{one}/")), len(LONG))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Marks would not do: xdist 3.8 writes its groups where pytest 9.2 no longer looks."""
    return Together(config, log)


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder for this run's servers, gone afterwards; in memory where there is room: a third of the time less."""
    place = _place()
    for left in place.glob("rencontres-*-*"):  # by a run that was killed
        if not Path(f"/proc/{left.name.split('-')[1]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    prefix = f"rencontres-{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=place, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _place() -> Path:
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made inside
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 * 1024**3:
        return memory
    return Path(tempfile.gettempdir())


@pytest.fixture(scope="session")
def mongo_url(scratch: Path) -> Iterator[str]:
    """A real mongod, single-node replica set, without users."""
    (port,) = free_ports(1)
    child = start_mongod(port, scratch / "mongod")
    yield local_mongo_url(port)
    kill(child)


@pytest.fixture(scope="session")
def nats_url(scratch: Path) -> Iterator[str]:
    """A real nats-server with JetStream, without users and without streams."""
    (port,) = free_ports(1)
    child = start_nats(port, scratch / "nats")
    yield f"nats://127.0.0.1:{port}"
    kill(child)


@pytest.fixture
async def stream(nats_url: str) -> AsyncIterator[JetStreamContext]:
    """The empty stream with every consumer, as provisioned."""
    client = await nats.connect(nats_url)
    made = client.jetstream()
    with suppress(NotFoundError):
        await made.delete_stream(STREAM)
    await made.add_stream(stream_config(max_bytes=64 * 1024**2))
    for config in consumer_configs():
        await made.add_consumer(STREAM, config)
    yield made
    await client.close()


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[AsyncIOMotorDatabase]:
    """An empty database for one test; it goes with the server."""
    client = connect(mongo_url)
    yield client[f"test_{new_id()}"]
    client.close()


@pytest.fixture(scope="session")
def _emptied(mongo_url: str) -> Iterator[Callable[[type[Store]], str]]:
    indexed: set[Any] = set()
    with MongoClient[dict[str, Any]](mongo_url) as client:
        yield lambda store: _empty(client, store, indexed)


def _empty(client: MongoClient[dict[str, Any]], store: type[Store], indexed: set[Any]) -> str:
    """Take every document out of the database of this store; make the indexes of each collection not yet `indexed`.

    Its UUID tells: one that a test dropped comes back under its name, and without its indexes.
    """
    database = client[f"test_{store.__module__.split('.')[1]}"]
    known = _uuids(database)
    wanted = store.all_indexes()
    bare = [name for name in wanted if known.get(name) not in indexed]
    for collection in bare:
        database[collection].create_indexes(wanted[collection])
    if bare:
        made = _uuids(database)
        indexed.update(made[name] for name in bare)
    for collection in known:
        database[collection].delete_many({})
    return database.name


def _uuids(database: Database[dict[str, Any]]) -> dict[str, Any]:
    return {one["name"]: one["info"]["uuid"] for one in database.list_collections()}


@pytest.fixture(scope="session")
def _client(mongo_url: str) -> Iterator[AsyncIOMotorClient]:
    """One for all: its connections outlive a test, while each test has an event loop of its own."""
    client = connect(mongo_url)
    client.get_io_loop = asyncio.get_running_loop
    yield client
    client.close()


@pytest.fixture
def indexed(_client: AsyncIOMotorClient, _emptied: Callable[[type[Store]], str]) -> Indexed:
    """Gives a store its database, empty, with its indexes. Making those takes longer than a test: one serves all."""
    return lambda store: _client[_emptied(store)]
