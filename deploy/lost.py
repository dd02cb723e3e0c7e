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
    """Raise `Missing`, in one line, when a database was lost, or is only half put back.

    One that was lost with everything it had told, or before it told anything, may begin afresh: nothing could bring it
    back but a backup, and nothing is there that it could contradict.
    """
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        signs = {service: client[service][rebuild.COLLECTION].distinct("_id") for service in SERVICES}
        empty = [service for service in SERVICES if client[service][outbox.COLLECTION].find_one() is None]
        told = asyncio.run(with_facts(servers.nats_url, empty))
        for service in SERVICES:
            what = WHAT_TO_DO.format(manage=servers.manage, service=service)
            if "hold" in signs[service]:
                raise Missing(f"The database of {service} was being put back, and is not whole: do it again.")
            if "lost" in signs[service] and (service not in empty or service in told):
                raise Missing(f"The database of {service} was lost while it ran. {what}")
            if service in told:
                raise Missing(
                    f"The database of {service} is empty, but the stream holds its facts: it was lost. {what}"
                )
        for service in (name for name in SERVICES if "lost" in signs[name]):
            print(f"The database of {service} was lost, and so was all it had told, if anything: it begins afresh.")
            client[service][rebuild.COLLECTION].delete_one({"_id": "lost"})


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
