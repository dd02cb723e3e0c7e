"""Withdrawn credentials: the newest word about an account counts, in any order, on every replica."""

from collections.abc import Iterator

import pytest
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo.errors import ServerSelectionTimeoutError

from shared.access import Access, project
from shared.clock import now
from shared.events import Envelope
from shared.events.programme import AccessChanged, EndedSignIn
from shared.store import Store
from tests.web.conftest import claims


@pytest.fixture
def store(database: AsyncIOMotorDatabase) -> Iterator[Store]:
    return Store(database, "badges")


def told(sequence: int, generation: int, *ended: str) -> tuple[Envelope, AccessChanged]:
    left = tuple(EndedSignIn(sid=sid, until=now()) for sid in ended)
    fact = AccessChanged(account="claire", generation=generation, ended=left)
    envelope = Envelope(f"programme:claire:{sequence}", fact.type(), "programme", now(), fact.key, sequence, "c")
    return envelope, fact


async def test_older_generations_are_withdrawn(store: Store) -> None:
    access = Access(store)
    assert not await access.withdrawn(claims(sub="claire"))
    await project(store, *told(1, 2))
    assert not await access.refresh()
    found = [await access.withdrawn(claims(sub="claire", generation=number)) for number in (1, 2, 3)]
    assert found == [True, False, False]
    assert not await access.withdrawn(claims(sub="paul"))
    await store.close()


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1, 2, 3)])
async def test_newest_word_counts_in_any_order(store: Store, order: tuple[int, ...]) -> None:
    for sequence in order:
        await project(store, *told(sequence, sequence + 1))
    access = Access(store)
    await access.refresh()
    assert await access.withdrawn(claims(sub="claire", generation=3))
    assert not await access.withdrawn(claims(sub="claire", generation=4))
    await store.close()


async def test_sign_in_that_was_left_is_withdrawn_and_the_persons_others_are_not(store: Store) -> None:
    await project(store, *told(1, 1, "phone", "desk"))
    access = Access(store)
    found = [await access.withdrawn(claims(sub="claire", sid=sid)) for sid in ("phone", "desk", "home", "")]
    assert found == [True, True, False, False]
    await project(store, *told(2, 2))  # the generation was raised: what was told one by one is covered by it
    await access.refresh()
    assert await access.withdrawn(claims(sub="claire", sid="home"))
    await store.close()


async def test_process_that_has_not_looked_yet_looks_before_it_answers(store: Store) -> None:
    await project(store, *told(1, 2))
    assert await Access(store).withdrawn(claims(sub="claire"))
    await store.close()


async def test_process_that_cannot_look_answers_nobody() -> None:
    client = AsyncIOMotorClient("mongodb://127.0.0.1:1", serverSelectionTimeoutMS=50)
    away = Store(client["badges"], "badges")
    with pytest.raises(ServerSelectionTimeoutError):
        await Access(away).withdrawn(claims())
    await away.close()
    client.close()
