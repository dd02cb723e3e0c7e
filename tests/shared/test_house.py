"""What surrounds a service does not go on without its ears."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pymongo import MongoClient

from deploy.children import await_until, free_ports, kill, listening, spawn, stop
from deploy.servers import mongo_url as local_mongo_url
from deploy.servers import mongod_command, start_mongod
from shared import rebuild
from shared.house import DEAF

PROGRAM = """
import asyncio, sys
from fastapi import FastAPI
from shared.house import House
from shared.settings import Settings
from shared.store import Store

async def main():
    settings = Settings(
        mongo_url=sys.argv[2], nats_url="nats://127.0.0.1:9", port=1, link_secret="s", staff_public_key=""
    )
    house = House(sys.argv[1], settings, Store)

    async def refused(*, consume):
        raise RuntimeError("the consumer went away between two questions")

    house.bus.start = refused
    app = FastAPI()
    async with house.lifespan(app):
        print('{"shut": %d}' % app.state.shut, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_process_that_cannot_begin_to_consume_ends(mongo_url):
    command = [sys.executable, "-c", PROGRAM, "badges", mongo_url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == DEAF
    assert "nats.unusable" in ended.stdout


def test_a_process_before_its_database_answers_is_shut_and_consumes_only_what_is_whole(tmp_path: Path):
    """A machine begins anew, MongoDB last: one database is whole, one was lost before."""
    (port,) = free_ports(1)
    url, child = local_mongo_url(port), start_mongod(port, tmp_path)
    with MongoClient(url) as client:
        client.badges.rebuild.insert_one({"_id": "lost"})
    stop(child, patience=20)
    with begun("badges", url) as lost, begun("programme", url) as whole:
        assert [until_begun(one) for one in (lost, whole)] == [1, 1]
        child = spawn(mongod_command(port, tmp_path / "mongo"), log=tmp_path / "mongod.log")
        try:
            await_until(lambda: listening(port), "mongod", child=child)
            ends = lost.wait(30), whole.wait(30)
        finally:
            kill(child)
    assert ends == (rebuild.LOST, DEAF), "what was lost must not begin to consume, and what is whole must"


@contextmanager
def begun(service: str, url: str) -> Iterator["subprocess.Popen[str]"]:
    """A process of this service."""
    command = [sys.executable, "-c", PROGRAM, service, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def until_begun(child: "subprocess.Popen[str]") -> int:
    """Whether a process that has begun is shut."""
    assert child.stdout is not None
    return next(said["shut"] for said in map(json.loads, child.stdout) if "shut" in said)


class Ended(Exception):
    """The process would have ended here."""


@pytest.fixture
def lookout(database, monkeypatch: pytest.MonkeyPatch):
    """A process that has looked at its database, marked it, and seen the mark."""

    def end(code: int) -> None:
        raise Ended(code)

    monkeypatch.setattr(rebuild.os, "_exit", end)
    return rebuild.Lookout(database)


async def test_a_process_whose_database_goes_ends_and_the_next_is_shut_until_it_is_back(database, lookout):
    await lookout.begin()
    await database.things.insert_one({})
    for _ in range(3):
        assert await lookout.look() is False
    await database.client.drop_database(database.name)
    await database.things.insert_one({})  # somebody else of the service was quicker
    with pytest.raises(Ended, match=str(rebuild.LOST)):
        await lookout.look()
    shut = rebuild.Lookout(database)
    await shut.begin()
    assert shut.lost
    assert await shut.look() is False
    await rebuild.release(database)
    with pytest.raises(Ended, match=str(rebuild.HELD)):
        await shut.look()


async def test_the_mark_of_another_is_a_loss_too_and_a_fresh_database_is_none(database, lookout):
    for _ in range(2):
        await lookout.look()
    await database.client.drop_database(database.name)
    other = rebuild.Lookout(database)
    await other.begin()
    await other.look()
    assert not other.lost
    with pytest.raises(Ended, match=str(rebuild.LOST)):
        await lookout.look()
