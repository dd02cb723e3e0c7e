"""A service's database under its own name, for tests that run the whole service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.mongo import connect
from shared.store import Store


@asynccontextmanager
async def own_database(url: str, service: str, store: type[Store]) -> AsyncIterator[None]:
    """Empty and with its indexes inside the block, gone after it."""
    client = connect(url)
    await client.drop_database(service)
    for collection, indexes in store.all_indexes().items():
        await client[service][collection].create_indexes(indexes)
    yield
    await client.drop_database(service)
    client.close()
