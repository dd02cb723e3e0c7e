"""Everything back from one file."""

import argparse
import asyncio
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nats
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError
from pymongo import MongoClient

from deploy import archive, endings
from deploy.administration import Administration
from deploy.archive import Manifest
from deploy.manage.alone import at_rest
from deploy.manage.backup import keys_of
from deploy.manage.reachable import Environments
from deploy.manage.rebuild import MAKING_ROOM
from deploy.programs import Missing
from deploy.provision import provision_indexes, provision_nats
from deploy.topology import SERVICES
from deploy.verify.finding import count
from deploy.verify.mails import HELD_MAILS
from services.notifications import store as notifications
from services.notifications.actions.rebuilding import hold_waiting
from services.notifications.actions.reminding import begin_anew
from services.registration import store as registration
from shared import mongo, outbox, rebuild
from shared.failpoints import reach

if TYPE_CHECKING:
    from deploy.manage.reachable import Commands

AT_ONCE = 200


def restore(arguments: argparse.Namespace, _reachable: Environments) -> str:
    """Put a backup back: all databases as they were, the stream told anew from them, and nobody written to twice."""
    servers, file = Administration.read(os.environ), Path(arguments.file)
    manifest = archive.check(file)
    if manifest.keys not in {"", keys_of(servers)} and not arguments.other_keys:
        raise Missing(
            f"{file} was made with other keys than this house has: its links and badges would open nothing here. "
            "Put its keys back first, or say --other-keys."
        )
    with at_rest(servers) as stopped:
        mails, closed, admin = asyncio.run(_restore(servers, file, manifest, over=arguments.over, stopped=stopped))
    documents = sum(part["count"] for name, part in manifest.parts.items() if name.endswith(".bson"))
    lines = [
        f"Restored as of {manifest.made_at}: {documents} documents. What happened since is gone; its mails were sent.",
        *_about(mails),
        "  Reminders whose time has passed do not leave: they may have left since.",
    ]
    if closed:
        names = ", ".join(closed)
        lines += [
            f"  Closed, for they or who handed them out were withdrawn, changed or made since: {names}.",
            "  Desk links that a closed account had made open nothing any more: see /equipe/badges/postes.",
        ]
    if not admin:
        made = f"`{servers.manage} create-staff --role admin --email … --name …`"
        lines.append(f"  No account is open any more that may open others: make one with {made}.")
    return "\n".join(lines)


@dataclass(frozen=True)
class Mails:
    """What had not left when the backup was made: `held` for a person, or `early` enough to wait for its time."""

    held: int
    early: int


def _about(mails: Mails) -> Iterator[str]:
    if mails.held:
        held = count(mails.held, "mail is", "mails are")
        yield f"  {held} held, for nobody knows whether they have left: look at them on {HELD_MAILS}."
    else:
        yield "  No mail is held."
    if mails.early:
        yield f"  {count(mails.early, 'mail was', 'mails were')} not due yet, so not sent: at its time each leaves."


async def _restore(
    servers: Administration, file: Path, manifest: Manifest, *, over: bool, stopped: bool
) -> tuple[Mails, list[str], bool]:
    client = mongo.connect(servers.mongo_url)
    try:
        await _check_stream(servers)
        if not over:
            await _check_empty(client)
        ended = await _hold(client, servers, stopped=stopped)
        for service in SERVICES:
            await rebuild.clear(client[service])
        await _empty_stream(servers)
        await asyncio.to_thread(_fill, servers, file, manifest)
        await _without_lists(client)
        waited = await _without_effects(client, datetime.fromisoformat(manifest.made_at), ended.sent)
        closed = await endings.put_back(client, ended)
        admin = await endings.has_admin(client)
        for service in SERVICES:
            await client[service][outbox.COLLECTION].update_many({}, {"$set": {"pending": True}})
        for service in SERVICES:
            await rebuild.release(client[service])
        return waited, closed, admin
    finally:
        client.close()


async def _without_lists(client: Any) -> None:
    """Take away the lists that the team sent: their lines may speak of people who were erased since, or are registered.

    No fact tells what became of a line after the backup, so carrying one on could register somebody again.
    """
    for name in (registration.IMPORTS, registration.LINES):
        await client["registration"][name].delete_many({})


async def _hold(client: Any, servers: Administration, *, stopped: bool) -> endings.Endings:
    """Let every service make room; answers what had ended. When that cannot be known, they go on as before.

    A database that was held already stays so: it is not whole.
    """
    whole: set[str] = set()
    try:
        for service in SERVICES:
            if await rebuild.hold(client[service], "restore"):
                whole.add(service)
        if not stopped:
            await asyncio.sleep(MAKING_ROOM)
        return await endings.keep(client, servers)
    except BaseException:
        for service in whole:
            await rebuild.let_go(client[service])
        raise


async def _check_stream(servers: Administration) -> None:
    """Raise `Missing` when NATS or its JetStream is away: with the databases held, the services would wait for it."""
    try:
        client = await nats.connect(
            servers.nats_url.split(","), connect_timeout=5, max_reconnect_attempts=2, reconnect_time_wait=1
        )
        try:
            with suppress(NotFoundError):
                await client.jetstream(timeout=5).stream_info(outbox.STREAM)
        finally:
            await client.close()
    except (NatsError, OSError) as error:
        raise Missing(f"NATS does not answer ({type(error).__name__}): nothing was touched.") from error


async def _check_empty(client: Any) -> None:
    """Raise `Missing` when there is something to lose, unless a restore had begun."""
    for service in SERVICES:
        if await client[service][outbox.COLLECTION].find_one() and not await rebuild.is_held(client[service]):
            raise Missing(f"The database of {service} is not empty: --over deletes everything first.")


async def _without_effects(client: Any, made_at: datetime, sent: Collection[str]) -> Mails:
    """Hold what may have left since the backup, and let past reminders be."""
    mails = notifications.Store(client["notifications"], "notifications")
    early = await hold_waiting(mails, made_at, sent)
    held = await mails.held()
    await begin_anew(mails)
    await mails.close()
    return Mails(held, early)


async def _empty_stream(servers: Administration) -> None:
    """A stream ahead of its databases holds sequences that will be given again: all is told anew."""
    client = await nats.connect(servers.nats_url.split(","), connect_timeout=5, max_reconnect_attempts=5)
    try:
        with suppress(NotFoundError):
            await client.jetstream(timeout=10).delete_stream(outbox.STREAM)
    finally:
        await client.close()
    await provision_nats(servers.nats_url, replicas=servers.replicas)


def _fill(servers: Administration, file: Path, manifest: Manifest) -> None:
    with MongoClient[dict[str, Any]](servers.mongo_url, tz_aware=True) as client:
        for service in SERVICES:
            provision_indexes(client, service)
        for service, collection in manifest.collections():
            for part in _parts(archive.documents(file, service, collection)):
                client[service][collection].insert_many(part, ordered=False)
            reach("restore-written")


def _parts(found: Iterator[Any]) -> Iterator[list[Any]]:
    while part := [*islice(found, AT_ONCE)]:
        yield part


def add(commands: "Commands") -> None:
    """The command of this subject."""
    back = commands.add_parser("restore", help=restore.__doc__)
    back.add_argument("file")
    back.add_argument("--over", action="store_true", help="delete what the house holds first")
    back.add_argument("--other-keys", action="store_true", help="although its links and badges open nothing here")
    back.set_defaults(command=restore, final=True)
