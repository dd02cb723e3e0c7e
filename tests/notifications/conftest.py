"""A notifications' store on the real MongoDB, and a real mail server that can misbehave."""

from collections.abc import AsyncIterator

import pytest

from services.notifications.store import Store
from tests.conftest import Indexed
from tests.notifications.mail_server import MailServer


@pytest.fixture
async def store(indexed: Indexed) -> AsyncIterator[Store]:
    made = Store(indexed(Store), "notifications")
    yield made
    await made.close()


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()
