"""A badges service on a real database, with a press that has read its fonts once."""

import pytest

from services.badges.rendering import Press
from services.badges.store import Store
from services.badges.workshop import Workshop
from tests.badges.factories import FONTS, a_workshop


@pytest.fixture(scope="session")
def press() -> Press:
    return Press(FONTS)


@pytest.fixture(scope="session")
def workshop(press) -> Workshop:
    return a_workshop(press)


@pytest.fixture
async def store(database):
    """The store with its indexes, as provisioning makes them."""
    for collection, indexes in Store.all_indexes().items():
        await database[collection].create_indexes(indexes)
    made = Store(database, "badges")
    yield made
    await made.close()
