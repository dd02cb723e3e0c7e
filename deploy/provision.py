"""Makes and updates what the services may not: replica set, users, indexes, the stream and its consumers.

Idempotent: run it at every start and after every change. `python -m deploy.provision` reads its addresses and
passwords from the environment (`deploy/env.example`), or finds the house that runs under `VAR`.
"""

import asyncio
import importlib
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import nats
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from deploy.administration import Administration
from deploy.children import await_until, listening
from deploy.layout import Layout
from deploy.lost import check_whole
from deploy.programs import Missing
from deploy.servers import initiate, is_primary, move
from deploy.topology import JANITOR, SERVICES, SUBSCRIPTIONS
from shared.broker import durable
from shared.events import ERASED_HERE, PREFIX
from shared.events.registration import Erased
from shared.outbox import STREAM
from shared.store import Store

Mongo = MongoClient[dict[str, Any]]

UNAUTHORIZED = 13
NOT_YET_INITIALIZED = 94

STREAM_BYTES = 2 * 1024**3
"""A full disk does not heal by itself, a full stream refuses cleanly. An edition needs a few hundred MB."""

LEADER_SECONDS = 20.0
"""How long several nodes of NATS get to agree, before what they refuse counts as refused."""


def stream_config(replicas: int = 1, max_bytes: int = STREAM_BYTES) -> StreamConfig:
    """The one stream: every fact of the edition, on disk, kept until the stream is told otherwise."""
    return StreamConfig(
        name=STREAM,
        subjects=[f"{PREFIX}.>"],
        storage=StorageType.FILE,
        num_replicas=replicas,
        duplicate_window=600,
        max_msg_size=8 * 1024**2,
        max_bytes=max_bytes,
        discard=DiscardPolicy.NEW,
    )


def consumer_configs() -> list[ConsumerConfig]:
    """One durable pull consumer for each pair of reader and publisher, and the janitor's of all erasures."""
    return [
        *(
            _consumer(durable(service, publisher), filter_subject=f"{PREFIX}.{publisher}.>")
            for service, publishers in SUBSCRIPTIONS.items()
            for publisher in publishers
        ),
        _consumer(JANITOR, filter_subjects=[f"{fact.type()}.*" for fact in (Erased, *ERASED_HERE)]),
    ]


def _consumer(name: str, **filters: Any) -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=name,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=8,
        max_deliver=-1,
        max_ack_pending=200,
        **filters,
    )


async def provision_nats(url: str, *, replicas: int = 1, max_bytes: int = STREAM_BYTES) -> None:
    """Create or update the stream and every consumer, as the user `provision`."""
    client = await nats.connect(url.split(","), connect_timeout=5, max_reconnect_attempts=5)
    try:
        stream = client.jetstream(timeout=10)
        await _settled(lambda: _provision_stream(stream, stream_config(replicas, max_bytes)))
        for config in consumer_configs():
            await _settled(lambda config=config: stream.add_consumer(STREAM, config))  # type: ignore[misc]
    finally:
        await client.close()


async def _provision_stream(stream: JetStreamContext, config: StreamConfig) -> None:
    try:
        await stream.stream_info(STREAM)
    except NotFoundError:
        await stream.add_stream(config)
    else:
        await stream.update_stream(config)


async def _settled(ask: Callable[[], Awaitable[object]]) -> None:
    """Ask until it is done: nodes that have just started refuse until they have chosen a leader."""
    until = time.monotonic() + LEADER_SECONDS
    while True:
        try:
            await ask()
        except (NatsError, TimeoutError):
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.5)
        else:
            return


def provision_mongo(url: str, members: Sequence[str], passwords: Mapping[str, str], admin: tuple[str, str]) -> None:
    """Replica set, administrator, one user per service for its own database only, and every index.

    `url` names no user: on a new server the first one is made through MongoDB's localhost exception.
    """
    first = url if len(members) == 1 else f"mongodb://{members[0]}/?directConnection=true"
    with Mongo(first) as client:
        _provision_replica_set(client, first, members, admin)
    with Mongo(url, serverSelectionTimeoutMS=2000) as client:
        await_until(lambda: is_primary(client), "MongoDB's replica set")
        if not _opens(url, admin):
            client.admin.command("createUser", admin[0], pwd=admin[1], roles=["root"])
    with Mongo(url, username=admin[0], password=admin[1], authSource="admin") as client:
        for service in SERVICES:
            _provision_user(client, service, passwords[service])
            provision_indexes(client, service)


def _provision_replica_set(client: Mongo, url: str, members: Sequence[str], admin: tuple[str, str]) -> None:
    try:
        initiate(client, *members)
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:
            raise
    else:
        hosts = client.admin.command("hello").get("hosts", members)
        if len(members) == 1 or sorted(hosts) == sorted(members):
            return
    with Mongo(url, username=admin[0], password=admin[1], authSource="admin") as known:
        _settle(known, members)


def _settle(client: Mongo, members: Sequence[str]) -> None:
    """There are users but no working set: none was made yet, or the members' addresses have changed."""
    try:
        move(client, *members)
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        initiate(client, *members)


def _opens(url: str, admin: tuple[str, str]) -> bool:
    with Mongo(url, username=admin[0], password=admin[1], authSource="admin") as client:
        try:
            client.admin.command("usersInfo", admin[0])
        except OperationFailure:
            return False
        return True


def _provision_user(client: Mongo, service: str, password: str) -> None:
    known = client[service].command("usersInfo", service)["users"]
    command = "updateUser" if known else "createUser"
    client[service].command(command, service, pwd=password, roles=[{"role": "readWrite", "db": service}])


def provision_indexes(client: Mongo, service: str) -> None:
    """Every index that this service's store lists."""
    store: type[Store] = importlib.import_module(f"services.{service}.store").Store
    for collection, indexes in store.all_indexes().items():
        client[service][collection].create_indexes(indexes)


def provision_servers(settings: Mapping[str, str]) -> None:
    """MongoDB and NATS, as these settings name them. Raises `Missing` where one is left out."""
    try:
        passwords = {service: settings[f"MONGO_PASSWORD_{service.upper()}"] for service in SERVICES}
        admin = (settings["MONGO_ADMIN"], settings["MONGO_ADMIN_PASSWORD"])
        mongo, members, stream = (settings[name] for name in ("MONGO_ADMIN_URL", "MONGO_MEMBERS", "NATS_ADMIN_URL"))
    except KeyError as error:
        raise Missing(f"{error.args[0]} is not set: deploy/env.example says what provisioning needs.") from None
    provision_mongo(mongo, members.split(","), passwords, admin)
    asyncio.run(provision_nats(stream, replicas=int(settings.get("NATS_REPLICAS", "1"))))


def main(given: Mapping[str, str] = os.environ) -> None:
    """Provision the servers the environment names, or those of the house that runs under `VAR`. Raises `Missing`."""
    settings = given if "MONGO_ADMIN_URL" in given else _of_the_house(given)
    provision_servers(settings)
    check_whole(Administration.read(given))
    print("Provisioned: MongoDB users and indexes, the stream and its consumers.")


def _of_the_house(given: Mapping[str, str]) -> Mapping[str, str]:
    layout = Layout.running(given)
    if "MONGO_URL" not in given and not any(listening(layout.ports[name]) for name in layout.several("mongo")):
        raise Missing(f"{layout.name} is not running: `make run` starts its servers and provisions them.")
    return layout.provision_environment()


if __name__ == "__main__":
    try:
        main()
    except Missing as error:
        sys.exit(str(error))
