"""What had ended before a restore is known from the stream, from every database, and from a restore that died."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from nats.js import JetStreamContext

from deploy import endings
from deploy.administration import Administration
from deploy.topology import SERVICES
from services.programme.actions.closing import Known
from shared import outbox, rebuild
from shared.clock import now
from shared.events import Fact
from shared.events.programme import AccessChanged, EndedSignIn
from shared.events.registration import Erased
from shared.mongo import connect

SOON, PAST = now() + timedelta(hours=1), now() - timedelta(hours=1)


@pytest.fixture
async def client(mongo_url: str) -> AsyncIterator[Any]:
    """The four databases of a house, held and empty."""
    made = connect(mongo_url)
    for service in SERVICES:
        await made.drop_database(service)
        await rebuild.hold(made[service], "restore")
    yield made
    for service in SERVICES:
        await made.drop_database(service)
    made.close()


@pytest.fixture
def servers(mongo_url: str, nats_url: str) -> Administration:
    return Administration(mongo_url, nats_url)


async def tell(stream: JetStreamContext, *facts: Fact) -> None:
    for number, fact in enumerate(facts):
        entry = outbox.entry(
            fact, aggregate=fact.key, sequence=number, time=now(), correlation_id="c", causation_id=None
        )
        await stream.publish(entry["subject"], entry["body"].encode(), headers=entry["headers"])


async def test_endings_are_known_from_the_stream_and_from_every_database(
    client: Any, stream: JetStreamContext, servers: Administration
):
    left = (EndedSignIn(sid="phone", until=SOON), EndedSignIn(sid="old", until=PAST))
    await tell(
        stream,
        Erased(registration="r1", edition="e", at=now(), actor="person"),
        AccessChanged(account="a1", generation=3, ended=left),
        AccessChanged(account="a1", generation=2, ended=(EndedSignIn(sid="before", until=SOON),)),
    )
    await client["badges"].erasures.insert_one({"_id": "r2"})
    await client["registration"].access.insert_one({"_id": "a2", "generation": 4, "ended": []})
    await client["programme"].accounts.insert_one(
        {"_id": "a1", "generation": 3, "ended": [{"sid": "desk", "until": SOON}]}
    )
    await client["programme"].tokens.insert_one({"_id": "t1", "generation": 1})
    await client["badges"].desks.insert_many([{"_id": "d1", "withdrawn_at": PAST}, {"_id": "d2", "withdrawn_at": None}])

    found = await endings.keep(client, servers)

    assert found.erased == {"r1", "r2"}
    assert found.access == {"a1": Known(3, frozenset({"phone", "desk"})), "a2": Known(4), "t1": Known(1)}
    assert found.desks == {"d1"}


@pytest.mark.parametrize("kept", [True, False])
async def test_a_second_restore_knows_what_the_first_had_kept_and_nothing_without_it(
    client: Any, stream: JetStreamContext, servers: Administration, kept: bool
):
    await tell(stream, Erased(registration="r1", edition="e", at=now(), actor="person"))
    await client["badges"].desks.insert_one({"_id": "d1", "withdrawn_at": PAST})
    await client["programme"].accounts.insert_one({"_id": "a1", "generation": 2, "ended": []})
    first = await endings.keep(client, servers)
    for service in SERVICES:
        await rebuild.clear(client[service])
    await stream.delete_stream(outbox.STREAM)
    if not kept:
        await client["registration"].rebuild.update_one({}, {"$unset": {"kept": 1}})

    for service in SERVICES:
        await rebuild.hold(client[service], "restore")
    again = await endings.keep(client, servers)

    assert again == (first if kept else endings.Endings())
