"""What is remembered between batches is believed only while its witness is as it was."""

from collections.abc import AsyncIterator
from typing import ClassVar

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from shared import store as shared
from shared.store import Read, Unit, by_id
from tests.shared.conftest import PUBLISHER

READS = by_id("rules", "e"), by_id("counts", "e")


class Store(shared.Store):
    """Remembers rules by the counts beside them; says what it looked up."""

    WITNESSES: ClassVar[dict[str, str]] = {"rules": "counts"}
    asked: list[str]

    def _find(self, tx, reads):
        self.asked += [read.collection for read in reads]
        return super()._find(tx, reads)


@pytest.fixture
async def two(database: AsyncIOMotorDatabase) -> AsyncIterator[tuple[Store, Store]]:
    stores = Store(database, PUBLISHER), Store(database, PUBLISHER)
    for one in stores:
        one.asked = []
    await stores[0].commit(set_rule("old"), *READS)
    yield stores
    for one in stores:
        await one.close()


def set_rule(rule: str):
    def decide(unit: Unit) -> None:
        unit.put("rules", {"_id": "e", "rule": rule})
        unit.put("counts", {"_id": "e", "n": 0})

    return decide


def count(unit: Unit) -> str:
    rules, counts = unit.get("rules", "e"), unit.get("counts", "e")
    assert rules
    assert counts
    unit.put("counts", {"_id": "e", "n": counts["n"] + 1})
    return str(rules["rule"])


async def test_after_the_first_batch_only_the_witness_is_read(two: tuple[Store, Store]):
    one, _ = two
    one.asked.clear()
    assert [await one.commit(count, *READS) for _ in range(3)] == ["old"] * 3
    assert one.asked == ["counts"] * 3


async def test_what_another_process_changed_is_read_again(two: tuple[Store, Store]):
    one, other = two
    assert await other.commit(count, *READS) == "old"
    await one.commit(set_rule("new"), *READS)
    assert await other.commit(count, *READS) == "new"


async def test_what_is_gone_is_not_remembered(two: tuple[Store, Store]):
    one, other = two
    await other.commit(count, *READS)

    def remove(unit: Unit) -> None:
        unit.remove("rules", "e")
        count_as_they_are(unit)

    await one.commit(remove, *READS)
    for store in two:
        assert await store.commit(lambda unit: unit.get("rules", "e"), *READS) is None


def count_as_they_are(unit: Unit) -> None:
    counts = unit.get("counts", "e")
    assert counts
    unit.put("counts", {"_id": "e", "n": counts["n"]})


async def test_a_read_without_the_witness_is_a_read(two: tuple[Store, Store]):
    one, _ = two
    one.asked.clear()
    await one.commit(lambda unit: unit.get("rules", "e"), by_id("rules", "e"))
    assert one.asked == ["rules"]


async def test_believing_without_the_witness_would_miss_the_change(
    two: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
):
    one, other = two
    await other.commit(count, *READS)
    await one.commit(set_rule("new"), *READS)

    def blindly(unit: Unit, reads: list[Read]) -> None:
        unit.remember(READS[0], [other._remembered._known["rules", "e"][0]])

    monkeypatch.setattr(other._remembered, "recall", blindly)
    assert await other.commit(count, *READS) == "old"


async def test_a_change_without_its_witness_is_a_mistake_of_ours(two: tuple[Store, Store]):
    def forgetful(unit: Unit) -> None:
        unit.put("rules", {"_id": "e", "rule": "new"})

    with pytest.raises(AssertionError, match="rules e is changed without counts"):
        await two[0].commit(forgetful, *READS)
