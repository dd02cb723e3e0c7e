"""The batcher alone: order, halving, back-pressure."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.batch import Batcher
from shared.errors import Away, Busy


async def test_results_come_back_in_order_and_batches_are_bounded():
    sizes = []

    async def run(commands: Sequence[int]) -> list[int]:
        sizes.append(len(commands))
        await asyncio.sleep(0)
        return [command * 2 for command in commands]

    batcher = Batcher(run, size=10)
    assert await asyncio.gather(*(batcher.submit(n) for n in range(35))) == [n * 2 for n in range(35)]
    await batcher.close()
    assert max(sizes) == 10


async def test_halving_finds_the_culprit_and_spares_the_others():
    async def run(commands: Sequence[int]) -> list[int]:
        if 13 in commands:
            raise ValueError(13)
        return list(commands)

    batcher = Batcher(run)
    results = await asyncio.gather(*(batcher.submit(n) for n in range(50)), return_exceptions=True)
    await batcher.close()
    assert [n for n in range(50) if results[n] != n] == [13]


async def test_an_absent_database_fails_the_batch_once_not_in_halves():
    runs = 0

    async def run(_commands: Sequence[int]) -> list[int]:
        nonlocal runs
        runs += 1
        raise Away("MongoDB")

    batcher = Batcher(run)
    results = await asyncio.gather(*(batcher.submit(n) for n in range(50)), return_exceptions=True)
    await batcher.close()
    assert runs == 1
    assert all(isinstance(result, Away) for result in results)


async def test_without_a_bound_a_queue_refuses_nobody_and_everybody_waits():
    waiting = asyncio.Event()

    async def run(commands):
        await waiting.wait()
        return commands

    batcher = Batcher(run, waiting=0)
    together = [asyncio.create_task(batcher.submit(number)) for number in range(5000)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in together)
    waiting.set()
    await asyncio.gather(*together)
    await batcher.close()


async def test_a_full_queue_refuses_the_impatient_and_makes_the_patient_wait():
    gate = asyncio.Event()

    async def run(commands: Sequence[int]) -> list[int]:
        await gate.wait()
        return list(commands)

    batcher = Batcher(run, size=1, waiting=2)
    waiting = [asyncio.create_task(batcher.submit(n, patient=True)) for n in range(5)]
    await asyncio.sleep(0.01)
    with pytest.raises(Busy):
        await batcher.submit(9)
    gate.set()
    assert await asyncio.gather(*waiting) == [0, 1, 2, 3, 4]
    await batcher.close()
