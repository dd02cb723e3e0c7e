"""Backups beside a new one: the old go, and nothing else. A restore that cannot end does not begin."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.js.errors import NotFoundError
from pymongo import MongoClient

from deploy import manage
from deploy.administration import Administration
from deploy.archive import Manifest, Writer
from deploy.children import free_ports, kill
from deploy.layout import ADMIN, Layout
from deploy.manage.backup import drop_old
from deploy.provision import consumer_configs, stream_config
from deploy.servers import start_nats
from deploy.topology import SERVICES
from shared import rebuild
from shared.outbox import STREAM

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_backups_older_than_the_notice_says_are_deleted(tmp_path: Path):
    names = {
        "rencontres-2026-10-27-115959.zip": False,
        "rencontres-2026-10-27-120000.zip": True,
        "rencontres-2026-11-26-115959.zip": True,
        "rencontres-2025-01-01-000000.zip": False,
        "rencontres-avant-la-migration.zip": True,
        "autre-2025-01-01-000000.zip": True,
    }
    for name in names:
        (tmp_path / name).touch()
    assert drop_old(tmp_path, 30, NOON) == 2
    assert {name: (tmp_path / name).exists() for name in names} == names


@pytest.fixture
def restore(provisioned: Layout, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """A restore that must fail, of a backup without documents and with this NATS; answers what it said."""
    Writer(file := tmp_path / "all.zip", Manifest(NOON.isoformat(), "")).finish()
    monkeypatch.setenv("MONGO_ADMIN_URL", provisioned.mongo_admin_url)
    monkeypatch.setenv("MONGO_ADMIN", ADMIN)
    monkeypatch.setenv("MONGO_ADMIN_PASSWORD", provisioned.keys.password("mongo_admin"))
    monkeypatch.setattr("deploy.manage.restore.MAKING_ROOM", 0)

    def fail(nats_url: str) -> str:
        monkeypatch.setenv("NATS_ADMIN_URL", nats_url)
        assert manage.main(["restore", str(file), "--over"]) == 1
        said: str = capsys.readouterr().err
        assert said.count("\n") == 1
        return said

    return fail


@pytest.fixture
def mongo(provisioned: Layout) -> Iterator[MongoClient[Any]]:
    with MongoClient[Any](Administration.of(provisioned).mongo_url) as client:
        yield client
        for service in SERVICES:
            client[service][rebuild.COLLECTION].delete_many({})


@pytest.fixture
def crowded(nats_url: str) -> Iterator[str]:
    """NATS with a stream that refuses to be read once more."""
    asyncio.run(_without_stream(nats_url))
    asyncio.run(_with_one_reader(nats_url))
    yield nats_url
    asyncio.run(_without_stream(nats_url))


async def _without_stream(url: str) -> None:
    client = await nats.connect(url)
    with suppress(NotFoundError):
        await client.jetstream().delete_stream(STREAM)
    await client.close()


async def _with_one_reader(url: str) -> None:
    client = await nats.connect(url)
    stream = client.jetstream()
    await stream.add_stream(stream_config(max_bytes=64 * 1024**2).evolve(max_consumers=1))
    await stream.add_consumer(STREAM, consumer_configs()[0])
    await client.close()


def held(mongo: MongoClient[Any]) -> list[str]:
    return [service for service in SERVICES if mongo[service][rebuild.COLLECTION].find_one()]


def test_a_restore_holds_no_database_while_nats_is_away(restore: Callable[[str], str], mongo: MongoClient[Any]):
    (port,) = free_ports(1)

    assert "NATS does not answer (NoServersError): nothing was touched" in restore(f"nats://127.0.0.1:{port}")
    assert held(mongo) == []


def test_a_restore_holds_no_database_while_jetstream_is_away(
    restore: Callable[[str], str], mongo: MongoClient[Any], scratch: Path
):
    (port,) = free_ports(1)
    (folder := scratch / "without-jetstream").mkdir()
    child = start_nats(port, folder, ["--addr", "127.0.0.1", "--port", str(port)])
    try:
        said = restore(f"nats://127.0.0.1:{port}")
    finally:
        kill(child)

    assert "NATS does not answer (ServiceUnavailableError): nothing was touched" in said
    assert held(mongo) == []


def test_a_restore_that_cannot_read_the_stream_releases_what_it_held_and_nothing_else(
    restore: Callable[[str], str], mongo: MongoClient[Any], crowded: str
):
    """The database of badges is not whole: a rebuild of it was interrupted before."""
    mongo["badges"][rebuild.COLLECTION].insert_one({"_id": "hold", "why": "rebuild"})

    said = restore(crowded)

    assert said.startswith("NATS failed (nats: BadRequestError")
    assert "maximum consumers limit reached" in said
    assert held(mongo) == ["badges"]
