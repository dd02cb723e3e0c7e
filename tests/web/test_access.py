"""Withdrawn credentials: the newest word about an account counts, in any order, on every replica."""

from collections.abc import Iterator

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from shared.access import Access, project
from shared.clock import now
from shared.events import Envelope
from shared.events.programme import AccessChanged
from shared.store import Store


@pytest.fixture
def store(database: AsyncIOMotorDatabase) -> Iterator[Store]:
    return Store(database, "badges")


def told(sequence: int, generation: int) -> tuple[Envelope, AccessChanged]:
    fact = AccessChanged(account="claire", generation=generation)
    envelope = Envelope(f"programme:claire:{sequence}", fact.type(), "programme", now(), fact.key, sequence, "c")
    return envelope, fact


async def test_older_generations_are_withdrawn(store: Store) -> None:
    access = Access(store)
    assert not access.withdrawn("claire", 1)
    await project(store, *told(1, 2))
    assert not await access.refresh()
    assert [access.withdrawn("claire", generation) for generation in (1, 2, 3)] == [True, False, False]
    assert not access.withdrawn("paul", 1)
    await store.close()


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1, 2, 3)])
async def test_newest_word_counts_in_any_order(store: Store, order: tuple[int, ...]) -> None:
    for sequence in order:
        await project(store, *told(sequence, sequence + 1))
    access = Access(store)
    await access.refresh()
    assert access.withdrawn("claire", 3)
    assert not access.withdrawn("claire", 4)
    await store.close()
