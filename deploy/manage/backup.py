"""Everything in one file, and back from it."""

import argparse
import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nats
from bson.raw_bson import RawBSONDocument
from nats.js.errors import NotFoundError
from pymongo import MongoClient

from deploy import archive
from deploy.administration import Administration
from deploy.archive import Manifest, Writer
from deploy.history import read
from deploy.manage.alone import at_rest
from deploy.manage.reachable import Environments
from deploy.manage.rebuild import MAKING_ROOM
from deploy.programs import Missing
from deploy.provision import provision_indexes, provision_nats
from deploy.topology import SERVICES
from services.notifications import store as notifications
from services.notifications.actions.rebuilding import hold_waiting
from services.registration import store as registration
from services.registration.actions import erase
from shared import leases, mongo, outbox, rebuild
from shared.errors import NotFound
from shared.events.registration import Erased
from shared.failpoints import reach

if TYPE_CHECKING:
    from deploy.manage.reachable import Commands

PASSING = {leases.COLLECTION, rebuild.COLLECTION}
"""Collections that mean nothing to another day."""
AT_ONCE = 200
KEYS = "keys.json"
PATTERN = "rencontres-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]-[0-9][0-9][0-9][0-9][0-9][0-9].zip"


def backup(arguments: argparse.Namespace, _reachable: Environments) -> str:
    """Write all four databases, as they are at one moment, into one file that only its owner reads."""
    servers = Administration.read(os.environ)
    file = _file(Path(arguments.file))
    if arguments.with_keys and servers.layout is None:
        raise Missing("The keys of this house are in its environment (deploy/.env): keep a copy of that file.")
    writer = Writer(file, manifest := Manifest(datetime.now(UTC).isoformat(timespec="seconds"), keys_of(servers)))
    try:
        with at_rest(servers):
            _write(servers, writer)
        if arguments.with_keys and servers.layout:
            writer.add_text(KEYS, (servers.layout.var / KEYS).read_text())
        writer.finish()
    except BaseException:
        writer.abandon()
        raise
    gone = drop_old(file.parent, arguments.keep_days, datetime.now(UTC)) if arguments.keep_days else 0
    count = sum(part["count"] for name, part in manifest.parts.items() if name.endswith(".bson"))
    keys = "with the keys" if arguments.with_keys else "without the keys: links and badges need them, keep them too"
    return f"{file}: {count} documents of {len(SERVICES)} services, {file.stat().st_size / 1024**2:.1f} MB, {keys}." + (
        f" {gone} older than {arguments.keep_days} days deleted." if gone else ""
    )


def _file(wanted: Path) -> Path:
    """The file, or one with the time in its name in a folder."""
    if wanted.is_dir():
        return wanted / f"rencontres-{datetime.now(UTC):%Y-%m-%d-%H%M%S}.zip"
    if wanted.exists():
        raise Missing(f"{wanted} is there already: choose another name.")
    return wanted


def drop_old(folder: Path, days: int, now: datetime) -> int:
    """Delete the backups of `folder` that are older than so many days, by the time in their name; answers how many.

    Only what `backup` itself named: the privacy notice says how long backups keep somebody who was erased.
    """
    oldest = f"rencontres-{now - timedelta(days=days):%Y-%m-%d-%H%M%S}.zip"
    old = [file for file in folder.glob(PATTERN) if file.name < oldest]
    for file in old:
        file.unlink()
    return len(old)


def _write(servers: Administration, writer: Writer) -> None:
    """One snapshot session for all databases: each is read as it was at the same cluster time."""
    with (
        MongoClient[RawBSONDocument](servers.mongo_url, document_class=RawBSONDocument) as client,
        client.start_session(snapshot=True) as session,
    ):
        names = {service: sorted(client[service].list_collection_names()) for service in SERVICES}
        for service, collections in names.items():
            for name in collections:
                if name not in PASSING and not name.startswith("system."):
                    found = client[service][name].find(session=session)
                    writer.add(service, name, (bytes(document.raw) for document in found))


def keys_of(servers: Administration) -> str:
    """Stands for the keys that links and badges were signed with, and gives none of them away."""
    if servers.layout is None:
        return ""
    names = sorted([*(f"link_{service}" for service in SERVICES), "badge", "staff"])
    known = [servers.layout.keys.public_key(name) if "_" not in name else _print(servers, name) for name in names]
    return sha256("\n".join(known).encode()).hexdigest()[:16]


def _print(servers: Administration, name: str) -> str:
    assert servers.layout
    return sha256(f"rencontres/{servers.layout.keys.password(name)}".encode()).hexdigest()


def restore(arguments: argparse.Namespace, _reachable: Environments) -> str:
    """Put a backup back: all databases as they were, the stream told anew from them, and nobody written to twice."""
    servers, file = Administration.read(os.environ), Path(arguments.file)
    manifest = archive.check(file)
    if manifest.keys not in {"", keys_of(servers)} and not arguments.other_keys:
        raise Missing(
            f"{file} was made with other keys than this house has: its links and badges would open nothing here. "
            "Put its keys back first, or say --other-keys."
        )
    with at_rest(servers):
        held = asyncio.run(_restore(servers, file, manifest, over=arguments.over))
    count = sum(part["count"] for part in manifest.parts.values())
    return (
        f"Restored as of {manifest.made_at}: {count} documents. What happened since is gone; its mails were sent.\n"
        f"  {held} mails that waited to leave then are held at /equipe/messages: some may have left since."
    )


async def _restore(servers: Administration, file: Path, manifest: Manifest, *, over: bool) -> int:
    client = mongo.connect(servers.mongo_url)
    try:
        if not over:
            for service in SERVICES:
                if await client[service][outbox.COLLECTION].find_one() and not await rebuild.is_held(client[service]):
                    raise Missing(f"The database of {service} is not empty: --over deletes everything first.")
        for service in SERVICES:
            await rebuild.hold(client[service], "restore")
        await asyncio.sleep(MAKING_ROOM)
        for service in SERVICES:
            await rebuild.clear(client[service])
        forgotten = await _forgotten(servers)
        await _empty_stream(servers)
        await asyncio.to_thread(_fill, servers, file, manifest)
        held = await _without_effects(client, forgotten)
        for service in SERVICES:
            await client[service][outbox.COLLECTION].update_many({}, {"$set": {"pending": True}})
        for service in SERVICES:
            await rebuild.release(client[service])
        return held
    finally:
        client.close()


async def _without_effects(client: Any, forgotten: set[str]) -> int:
    """Hold what waited to leave, and forget again who was forgotten since; answers how many mails are held."""
    mails, people = (
        notifications.Store(client["notifications"], "notifications"),
        registration.Store(client["registration"]),
    )
    held = await hold_waiting(mails)
    for id in forgotten:
        with suppress(NotFound):
            await erase(people, id, asked_by="system")
    await mails.close()
    await people.close()
    return held


async def _forgotten(servers: Administration) -> set[str]:
    """Who was forgotten, as far as the stream still knows: a backup must not bring them back."""
    with suppress(NotFoundError):
        found = await read(servers.nats_url, "registration")
        return {fact.key for fact, _ in found.own if isinstance(fact, Erased)}
    return set()


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
    """The commands of this subject."""
    out = commands.add_parser("backup", help=backup.__doc__)
    out.add_argument("file", help="or a folder, for a name with the time in it")
    out.add_argument("--with-keys", action="store_true", help="also the keys of a local house: whoever reads it, is us")
    out.add_argument("--keep-days", type=int, help="delete the backups beside it that are older than this")
    out.set_defaults(command=backup)

    back = commands.add_parser("restore", help=restore.__doc__)
    back.add_argument("file")
    back.add_argument("--over", action="store_true", help="delete what the house holds first")
    back.add_argument("--other-keys", action="store_true", help="although its links and badges open nothing here")
    back.set_defaults(command=restore)
