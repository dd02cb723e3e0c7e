"""Group commit: many waiting commands share one transaction, and a bad one fails alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from shared.errors import Away, Busy
from shared.metrics import BATCHES

C = TypeVar("C")
R = TypeVar("R")


class Batcher(Generic[C, R]):
    """Collects commands while a batch is being written, then writes all that waited, up to `size`, at once.

    `run` gets the commands and answers one result or exception for each, in order. When `run` itself
    fails, the batch is split in halves until the culprit stands alone. The queue holds `waiting` commands:
    an impatient caller beyond that gets `Busy`.
    """

    def __init__(
        self, run: Callable[[Sequence[C]], Awaitable[Sequence[R | Exception]]], *, size: int = 100, waiting: int = 1000
    ) -> None:
        self._run = run
        self._size = size
        self._queue: asyncio.Queue[tuple[C, asyncio.Future[R]]] = asyncio.Queue(waiting)
        self._worker: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many commands wait for the next batch."""
        return self._queue.qsize()

    async def submit(self, command: C, *, patient: bool = False) -> R:
        """Wait for this command's result. A patient caller (a consumer) waits for room in the queue."""
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="batcher")
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        if patient:
            await self._queue.put((command, future))
        else:
            try:
                self._queue.put_nowait((command, future))
            except asyncio.QueueFull:
                raise Busy from None
        return await future

    async def close(self) -> None:
        """Stop working. Commands still waiting are abandoned: their callers see a cancellation."""
        if self._worker:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        while not self._queue.empty():
            self._queue.get_nowait()[1].cancel()

    async def _work(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < self._size and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            BATCHES.observe(len(batch))
            try:
                await self._write([pair for pair in batch if not pair[1].cancelled()])
            except asyncio.CancelledError:
                for _, future in batch:
                    future.cancel()
                raise

    async def _write(self, batch: Sequence[tuple[C, asyncio.Future[R]]]) -> None:
        if not batch:
            return
        try:
            results = await self._run([command for command, _ in batch])
        except Exception as error:  # noqa: BLE001 - every failure belongs to the callers who wait for it
            await self._blame(batch, error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            _settle(future, result)

    async def _blame(self, batch: Sequence[tuple[C, asyncio.Future[R]]], error: Exception) -> None:
        if len(batch) == 1 or isinstance(error, Away):
            for _, future in batch:
                _settle(future, error)
            return
        middle = len(batch) // 2
        await self._write(batch[:middle])
        await self._write(batch[middle:])


def _settle(future: asyncio.Future[R], result: R | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
