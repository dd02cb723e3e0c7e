"""What surrounds a service does not go on without its ears."""

import subprocess
import sys

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
