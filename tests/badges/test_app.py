"""The whole service on real NATS and MongoDB: facts in, badge out."""

import asyncio
import base64

import httpx
import pytest

from services.badges.app import build
from services.badges.settings import Settings
from services.badges.store import Store
from shared.events.badges import Issued, Revoked
from shared.outbox import STREAM
from tests.badges.factories import FONTS, SIGNER, cancelled, confirmed, edition_changed, envelope
from tests.databases import own_database


@pytest.fixture
async def mongo(mongo_url):
    async with own_database(mongo_url, "badges", Store):
        yield mongo_url


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
