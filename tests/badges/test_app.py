"""The whole service on real NATS and MongoDB: facts in, badge out."""

import asyncio
import base64
from contextlib import suppress

import httpx
import nats
import pytest
from nats.js.errors import NotFoundError

from deploy.provision import consumer_configs, stream_config
from services.badges.app import build
from services.badges.settings import Settings
from services.badges.store import Store
from shared.events.badges import Issued, Revoked
from shared.mongo import connect
from shared.outbox import STREAM
from tests.badges.factories import FONTS, SIGNER, cancelled, confirmed, edition_changed, envelope


@pytest.fixture
async def stream(nats_url):
    client = await nats.connect(nats_url)
    made = client.jetstream()
    with suppress(NotFoundError):
        await made.delete_stream(STREAM)
    await made.add_stream(stream_config(max_bytes=64 * 1024**2))
    for config in consumer_configs():
        await made.add_consumer(STREAM, config)
    yield made
    await client.close()


@pytest.fixture
async def mongo(mongo_url):
    """The service's database by its own name, empty."""
    client = connect(mongo_url)
    await client.drop_database("badges")
    for collection, indexes in Store.all_indexes().items():
        await client["badges"][collection].create_indexes(indexes)
    yield mongo_url
    await client.drop_database("badges")
    client.close()


@pytest.fixture
async def service(mongo, nats_url, stream):
    """The service, running."""
    settings = Settings(
        mongo_url=mongo,
        nats_url=nats_url,
        port=0,
        link_secret="secret",
        staff_public_key=SIGNER.public,
        badge_private_key=base64.b64encode(bytes(32)).decode(),
        fonts=FONTS,
    )
    app = build(settings)
    async with app.router.lifespan_context(app):
        yield app


async def publish(stream, fact, sequence):
    sent = envelope(fact, sequence)
    await stream.publish(sent.subject, fact.model_dump_json().encode(), stream=STREAM, headers=sent.headers())


async def test_service_issues_on_confirmation_and_revokes_on_cancellation(stream, service):
    heard = await stream.subscribe("rencontres.badges.>", ordered_consumer=True)
    await publish(stream, confirmed(), 1)
    await publish(stream, edition_changed(), 1)
    issued = Issued.model_validate_json((await heard.next_msg(timeout=10)).data)
    assert (issued.registration, issued.generation) == ("r1", 1)
    await publish(stream, confirmed(), 1)
    await publish(stream, cancelled(), 2)
    revoked = Revoked.model_validate_json((await heard.next_msg(timeout=10)).data)
    assert (revoked.registration, revoked.reason) == ("r1", "cancelled")


async def test_service_is_ready_and_serves_the_link_it_told(stream, service):
    heard = await stream.subscribe("rencontres.badges.>", ordered_consumer=True)
    await publish(stream, edition_changed(), 1)
    await publish(stream, confirmed(), 1)
    issued = Issued.model_validate_json((await heard.next_msg(timeout=10)).data)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://127.0.0.1:8080") as client:
        assert (await client.get(issued.link)).content[:5] == b"%PDF-"
        async with asyncio.timeout(8):
            while (await client.get("/health/ready")).status_code != 200:  # noqa: ASYNC110 - it connects meanwhile
                await asyncio.sleep(0.05)
