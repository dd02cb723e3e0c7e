"""What is wrong less often, named on the health page in plain words with what to do, and gone once it is mended."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import nats
from pymongo import MongoClient

from deploy.layout import Layout
from deploy.local import provision
from deploy.provision import stream_config
from shared.broker import durable
from shared.findings import LAGGING
from shared.outbox import STREAM
from tests.health.conftest import Later
from tests.health.reading import alone_says, is_quiet, says
from tests.house import House
from tests.journeys.story import Story, an_application


def database(layout: Layout, service: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(layout.service_environment(service)["MONGO_URL"])


def test_data_that_should_be_gone_is_named_whoever_fails_to_delete_it(
    layout: Layout, later: Later, technician: httpx.Client
):
    with database(layout, "badges") as client:
        journal = client["badges"]["audit"]
        with later(minutes=1):
            journal.insert_one({"_id": "old", "at": datetime.now(UTC) - timedelta(days=1000)})
            alone_says(
                technician,
                "badges",
                "qui devaient être effacées sont encore là : 1.",
                "Lire « retention.failed »",
            )
            journal.delete_one({"_id": "old"})
    is_quiet(technician, "badges")


def test_a_service_whose_clock_is_ahead_is_named_by_those_who_hear_it(
    house: House, story: Story, technician: httpx.Client
):
    house.put_clock_off("registration", minutes=10)
    story.register(an_application())
    says(technician, "badges", "« Inscriptions » date ses nouvelles de l’avenir", "Remettre cette machine à l’heure")
    house.put_clock_off("registration")
    story.register(application := an_application())
    story.await_mail(application["email"])
    is_quiet(technician, "badges", "registration", "notifications")


def test_news_that_do_not_leave_are_counted_and_leave_in_the_end(
    layout: Layout, later: Later, story: Story, technician: httpx.Client
):
    asyncio.run(_take_messages_of(layout.nats_admin_url, size=1))
    story.register(application := an_application())
    with later(minutes=2):
        alone_says(technician, "registration", "Des nouvelles de ce service attendent de partir : 2.", "Vérifier NATS")
    provision(layout)
    story.await_mail(application["email"])
    is_quiet(technician, "registration")


async def _take_messages_of(url: str, size: int) -> None:
    """NATS answers, is not full, and refuses every message that is longer."""
    client = await nats.connect(url)
    await client.jetstream().update_stream(stream_config(), max_msg_size=size)
    await client.close()


def test_a_reading_that_is_late_says_how_many_are_left(layout: Layout, story: Story, technician: httpx.Client):
    made = story.register(application := an_application())
    story.await_mail(application["email"])
    with database(layout, "registration") as client:
        fact = client["registration"]["outbox"].find_one({"key": made["id"]})
    assert fact is not None
    consumer, count = durable("badges", "registration"), LAGGING + 1
    asyncio.run(_pause_and_tell_again(layout.nats_admin_url, consumer, fact, count))
    alone_says(
        technician,
        "badges",
        f"Ce service est en retard sur « Inscriptions » : {count} nouvelles à lire.",
        "Attendre s’il y a foule",
    )
    asyncio.run(_pause(layout.nats_admin_url, consumer, datetime.now(UTC)))
    is_quiet(technician, "badges", "notifications")
    assert len(story.mails(application["email"])) == 1


async def _pause_and_tell_again(url: str, consumer: str, fact: dict[str, Any], times: int) -> None:
    """The reader gets nothing more, while a fact is told again and again that everybody knows."""
    await _pause(url, consumer, datetime.now(UTC) + timedelta(minutes=5))
    client = await nats.connect(url)
    for _ in range(times):
        headers = {**fact["headers"], "Nats-Msg-Id": uuid4().hex}
        await client.jetstream().publish(fact["subject"], fact["body"].encode(), headers=headers)
    await client.close()


async def _pause(url: str, consumer: str, until: datetime) -> None:
    """Let the consumer hand out nothing until then; the client has no word for it."""
    client = await nats.connect(url)
    asked = json.dumps({"pause_until": until.isoformat()}).encode()
    answer = await client.request(f"$JS.API.CONSUMER.PAUSE.{STREAM}.{consumer}", asked)
    assert "error" not in json.loads(answer.data), answer.data
    await client.close()
