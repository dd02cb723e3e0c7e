"""Messages that nobody asked for: facts told again under other numbers and in another order, and nonsense."""

import asyncio
import random
from typing import Any
from uuid import uuid4

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from pymongo.errors import PyMongoError

from deploy.layout import Layout
from tests.storm.databases import Databases
from tests.storm.schedule import SERVICES

TOLD = "rencontres.registration.confirmed.v1"
NONSENSE = (b"garbage{", b"\xff\xfe", b'{"registration": 7}')
EACH = 15
"""Facts of each service that are told again."""


def tell(layout: Layout) -> bool:
    """Publish some of what every outbox holds once more, shuffled; False when the world is away."""
    try:
        with Databases(layout, patience=1.5) as databases:
            entries = [entry for service in SERVICES for entry in databases.some_facts(service, EACH)]
    except PyMongoError:
        return False
    random.shuffle(entries)
    messages = [
        (one["subject"], {**one["headers"], "Nats-Msg-Id": uuid4().hex}, one["body"].encode()) for one in entries
    ]
    return _publish(layout, messages)


def tell_nonsense(layout: Layout) -> tuple[list[str], bool]:
    """Publish what no consumer can read; the ids of these messages, and whether NATS has stored them all."""
    ids = [f"nonsense-{uuid4().hex}" for _ in NONSENSE]
    messages = [
        (f"{TOLD}.x", {"ce-type": TOLD, "ce-id": id, "Nats-Msg-Id": id}, body)
        for id, body in zip(ids, NONSENSE, strict=True)
    ]
    return ids, _publish(layout, messages)


def _publish(layout: Layout, messages: list[tuple[str, dict[str, Any], bytes]]) -> bool:
    try:
        asyncio.run(_told(layout.nats_admin_url, messages))
    except (NatsError, OSError, TimeoutError):
        return False
    return True


async def _told(url: str, messages: list[tuple[str, dict[str, Any], bytes]]) -> None:
    async with asyncio.timeout(3):
        client: Client = await nats.connect(url, allow_reconnect=False, connect_timeout=1, error_cb=_silent)
        try:
            for subject, headers, body in messages:
                await client.jetstream().publish(subject, body, headers=headers)
        finally:
            await client.close()


async def _silent(_error: Exception) -> None:
    """That the world is away is what was asked for."""
