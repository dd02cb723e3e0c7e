"""`make cluster-test`: three nodes of each server, two replicas of each service, and one by one they die or freeze.

Meanwhile people register and are let in. At the end everybody who was answered is there once, as many as fit are in the
session, and each has one confirmation. It takes minutes and both cores, so `make test` leaves it out.
"""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import nats
import pytest
from pymongo import MongoClient

from deploy.layout import ADMIN, Layout
from deploy.provision import consumer_configs
from deploy.topology import SERVICES
from deploy.verify import examine
from shared.outbox import STREAM
from tests.house import House, running_house
from tests.journeys.story import Story, an_application, eventually

PLACES = 12
HEALED = 30.0
"""Seconds until everything is as if nothing had happened."""
CROWD = 3


class People:
    """They register one after the other, each until there is an answer, and go through the door with their badge."""

    def __init__(self, house: House, session: str) -> None:
        self._house = house
        self._session = session
        self._over = Event()
        self._pool = ThreadPoolExecutor(CROWD)
        self.registered: dict[str, str] = {}
        """The id by address, of everybody who was answered."""
        self.enrolled: list[str] = []
        self.refused: list[str] = []
        self.admitted: list[str] = []
        self._coming = [self._pool.submit(self._come, number) for number in range(CROWD)]

    def _come(self, number: int) -> None:
        story = Story(self._house)
        story.http = story.api  # a token that may import: one office of all would be too many at once
        while not self._over.wait(0.3):
            self._register(story, wants=number == 0)
        story.close()

    def _register(self, story: Story, *, wants: bool) -> None:
        application, key = an_application(sessions=[self._session] if wants else []), uuid4().hex
        answer = eventually(lambda: _post(story, application, key), "an answer", seconds=60)
        if answer.status_code == 409:
            self.refused.append(application["email"])
            return
        assert answer.status_code == 201, answer.text
        registration = answer.json()["id"]
        self.registered[application["email"]] = registration
        if wants:
            self.enrolled.append(registration)
        code = story.badge(registration)["code"]
        assert story.check_in(code)["result"] == "admitted"
        self.admitted.append(registration)

    def await_more(self, count: int = 3) -> None:
        """As many more come all the way through the door: what is left of the house does everything."""
        wanted = len(self.admitted) + count
        eventually(lambda: self._alive() and len(self.admitted) >= wanted, "people at the door", seconds=HEALED)

    def go_home(self) -> None:
        """Nobody comes any more. Raises what went wrong for anybody."""
        self._over.set()
        for one in self._coming:
            one.result(timeout=90)
        self._pool.shutdown()

    def _alive(self) -> bool:
        for one in self._coming:
            if one.done():
                one.result()
        return True


def _post(story: Story, application: dict[str, Any], key: str) -> Any:
    answer = story.api.post("/api/registration/v1/registrations", json=application, headers={"Idempotency-Key": key})
    return None if answer.status_code >= 500 else answer


@pytest.fixture(scope="module")
def house(scratch: Path) -> Iterator[House]:
    with running_house(scratch / "cluster", "--cluster") as one:
        yield one


@pytest.fixture(scope="module")
def layout(house: House) -> Layout:
    return Layout.running({**os.environ, "VAR": str(house.var)})


@pytest.fixture
def session(house: House) -> str:
    """A released session with few places."""
    with house.program() as api:
        id, programme = f"few-{uuid4().hex[:8]}", "/api/programme/v1"
        draft = api.get(f"{programme}/editions/raict-2026/draft").json()
        pattern = next(one for one in draft["sessions"] if one["id"] == "2026-02")
        draft["sessions"].append({**pattern, "id": id, "capacity": PLACES, "room": None, "speakers": []})
        api.put(f"{programme}/editions/raict-2026", json=draft).raise_for_status()
        api.post(f"{programme}/releases", json={"edition": "raict-2026"}).raise_for_status()
        eventually(lambda: places_left(house, id) == PLACES, "the session on the form")
    return id


def places_left(house: House, session: str) -> int | None:
    with house.program() as api:
        listed = api.get("/api/registration/v1/form").json()["sessions"]
    return next((one["places_left"] for one in listed if one["id"] == session), None)


@contextmanager
def people(house: House, session: str) -> Iterator[People]:
    """People come inside this block; after it, all of them were answered and the house has healed."""
    crowd = People(house, session)
    try:
        crowd.await_more()
        yield crowd
        crowd.await_more()
    finally:
        crowd.go_home()
    house.await_ready(limit=HEALED)


def stream_leader(layout: Layout) -> str:
    async def ask() -> str:
        client = await nats.connect(layout.nats_admin_url.split(","))
        try:
            info = await client.jetstream(timeout=10).stream_info(STREAM)
            assert info.config.num_replicas == 3
            return str(info.cluster.leader)
        finally:
            await client.close()

    return asyncio.run(ask())


def primary(layout: Layout) -> str:
    """The name of the program that is MongoDB's primary."""
    with administrator(layout) as client:
        host = client.admin.command("hello")["primary"]
    return next(name for name in layout.several("mongo") if host == f"127.0.0.1:{layout.ports[name]}").replace(
        "mongo", "mongod"
    )


@contextmanager
def administrator(layout: Layout) -> Iterator[MongoClient]:
    word = layout.keys.password("mongo_admin")
    with MongoClient(layout.mongo_admin_url, username=ADMIN, password=word, authSource="admin") as client:
        yield client


@contextmanager
def frozen(pid: int, seconds: float) -> Iterator[None]:
    """Stopped (`SIGSTOP`) for as long, whatever happens inside."""
    os.kill(pid, signal.SIGSTOP)
    until = time.monotonic() + seconds
    try:
        yield
        Event().wait(max(0.0, until - time.monotonic()))
    finally:
        os.kill(pid, signal.SIGCONT)


def mails_of(layout: Layout, house: House, crowd: People) -> tuple[set[str], set[str]]:
    """Who got their confirmation more than once, and of whom it is known that they may have. Everybody got one."""

    def all_arrived() -> bool:
        counted.clear()
        counted.update(received(house))
        return all(counted[address] >= 1 for address in crowd.registered)

    counted: Counter[str] = Counter()
    eventually(all_arrived, "a confirmation for everybody", seconds=HEALED + 30)
    with administrator(layout) as client:
        flagged = {one["recipient"] for one in client.notifications.deliveries.find({"doubts": {"$gt": 0}})}
    return {address for address in crowd.registered if counted[address] > 1}, flagged


def received(house: House) -> Counter[str]:
    """How many mails arrived at each address; nobody here is sent anything but a confirmation."""
    return Counter(
        line.split(":", 1)[1].strip().lower()
        for file in (house.maildir / "new").iterdir()
        for line in file.read_text(errors="replace").splitlines()
        if line.startswith("Delivered-To:")
    )


def nothing_lost_nothing_twice(layout: Layout, house: House, crowd: People, session: str) -> set[str]:
    """Everybody who was answered is there once, with one confirmation; who got two, flagged, is the answer."""
    with administrator(layout) as client:
        kept = Counter(
            one["person"]["email"] for one in client.registration.registrations.find({}, {"person.email": 1})
        )
    assert {address: kept[address] for address in crowd.registered} == dict.fromkeys(crowd.registered, 1)
    assert not any(kept[address] for address in crowd.refused)
    assert len(crowd.enrolled) <= PLACES
    eventually(lambda: places_left(house, session) == PLACES - len(crowd.enrolled), "the places left", seconds=HEALED)
    doubled, flagged = mails_of(layout, house, crowd)
    assert doubled <= flagged, "twice only when the sender died in the middle, and then it is known"
    report = examine(
        {service: layout.service_environment(service) for service in SERVICES}, layout.nats_admin_url, patience=HEALED
    )
    assert [str(one) for one in report.findings] == []
    return doubled


def test_a_node_a_primary_and_half_of_the_replicas_die(layout: Layout, house: House, session: str):
    with people(house, session) as crowd:
        with house.without(stream_leader(layout)):
            crowd.await_more()
        with house.without(primary(layout)):
            crowd.await_more()
        for name in [name for name in house.ports if name.endswith("-2") and name.split("-")[0] in SERVICES]:
            os.kill(house.pid(name), signal.SIGKILL)
        crowd.await_more()
        before = house.pid("caddy")
        os.kill(before, signal.SIGKILL)
        house.await_restart("caddy", before, limit=HEALED)

    nothing_lost_nothing_twice(layout, house, crowd, session)
    assert len(crowd.enrolled) == PLACES or not crowd.refused


def test_a_replica_that_answers_nothing_is_left_out(layout: Layout, house: House, session: str):
    with people(house, session) as crowd, frozen(house.pid("registration"), 8), frozen(house.pid("badges-2"), 8):
        crowd.await_more()

    assert nothing_lost_nothing_twice(layout, house, crowd, session) == set()


def test_a_database_that_stands_still_makes_nobody_send_twice(layout: Layout, house: House, session: str):
    with people(house, session) as crowd, frozen(house.pid(primary(layout)), 8):
        pass

    assert nothing_lost_nothing_twice(layout, house, crowd, session) == set()


def test_a_stream_that_stands_still_loses_nothing(layout: Layout, house: House, session: str):
    """Its leader accepts connections and answers nothing: the two others choose another."""
    before = stream_leader(layout)
    with people(house, session) as crowd, frozen(house.pid(before), 15):
        crowd.await_more()

    assert nothing_lost_nothing_twice(layout, house, crowd, session) == set()


def test_a_sender_that_stands_still_is_replaced(layout: Layout, house: House, session: str):
    with administrator(layout) as client:
        holder = client.notifications.leases.find_one({"_id": "mailer"})["holder"]
    with people(house, session) as crowd, frozen(int(holder.split("-")[0]), 12):
        before = sum(received(house).values())
        eventually(lambda: sum(received(house).values()) > before + 1, "mail from the other", seconds=11)

    nothing_lost_nothing_twice(layout, house, crowd, session)


def test_consumers_have_three_copies_too(layout: Layout):
    async def ask() -> list[int]:
        client = await nats.connect(layout.nats_admin_url.split(","))
        try:
            found = await client.jetstream(timeout=10).consumers_info(STREAM)
            return [len(one.cluster.replicas or []) for one in found]
        finally:
            await client.close()

    assert asyncio.run(ask()) == [2] * len(consumer_configs())
