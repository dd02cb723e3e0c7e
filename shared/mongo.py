"""MongoDB: one client's settings, and a transaction that is tried again until its outcome is known."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, TypeVar

# Motor works in threads: with its default of 10, a frozen server made the last of 60 callers wait 24 s.
os.environ.setdefault("MOTOR_MAX_WORKERS", "64")

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared.errors import Away
from shared.failpoints import reach

R = TypeVar("R")

PATIENCE = 4.0
"""Seconds a transaction is tried again before MongoDB counts as away."""

DUPLICATE_KEY = 11000
DUPLICATE_TRIES = 3
"""A key that is taken after so many fresh reads will stay taken."""

_SAFE = WriteConcern("majority", j=True)
_ROWS = ThreadPoolExecutor(4, "mongo")


class Conflict(Exception):
    """A document changed between reading and writing: decide again on fresh documents."""


def connect(url: str) -> AsyncIOMotorClient:
    """A client for `url`: writes wait for the majority's journal, operations end after 4 s, times are aware UTC."""
    return AsyncIOMotorClient(
        url, tz_aware=True, w="majority", journal=True, retryWrites=True, timeoutMS=4000, serverSelectionTimeoutMS=3000
    )


async def in_a_row(work: Callable[..., R], *arguments: Any) -> R:
    """Run `work`, which asks MongoDB several things one after the other through motor's `delegate`, in one thread.

    Motor itself gives each question a thread, and each answer its turn in the loop: that took longer than MongoDB did.
    """
    return await asyncio.get_running_loop().run_in_executor(_ROWS, work, *arguments)


def is_away(error: BaseException) -> bool:
    """Whether this failure says that the server cannot be reached, not that the request was wrong."""
    return isinstance(error, ConnectionFailure) or (isinstance(error, PyMongoError) and error.timeout)


async def transact(client: AsyncIOMotorClient, work: Callable[[AsyncIOMotorClientSession], Awaitable[R]]) -> R:
    """Run `work` in a transaction and commit it; `work` may run several times, on fresh data each time.

    Our own retry, because the driver's `with_transaction` tries again without pause: 34 requests a second
    on one hot counter. Raises `Away` when MongoDB cannot be reached; then the outcome may be unknown, and
    the caller's key (idempotency key, inbox) settles it on the next try.
    """
    until = monotonic() + PATIENCE
    attempt = 0
    while True:
        try:
            return await _once(client, work, until)
        except (PyMongoError, Conflict) as error:
            if not _worth_retrying(error):
                if is_away(error):
                    raise Away("MongoDB") from error
                raise
            if _is_duplicate(error) and attempt >= DUPLICATE_TRIES:
                raise
            if monotonic() > until:
                raise Away("MongoDB") from error
        attempt += 1
        await asyncio.sleep(random.uniform(0.5, 1) * min(0.002 * 2**attempt, 0.2))  # noqa: S311 - jitter, not a secret


def _worth_retrying(error: Exception) -> bool:
    if isinstance(error, Conflict) or _is_duplicate(error):
        return True
    return isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError")


def _is_duplicate(error: Exception) -> bool:
    """Whether a unique key is taken; a bulk write says so in its own way, and all of ours are bulk writes."""
    if isinstance(error, BulkWriteError):
        refused = (error.details or {}).get("writeErrors") or [{"code": None}]
        return all(one["code"] == DUPLICATE_KEY for one in refused)
    return isinstance(error, DuplicateKeyError)


async def _once(
    client: AsyncIOMotorClient, work: Callable[[AsyncIOMotorClientSession], Awaitable[R]], until: float
) -> R:
    async with await client.start_session() as tx:
        tx.start_transaction(read_concern=ReadConcern("snapshot"), write_concern=_SAFE)
        try:
            result = await work(tx)
        except BaseException:
            # a property, whatever motor's stubs say
            if tx.in_transaction:  # type: ignore[truthy-function]
                await tx.abort_transaction()
            raise
        reach("before-commit")
        await _commit(tx, until)
        reach("after-commit")
        return result


async def _commit(tx: AsyncIOMotorClientSession, until: float) -> None:
    while True:
        try:
            await tx.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult") or monotonic() > until:
                raise
            await asyncio.sleep(0.05)
        else:
            return
