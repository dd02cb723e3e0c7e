"""Everything in one file; `restore` puts it back."""

import argparse
import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from deploy.administration import Administration
from deploy.archive import Manifest, Writer
from deploy.manage.alone import at_rest
from deploy.manage.reachable import Environments
from deploy.programs import Missing
from deploy.topology import SERVICES
from shared import leases, rebuild
from shared.clock import now

if TYPE_CHECKING:
    from deploy.manage.reachable import Commands

PASSING = {leases.COLLECTION, rebuild.COLLECTION}
"""Collections that mean nothing to another day."""
KEYS = "keys.json"
PATTERN = "rencontres-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]-[0-9][0-9][0-9][0-9][0-9][0-9].zip"


def backup(arguments: argparse.Namespace, _reachable: Environments) -> str:
    """Write all four databases, as they are at one moment, into one file that only its owner reads."""
    servers = Administration.read(os.environ)
    file = _file(arguments.file)
    if arguments.with_keys and servers.layout is None:
        raise Missing("The keys of this house are in its environment (deploy/.env): keep a copy of that file.")
    manifest = Manifest(now().isoformat(timespec="seconds"), keys_of(servers))
    try:
        writer = Writer(file, manifest)
    except OSError as error:
        raise Missing(f"{file} cannot be written: {error.strerror}.") from error
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


def _file(word: str) -> Path:
    """The file, or one with the time in its name in a folder. A folder is there, or made when the word ends with /."""
    wanted = Path(word)
    if wanted.is_dir() or word.endswith("/"):
        _make(wanted)
        return wanted / f"rencontres-{datetime.now(UTC):%Y-%m-%d-%H%M%S}.zip"
    if wanted.exists():
        raise Missing(f"{wanted} is there already: choose another name.")
    if not wanted.parent.is_dir():
        raise Missing(f"There is no folder {wanted.parent}: make it first.")
    return wanted


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Missing(f"The folder {folder} cannot be made: {error.strerror}.") from error


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


def add(commands: "Commands") -> None:
    """The commands of this subject."""
    out = commands.add_parser("backup", help=backup.__doc__)
    out.add_argument(
        "file", help="or a folder, for a name with the time in it; a missing one is made when it ends with /"
    )
    out.add_argument("--with-keys", action="store_true", help="also the keys of a local house: whoever reads it, is us")
    out.add_argument("--keep-days", type=int, help="delete the backups beside it that are older than this")
    out.set_defaults(command=backup)
