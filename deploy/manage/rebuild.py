"""A lost database, brought back from the stream."""

import argparse
import asyncio
import importlib
import os
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from deploy import endings
from deploy.administration import Administration
from deploy.history import Found, read
from deploy.lost import with_facts
from deploy.manage.alone import at_rest
from deploy.manage.reachable import Environments
from deploy.programs import Missing
from deploy.provision import provision_indexes
from deploy.topology import SERVICES
from shared import inbox, mongo, outbox
from shared import rebuild as effects
from shared.failpoints import reach

if TYPE_CHECKING:
    from deploy.manage.reachable import Commands

MAKING_ROOM = 2.5 * effects.EVERY
"""Seconds after which every process of a service has seen that its database is held."""

AGAIN = "erased again, for the stream did not know of it: no mail confirms it to them."

ERASER = "registration"
"""The service that says who was erased; the stream may not know yet. The others have heard of it there."""


def rebuild(arguments: argparse.Namespace, _reachable: Environments) -> str:
    """Bring back a lost database from the stream: nobody is mailed, links and badges stay valid."""
    servers = Administration.read(os.environ)
    with at_rest(servers):
        return asyncio.run(_rebuild(servers, arguments.service, over=arguments.over))


async def _rebuild(servers: Administration, service: str, *, over: bool) -> str:
    client = mongo.connect(servers.mongo_url)
    try:
        database = client[service]
        await _check_lost(database, over=over)
        if not await with_facts(servers.nats_url, [service]):
            raise Missing(
                f"The stream holds no fact of {service}: only a backup can bring its database back. "
                "If it had told nothing yet, provisioning lets it begin afresh."
            )
        await effects.hold(database, "rebuild")
        await asyncio.sleep(MAKING_ROOM)
        forgotten = await endings.keep_erased(database) if service == ERASER else endings.Endings()
        await effects.clear(database)
        await asyncio.to_thread(_index, servers, service)
        found = await read(servers.nats_url, service)
        report = await _fill(database, service, found)
        again = await endings.erase_again(client, forgotten)
        await effects.release(database)
        return f"{report}\n  {again} {AGAIN}" if again else report
    finally:
        client.close()


async def _check_lost(database: Any, *, over: bool) -> None:
    """Raise `Missing` when there is something to lose, unless that is wanted, or a rebuild had begun."""
    if over or await effects.is_held(database):
        return
    if await database[outbox.COLLECTION].find_one() is not None:
        raise Missing(f"The database of {database.name} is not empty: --over deletes it first.")


async def _fill(database: Any, service: str, found: Found) -> str:
    actions = importlib.import_module(f"services.{service}.actions.rebuilding")
    history = found.history
    documents: effects.Documents = actions.rebuilt(history)
    documents[outbox.COLLECTION] = [*found.entries, *documents.get(outbox.COLLECTION, [])]
    documents[inbox.COLLECTION] = effects.inbox_marks(found.received)
    for collection, these in documents.items():
        await effects.write(database, {collection: these})
        reach("rebuild-written")
    await effects.write(database, {"audit": [effects.journal_begins(service, history.now)]})
    counts = ", ".join(f"{len(these)} {name}" for name, these in sorted(documents.items()) if these)
    lines = [
        f"{service} is rebuilt from {len(found.outbox)} facts of its own and {len(found.received)} of others: {counts}."
    ]
    if found.unreadable:
        lines.append(f"  {found.unreadable} messages could not be read, and were left out.")
    lines += [f"  To look at: {one}." for one in actions.open_questions(history)]
    lines += [f"  Not in any fact, so not back: {one}." for one in actions.LOST]
    return "\n".join(lines)


def _index(servers: Administration, service: str) -> None:
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        provision_indexes(client, service)


def add(commands: "Commands") -> None:
    """The commands of this subject."""
    lost = commands.add_parser("rebuild", help=rebuild.__doc__)
    lost.add_argument("service", choices=SERVICES)
    lost.add_argument("--over", action="store_true", help="delete what the database holds first")
    lost.set_defaults(command=rebuild, final=True)
