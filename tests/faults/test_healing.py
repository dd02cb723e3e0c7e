"""What is taken away by hand or by time comes back by itself: consumers, the stream with its lists, a service's day.

In a house of its own: time passes in it.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nats
import pytest
from nats.js import JetStreamContext

from deploy.children import await_until, listening
from deploy.local import provision
from deploy.provision import consumer_configs
from deploy.topology import SERVICES
from shared.outbox import STREAM
from tests.faults.losing import administration, differing, known, manage
from tests.faults.test_reminders import opening
from tests.faults.town import FEW, Town, few_places
from tests.house import House, running_house
from tests.journeys.story import eventually

OFFER = "une place vous est proposée"


@pytest.fixture(scope="module")
def town(scratch: Path) -> Iterator[Town]:
    with running_house(scratch / "healing", CHANGE_QUIET_SECONDS="1") as house:
        story = Town(house)
        few_places(story)
        story.comes("ana", sessions=[FEW])
        for name in ("bryn", "carmen", "denis"):
            story.comes(name, waiting=[FEW])
        story.settle()
        yield story
        story.close()


async def _stream(house: House) -> tuple[nats.NATS, JetStreamContext]:
    client = await nats.connect(administration(house).nats_url)
    return client, client.jetstream()


def test_a_consumer_deleted_or_changed_by_hand_is_put_back_and_nobody_is_told_twice(town: Town):
    mails = town.counts()
    wanted = {config.durable_name: config for config in consumer_configs()}

    async def hurt() -> None:
        client, stream = await _stream(town.house)
        await stream.delete_consumer(STREAM, "notifications_registration")
        await stream.add_consumer(STREAM, wanted["badges_registration"].evolve(ack_wait=99, max_ack_pending=7))
        await client.close()

    async def settings() -> tuple[float | None, int | None]:
        client, stream = await _stream(town.house)
        found = (await stream.consumer_info(STREAM, "badges_registration")).config
        await client.close()
        return found.ack_wait, found.max_ack_pending

    asyncio.run(hurt())
    assert not town.house.is_ready("notifications")

    town.comes("emil")
    town.settle()
    config = wanted["badges_registration"]
    eventually(lambda: asyncio.run(settings()) == (config.ack_wait, config.max_ack_pending), "the settings put back")
    assert {name: count for name, count in town.counts().items() if name != "emil"} == mails


def test_a_wiped_stream_keeps_lists_and_offers_as_they_were(town: Town):
    """Somebody has an offer, others wait, a reminder is due in a minute: all goes on as if nothing had happened."""
    ahead = opening(town.house) - timedelta(days=2, minutes=1) - datetime.now(UTC)
    town.house.pass_time(seconds=ahead.total_seconds())
    town.cancel(town.people["ana"]["id"])
    town.await_mail(town.mail["bryn"], OFFER)
    town.settle()
    before, mails = {service: known(town.house, service) for service in SERVICES}, town.counts()
    hold = town.house.var / "run/nats.hold"
    hold.touch()
    os.kill(town.house.pid("nats"), signal.SIGKILL)
    await_until(lambda: town.house.pid("nats") == 0, "the end of nats")
    shutil.rmtree(town.house.var / "nats/jetstream")
    hold.unlink()
    layout = administration(town.house).layout
    assert layout
    await_until(lambda: listening(layout.ports["nats"]), "nats again", limit=20)
    provision(layout)
    town.house.await_ready()

    manage(town.house, "replay")

    town.settle()
    assert {service: differing(before[service], known(town.house, service)) for service in SERVICES} == {
        service: [] for service in SERVICES
    }
    assert town.counts() == mails
    town.house.pass_time(minutes=2)
    for name in ("bryn", "carmen", "denis", "emil"):
        town.house.await_mails(town.mail[name], mails[name] + 1)


def test_a_service_away_for_a_day_says_only_what_is_still_true(town: Town):
    """Meanwhile one offer runs out and the next is made: nobody reads of an offer that is over."""
    town.settle()
    mails = town.counts()
    with town.house.without("notifications"):
        town.house.pass_time(hours=24)
        person = town.people["carmen"]["id"]
        eventually(lambda: is_offered(town, person), "the place offered to the next")
    town.await_mail(town.mail["carmen"], OFFER)
    town.settle()

    more = {name: [str(mail["Subject"]) for mail in town.mails(to)[mails[name] :]] for name, to in town.mail.items()}
    assert {name: len(titles) for name, titles in more.items() if titles} == {"bryn": 1, "carmen": 1}
    assert OFFER in more["carmen"][0]
    assert OFFER not in more["bryn"][0]
    assert "Everything that was seen holds" in manage(town.house, "verify")


def is_offered(town: Town, id: str) -> bool:
    found = town.api.get(f"/api/registration/v1/registrations/{id}").raise_for_status().json()
    return any(wish.get("offered_until") for wish in found["waiting"])
