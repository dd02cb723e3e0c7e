"""Each service may use its own part of the servers, and nothing of the others'."""

import asyncio
import re

import nats
import pytest
from nats.errors import TimeoutError as NatsTimeout
from nats.js.errors import APIError
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from deploy import local, provision
from deploy.administration import Administration
from deploy.children import await_until, free_ports, listening, spawn, stop
from deploy.keys import Keys
from deploy.layout import ROOT, Layout
from deploy.lost import check_whole
from deploy.programs import Missing
from deploy.provision import consumer_configs, provision_mongo, stream_config
from deploy.servers import REPLICA_SET, mongo_url, mongod_command
from deploy.supervisor import Supervisor
from deploy.topology import SERVICES, SUBSCRIPTIONS
from shared import broker
from shared.broker import durable
from shared.deadletters import DeadLetters
from shared.events.programme import EditionChanged
from shared.outbox import STREAM
from tests.shared.conftest import until


async def connect(layout, user):
    """A NATS client of one user, and what the server forbade it."""
    forbidden = []

    async def note(error):
        forbidden.append(str(error))

    url = layout.service_environment(user)["NATS_URL"] if user in SERVICES else layout.nats_admin_url
    client = await nats.connect(url, inbox_prefix=f"_INBOX_{user}".encode(), error_cb=note)
    return client, forbidden


@pytest.fixture
async def admin(provisioned):
    client, _ = await connect(provisioned, "provision")
    yield client.jetstream()
    await client.close()


async def test_stream_is_as_the_code_says(admin):
    found = (await admin.stream_info(STREAM)).config
    wanted = stream_config()

    for name in ("subjects", "storage", "duplicate_window", "max_msg_size", "max_bytes", "discard", "num_replicas"):
        assert getattr(found, name) == getattr(wanted, name), name


async def test_consumers_are_as_the_code_says(admin):
    found = {info.name: info.config for info in await admin.consumers_info(STREAM)}

    assert sorted(found) == sorted(config.durable_name for config in consumer_configs())
    for wanted in consumer_configs():
        config = found[wanted.durable_name]
        for name in ("filter_subject", "ack_policy", "ack_wait", "max_deliver", "max_ack_pending"):
            assert getattr(config, name) == getattr(wanted, name), (wanted.durable_name, name)


async def test_provision_finds_the_house_and_puts_back_a_consumer_changed_by_hand(provisioned, admin):
    wanted = consumer_configs()[0]
    await admin.add_consumer(STREAM, wanted.evolve(max_ack_pending=7))
    await admin.purge_stream(STREAM)  # with facts of empty databases, it would say that these were lost

    await asyncio.to_thread(provision.main, {"VAR": str(provisioned.var)})

    assert (await admin.consumer_info(STREAM, wanted.durable_name)).config.max_ack_pending == wanted.max_ack_pending


async def test_a_loss_is_remembered_unless_nothing_is_left_of_what_was_told(provisioned, admin):
    """Both servers wiped under a house that ran, or a service that had told nothing: there is nothing to bring back."""
    servers = Administration.of(provisioned)
    await admin.purge_stream(STREAM)
    with MongoClient(servers.mongo_url) as client:
        marks = client.badges.rebuild
        marks.insert_one({"_id": "lost"})

        await admin.publish("rencontres.badges.tried.v1.d", b"{}")
        with pytest.raises(Missing, match="badges was lost while it ran"):
            await asyncio.to_thread(check_whole, servers)
        await admin.purge_stream(STREAM)
        client.badges.outbox.insert_one({"_id": "written since"})
        with pytest.raises(Missing, match="badges was lost while it ran"):
            await asyncio.to_thread(check_whole, servers)
        assert marks.count_documents({"_id": "lost"}) == 1

        client.badges.outbox.delete_many({})
        await asyncio.to_thread(check_whole, servers)
        assert marks.count_documents({}) == 0


def test_provision_says_in_one_line_what_it_lacks(tmp_path):
    Layout.read({"VAR": str(tmp_path), "PORT": str(free_ports(1)[0])})

    with pytest.raises(Missing, match=r"^\S+ \(http://\S+\) is not running: `make run` starts its servers"):
        provision.main({"VAR": str(tmp_path)})
    with pytest.raises(Missing, match=r"^MONGO_PASSWORD_REGISTRATION is not set: deploy/env.example says"):
        provision.main({"MONGO_ADMIN_URL": "mongodb://127.0.0.1:1/"})


@pytest.mark.parametrize("service", SERVICES)
async def test_service_publishes_its_own_facts(provisioned, service):
    client, _ = await connect(provisioned, service)

    stored = await client.jetstream().publish(f"rencontres.{service}.tried.v1.a", b"{}", stream=STREAM)

    assert stored.stream == STREAM
    await client.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_service_cannot_publish_facts_of_another(provisioned, service):
    client, forbidden = await connect(provisioned, service)
    other = next(name for name in SERVICES if name != service)

    with pytest.raises(NatsTimeout):
        await client.jetstream().publish(f"rencontres.{other}.tried.v1.a", b"{}", timeout=0.3)

    assert "permissions violation" in forbidden[0].lower()
    await client.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_service_reads_and_acknowledges_through_its_own_consumers(provisioned, admin, service):
    for publisher in SUBSCRIPTIONS[service]:
        await admin.publish(f"rencontres.{publisher}.tried.v1.b", b"{}")
    client, forbidden = await connect(provisioned, service)

    for publisher in SUBSCRIPTIONS[service]:
        name = durable(service, publisher)
        pull = await client.jetstream().pull_subscribe_bind(stream=STREAM, durable=name)
        for message in await pull.fetch(100, timeout=5):
            await message.ack_sync(timeout=5)
        assert (await client.jetstream().consumer_info(STREAM, name)).num_ack_pending == 0

    assert forbidden == []
    await client.close()


@pytest.mark.parametrize("its_own", [True, False], ids=["its own inbox", "the client's default"])
async def test_service_hears_through_its_own_inbox_alone(provisioned, admin, database, monkeypatch, its_own):
    """What FastStream asks for by default is forbidden: the service would hear nothing, so its process ends."""

    class Bare(broker.NatsBroker):
        def subscriber(self, *subjects, inbox_prefix, **options):
            return super().subscriber(*subjects, **({"inbox_prefix": inbox_prefix} if its_own else {}), **options)

    async def alive():
        return True

    async def decided():
        return bool(bus.unknown_types or ends)

    ends = []
    monkeypatch.setattr(broker, "NatsBroker", Bare)
    monkeypatch.setattr("shared.broker.os._exit", ends.append)
    letters = DeadLetters(database)
    bus = broker.Bus("badges", provisioned.service_environment("badges")["NATS_URL"], letters, alive)
    bus.on(EditionChanged)(None)
    await admin.publish("rencontres.programme.tried.v1.c", b"{}")
    await bus.start()
    await until(decided)
    await bus.stop()

    assert (bool(bus.unknown_types), {*ends}) == ((True, set()) if its_own else (False, {71}))


@pytest.mark.parametrize("service", SERVICES)
async def test_service_cannot_touch_the_stream_or_read_freely(provisioned, service):
    client, forbidden = await connect(provisioned, service)
    stream = client.jetstream(timeout=0.3)

    for attempt in (stream.delete_stream(STREAM), stream.purge_stream(STREAM), stream.get_msg(STREAM, 1)):
        with pytest.raises((NatsTimeout, APIError)):
            await attempt
    await client.subscribe("rencontres.>")
    async with asyncio.timeout(5):
        while len(forbidden) < 4:  # noqa: ASYNC110 - the client only appends to a list
            await asyncio.sleep(0.01)

    assert len([error for error in forbidden if "permissions violation" in error.lower()]) == 4
    await client.close()


@pytest.mark.parametrize("service", SERVICES)
def test_service_reads_only_its_own_database(provisioned, service):
    other = next(name for name in SERVICES if name != service)
    with MongoClient(provisioned.service_environment(service)["MONGO_URL"]) as client:
        client[service].things.insert_one({})
        with pytest.raises(OperationFailure, match="not authorized"):
            client[other].things.find_one()
        with pytest.raises(OperationFailure, match="not authorized"):
            client.admin.command("usersInfo", 1)


def test_nobody_reads_without_a_password(provisioned):
    with MongoClient(provisioned.mongo_admin_url) as client, pytest.raises(OperationFailure, match="requires auth"):
        client.registration.things.find_one()


def test_nats_users_name_every_consumer_and_no_other():
    named = re.findall(r"\$JS\.API\.CONSUMER\.INFO\.RENCONTRES\.(\w+)", (ROOT / "deploy/nats.conf").read_text())

    assert sorted(named) == sorted(config.durable_name for config in consumer_configs())


def test_mongod_moves_to_another_port_with_its_documents(provisioned, tmp_path):
    folder, (first, second) = tmp_path / "moved", free_ports(2)
    port = str(provisioned.port)
    for mongo_port in (first, second):
        moved = Layout.read({"VAR": str(folder), "PORT": port, "MONGO_PORT": str(mongo_port), "PATH": "/usr/bin:/bin"})
        supervisor = Supervisor(folder, say=lambda _: None)
        supervisor.start(local.servers(moved)[0])
        provision_mongo(
            moved.mongo_admin_url,
            [f"127.0.0.1:{mongo_port}"],
            moved.mongo_passwords(),
            ("provision", moved.keys.password("mongo_admin")),
        )
        with MongoClient(moved.service_environment("badges")["MONGO_URL"]) as client:
            client.badges.things.insert_one({"port": mongo_port})
            kept = client.badges.things.distinct("port")
        supervisor.stop()

    assert kept == sorted([first, second])


def test_provision_makes_the_set_of_a_server_that_came_with_its_administrator(tmp_path):
    """As MongoDB's own image does: the first user is there before the replica set is."""
    (port,) = free_ports(1)
    folder, admin = tmp_path / "mongo", ("provision", "p1")
    folder.mkdir()
    keys = Keys(tmp_path)
    command = mongod_command(port, folder, key_file=keys.mongo_key_file())
    alone = [part for part in command if part not in {"--replSet", REPLICA_SET, "--keyFile", keys.mongo_key_file()}]
    for first_time in (True, False):
        child = spawn(alone if first_time else command, log=tmp_path / "mongod.log")
        await_until(lambda: listening(port), "mongod", child=child, log=tmp_path / "mongod.log")
        if first_time:
            with MongoClient(mongo_url(port)) as client:
                client.admin.command("createUser", admin[0], pwd=admin[1], roles=["root"])
        else:
            provision_mongo(mongo_url(port), [f"127.0.0.1:{port}"], dict.fromkeys(SERVICES, "p2"), admin)
            with MongoClient(mongo_url(port, credentials="badges:p2", source="badges")) as client:
                assert client.badges.things.insert_one({}).acknowledged
        stop(child)
