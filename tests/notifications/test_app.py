"""The whole service on real NATS and MongoDB, with a real mail server: facts in, one mail out."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from deploy.provision import consumer_configs
from services.notifications.app import build
from services.notifications.settings import Settings
from services.notifications.store import Store
from shared.events.notifications import EmailSent
from shared.outbox import STREAM
from tests.databases import own_database
from tests.notifications.factories import a_confirmed, a_released, an_edition, an_envelope, an_issued
from tests.notifications.test_mailer import until
from tests.notifications.test_web import SIGNER


@pytest.fixture
async def mongo(mongo_url):
    async with own_database(mongo_url, "notifications", Store):
        yield mongo_url


@asynccontextmanager
async def running(mongo, nats_url, mail_server, **changes):
    settings = Settings(
        **{
            "mongo_url": mongo,
            "nats_url": nats_url,
            "port": 0,
            "link_secret": "secret",
            "staff_public_key": SIGNER.public,
            "smtp_url": mail_server.url,
            **changes,
        }
    )
    app = build(settings)
    async with app.router.lifespan_context(app):
        yield app


async def publish(stream, fact, sequence=1):
    envelope = an_envelope(fact, sequence)
    await stream.publish(envelope.subject, fact.model_dump_json().encode(), stream=STREAM, headers=envelope.headers())


async def publish_edition(stream):
    await publish(stream, an_edition(), 1)
    await publish(stream, a_released(), 2)


async def settled(stream):
    consumers = [config.durable_name for config in consumer_configs() if "notifications_" in config.durable_name]
    states = await asyncio.gather(*(stream.consumer_info(STREAM, name) for name in consumers))
    return not any(state.num_pending or state.num_ack_pending for state in states)


def arrived(mail_server, count):
    async def condition():
        return len(mail_server.held) == count

    return condition


async def test_facts_become_one_mail_and_its_end_is_told(mongo, nats_url, stream, mail_server):
    heard = await stream.subscribe("rencontres.notifications.>", ordered_consumer=True)
    async with running(mongo, nats_url, mail_server):
        await publish_edition(stream)
        await publish(stream, an_issued())
        await publish(stream, a_confirmed())
        message = await heard.next_msg(timeout=10)
    told = EmailSent.model_validate_json(message.data)
    assert message.headers["ce-correlationid"] == "c1"
    assert message.headers["ce-causationid"] == an_envelope(a_confirmed()).id
    assert (told.template, told.registration) == ("confirmation", a_confirmed().registration)
    assert len(mail_server.held) == 1


async def test_a_service_that_was_away_catches_up_and_one_started_again_mails_nobody(
    mongo, nats_url, stream, mail_server
):
    await publish(stream, a_confirmed())
    await publish(stream, an_issued())
    await publish_edition(stream)
    async with running(mongo, nats_url, mail_server):
        await until(arrived(mail_server, 1))
    for config in consumer_configs():
        await stream.delete_consumer(STREAM, config.durable_name)
        await stream.add_consumer(STREAM, config)
    async with running(mongo, nats_url, mail_server):
        await until(lambda: settled(stream))
        await publish(stream, a_confirmed(registration="r2"))
        await publish(stream, an_issued(registration="r2"))
        await until(arrived(mail_server, 2))
    assert len({message["Message-ID"] for message in mail_server.messages}) == 2


async def test_a_badge_that_is_not_there_in_time_follows(mongo, nats_url, stream, mail_server):
    async with running(mongo, nats_url, mail_server, badge_patience=0.2):
        await publish_edition(stream)
        await publish(stream, a_confirmed())
        await until(arrived(mail_server, 1))
        await publish(stream, an_issued())
        await until(arrived(mail_server, 2))
    subjects = [message["Subject"].rpartition(": ")[2] for message in mail_server.messages]
    assert subjects == ["votre inscription est confirmée", "votre badge est prêt"]
