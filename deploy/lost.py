"""Notices a database that was lost: empty, while the stream holds what its service told.

Such a service must not begin afresh: it would give numbers again that were given, and write again to everybody.
"""

import asyncio
from contextlib import suppress
from typing import Any

import nats
from nats.js.errors import NotFoundError
from pymongo import MongoClient

from deploy.administration import Administration
from deploy.programs import Missing
from deploy.topology import SERVICES
from shared import outbox, rebuild
from shared.events import PREFIX

WHAT_TO_DO = "`{manage} rebuild {service}` brings it back from the stream, `restore` from a backup."


def check_whole(servers: Administration) -> None:
    """Raise `Missing`, in one line, when a database was lost, or is only half put back."""
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        for service in SERVICES:
            if client[service][rebuild.COLLECTION].find_one({"_id": "hold"}):
                raise Missing(f"The database of {service} was being put back, and is not whole: do it again.")
            if client[service][rebuild.COLLECTION].find_one({"_id": "lost"}):
                what = WHAT_TO_DO.format(manage=servers.manage, service=service)
                raise Missing(f"The database of {service} was lost while it ran. {what}")
        empty = [service for service in SERVICES if client[service][outbox.COLLECTION].find_one() is None]
    for service in asyncio.run(with_facts(servers.nats_url, empty)):
        raise Missing(
            f"The database of {service} is empty, but the stream holds its facts: it was lost. "
            + WHAT_TO_DO.format(manage=servers.manage, service=service)
        )


async def check_released(database: Any) -> None:
    """Raise `Missing` while a database is not whole: what was written there now would be lost, or not looked for."""
    if await rebuild.is_held(database):
        raise Missing(
            f"The database of {database.name} is being put back. If that was interrupted, type it again; then this."
        )
    if await rebuild.is_lost(database):
        raise Missing(
            f"The database of {database.name} was lost while it ran. `rebuild` brings it back from the stream, "
            "`restore` from a backup; then this."
        )


async def with_facts(url: str, services: list[str]) -> list[str]:
    """Those of these services whose facts the stream holds."""
    if not services:
        return []
    client = await nats.connect(url.split(","), connect_timeout=5, max_reconnect_attempts=5)
    try:
        found = []
        for service in services:
            with suppress(NotFoundError):
                await client.jetstream(timeout=10).get_last_msg(outbox.STREAM, f"{PREFIX}.{service}.>")
                found.append(service)
        return found
    finally:
        await client.close()
