"""MongoDB and NATS as this project runs them on one machine: their options, and when they are ready."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.children import await_until, listening, spawn
from deploy.programs import find

REPLICA_SET = "rencontres"

MONGOD_PARAMETERS = {
    # A transaction orphaned by kill -9 keeps its documents locked this long, not 60 to 90 s.
    "transactionLifetimeLimitSeconds": 5,
    "diagnosticDataCollectionEnabled": "false",
    # Of several, each that is not the primary would answer its clients for 15 s more, though all of them end.
    "shutdownTimeoutMillisForSignaledShutdown": 500,
}


def mongod_command(port: int, data: Path, *, key_file: Path | None = None) -> list[str | Path]:
    """A single-node replica set (transactions need one) on loopback; with `key_file`, authentication is on.

    A slow operation is not logged: its line would hold the ids and names it looked for.
    """
    command: list[str | Path] = [
        find("mongod"), "--port", str(port), "--dbpath", data, "--bind_ip", "127.0.0.1", "--nounixsocket",
        "--replSet", REPLICA_SET, "--oplogSize", "512", "--wiredTigerCacheSizeGB", "0.25",
        "--networkMessageCompressors", "snappy", "--quiet", "--slowOpSampleRate", "0",
    ]  # fmt: skip
    for name, value in MONGOD_PARAMETERS.items():
        command += ["--setParameter", f"{name}={value}"]
    if key_file:
        command += ["--keyFile", key_file]
    return command


def start_mongod(port: int, folder: Path) -> subprocess.Popen[bytes]:
    """Without authentication, for tests: started, initiated, writable."""
    data = folder / "mongo"
    data.mkdir(parents=True)
    log = folder / "mongod.log"
    child = spawn(mongod_command(port, data), log=log)
    await_until(lambda: listening(port), "mongod", child=child, log=log)
    with MongoClient[dict[str, Any]](mongo_url(port)) as client:
        initiate(client, f"127.0.0.1:{port}")
        await_until(lambda: is_primary(client), "mongod's replica set", child=child, log=log)
    return child


def mongo_url(*ports: int, credentials: str = "", source: str = "admin") -> str:
    """The address of local servers: a replica set of one directly, several as the set, wherever its primary is."""
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    how = "directConnection=true" if len(ports) == 1 else f"replicaSet={REPLICA_SET}"
    if not credentials:
        return f"mongodb://{hosts}/?{how}"
    return f"mongodb://{credentials}@{hosts}/?{how}&authSource={source}"


def initiate(client: MongoClient[dict[str, Any]], *members: str) -> None:
    """Make a replica set of these members, unless the server belongs to one. All but the server asked must be empty."""
    if "setName" not in client.admin.command("hello"):
        config = {"_id": REPLICA_SET, "members": _numbered(members)}
        client.admin.command("replSetInitiate", config)


def move(client: MongoClient[dict[str, Any]], *members: str) -> None:
    """Tell a replica set that its addresses have changed; without this its members no longer know themselves."""
    config = client.admin.command("replSetGetConfig")["config"]
    config["version"] += 1
    config["members"] = _numbered(members)
    client.admin.command("replSetReconfig", config, force=True)


def _numbered(members: Sequence[str]) -> list[dict[str, Any]]:
    return [{"_id": number, "host": host} for number, host in enumerate(members)]


def is_primary(client: MongoClient[dict[str, Any]]) -> bool:
    """Whether writes are accepted there now."""
    try:
        return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False


def start_nats(port: int, folder: Path, options: Sequence[str | Path] = ()) -> subprocess.Popen[bytes]:
    """JetStream under `folder`, listening when this returns. Without users unless `options` name a configuration."""
    log = folder / "nats.log"
    command: list[str | Path] = [find("nats-server"), *options]
    if not options:
        command += ["--addr", "127.0.0.1", "--port", str(port), "--jetstream", "--store_dir", folder / "nats"]
    child = spawn(command, log=log)
    await_until(lambda: listening(port), "nats-server", child=child, log=log)
    return child
