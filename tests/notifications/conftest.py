"""A notifications' store on the real MongoDB, and a real mail server that can misbehave."""

from collections.abc import AsyncIterator

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from services.notifications.store import Store
from tests.notifications.mail_server import MailServer


@pytest.fixture
async def store(database: AsyncIOMotorDatabase) -> AsyncIterator[Store]:
    made = Store(database, "notifications")
    for collection, indexes in Store.all_indexes().items():
        await database[collection].create_indexes(indexes)
    yield made
    await made.close()


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()
