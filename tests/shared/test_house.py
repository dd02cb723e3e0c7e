"""What surrounds a service does not go on without its ears."""

import subprocess
import sys

import pytest

from shared import rebuild
from shared.house import DEAF

PROGRAM = """
import asyncio
from fastapi import FastAPI
from shared.house import House
from shared.settings import Settings
from shared.store import Store

async def main():
    settings = Settings(
        mongo_url="mongodb://127.0.0.1:9", nats_url="nats://127.0.0.1:9", port=1, link_secret="s", staff_public_key=""
    )
    house = House("badges", settings, Store)

    async def refused(*, consume):
        raise RuntimeError("the consumer went away between two questions")

    house.bus.start = refused
    async with house.lifespan(FastAPI()):
        await asyncio.sleep(20)

asyncio.run(main())
"""


def test_a_process_that_cannot_begin_to_consume_ends():
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == DEAF
    assert "nats.unusable" in ended.stdout


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
