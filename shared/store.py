"""The way into a service's database: commands are decided in memory and committed in batches."""

import contextvars
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorDatabase
from pymongo import DeleteOne, IndexModel, InsertOne, ReplaceOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from shared import deadletters, inbox, mongo, outbox, retention, tombstones
from shared.batch import Batcher
from shared.clock import now
from shared.events import Envelope
from shared.metrics import WAITING
from shared.remembered import Remembered
from shared.unit import Document, Read, Unit, Unread, by, by_id, next_revision

__all__ = ["Document", "Read", "Store", "Unit", "by", "by_id"]

R = TypeVar("R")
Writes = list[InsertOne[Any] | ReplaceOne[Any] | DeleteOne]


@dataclass(frozen=True)
class _Command(Generic[R]):
    decide: Callable[[Unit], R]
    reads: Sequence[Read]
    follow: Callable[[Unit], Iterable[Read]] | None
    context: contextvars.Context
    """The caller's correlation and causation, so that facts recorded in a batch keep their own."""


class Store:
    """One service's database. A service subclasses it with its own page queries and document ↔ entity functions."""

    INDEXES: ClassVar[dict[str, list[IndexModel]]] = {}
    """The service's own indexes by collection; `all_indexes()` adds those of the plumbing."""

    WITNESSES: ClassVar[dict[str, str]] = {}
    """Collections whose documents are remembered between batches, each with that of its witnesses (`Remembered`)."""

    def __init__(self, database: AsyncIOMotorDatabase, service: str, *, ring: Callable[[], None] | None = None) -> None:
        self.database = database
        self.service = service
        self.ring = ring or _silent
        self._collections: dict[str, Collection[dict[str, Any]]] = {}
        self._remembered = Remembered(self.WITNESSES)
        self._batcher: Batcher[_Command[Any], Any] = Batcher(self._write)
        WAITING.set_function(lambda: self._batcher.waiting)

    @classmethod
    def all_indexes(cls) -> dict[str, list[IndexModel]]:
        """Every index this service's database needs, by collection."""
        plumbing = {outbox.COLLECTION: outbox.INDEXES, deadletters.COLLECTION: deadletters.INDEXES}
        memory = {tombstones.COLLECTION: tombstones.INDEXES, retention.COLLECTION: retention.INDEXES}
        return {**plumbing, **memory, **cls.INDEXES}

    async def commit(
        self,
        decide: Callable[[Unit], R],
        *reads: Read,
        follow: Callable[[Unit], Iterable[Read]] | None = None,
        patient: bool = False,
    ) -> R:
        """Run `decide` in the next batch; what it puts and records is written together, or not at all.

        `decide` is synchronous and repeatable: no I/O, no clock (`unit.now`), no new ids. `reads` names the
        documents it will ask for, so that a batch reads them at once, and `follow` those that only these lead to;
        others are fetched when asked for.
        Raises what `decide` raises, `Busy` when the queue is full, `Away` when MongoDB cannot be reached.
        """
        result: R = await self._batcher.submit(
            _Command(decide, reads, follow, contextvars.copy_context()), patient=patient
        )
        return result

    async def consume(
        self, envelope: Envelope, decide: Callable[[Unit], R], *reads: Read, of_erased: bool = False
    ) -> R | None:
        """Like `commit`, once for each fact: a fact seen before changes nothing and answers None.

        Nor does a fact about somebody who was erased, unless it is `of_erased` that the decision is about.
        """

        def once(unit: Unit) -> R | None:
            if unit.seen(envelope.id) or (not of_erased and unit.get(tombstones.COLLECTION, envelope.key)):
                return None
            return decide(unit)

        marks = by_id(inbox.COLLECTION, envelope.id), by_id(tombstones.COLLECTION, envelope.key)
        return await self.commit(once, *marks, *reads, patient=True)

    def finish(self, unit: Unit) -> None:
        """Called once for each batch after its decisions, to add what belongs to the batch as a whole."""

    async def close(self) -> None:
        """Stop taking commands."""
        await self._batcher.close()

    def _collection(self, name: str) -> Collection[dict[str, Any]]:
        """For threads. Made once: motor takes longer to make one than to ask it."""
        if name not in self._collections:
            self._collections[name] = self.database[name].delegate
        return self._collections[name]

    async def _write(self, commands: Sequence[_Command[Any]]) -> Sequence[Any]:
        unit, results = await mongo.transact(self.database.client, lambda tx: self._attempt(tx, commands))
        self._remembered.keep(unit)
        if unit.changes.documents or unit.changes.outbox:
            self.ring()
        return results

    async def _attempt(
        self, tx: AsyncIOMotorClientSession, commands: Sequence[_Command[Any]]
    ) -> tuple[Unit, list[Any]]:
        unit = Unit(now(), self.service)
        reads = [read for command in commands for read in command.reads]
        await self._read(tx, unit, [read for read in reads if not self._remembered.holds(read)])
        self._remembered.recall(unit, reads)
        await self._read(tx, unit, reads)
        await self._read(tx, unit, [read for command in commands if command.follow for read in command.follow(unit)])
        results = [await self._decide(tx, unit, command) for command in commands]
        if unit.changes.documents:
            # what belongs to the whole batch belongs to none of its requests
            failure = await self._decide(tx, unit, _Command(self.finish, (), None, contextvars.Context()))
            if failure is not None:
                raise failure
            self._remembered.check(unit)
        await self._flush(tx, unit)
        return unit, results

    async def _read(self, tx: AsyncIOMotorClientSession, unit: Unit, reads: Iterable[Read]) -> None:
        if missing := unit.missing(reads):
            found = await mongo.in_a_row(self._find, tx.delegate, missing)
            for read, documents in zip(missing, found, strict=True):
                unit.remember(read, documents)

    def _find(self, tx: ClientSession | None, reads: Sequence[Read]) -> list[list[dict[str, Any]]]:
        """What these reads find, in a thread."""
        return [
            [*self._collection(read.collection).find({read.field: {"$in": list(read.values)}}, session=tx)]
            for read in reads
        ]

    async def _decide(self, tx: AsyncIOMotorClientSession, unit: Unit, command: _Command[Any]) -> Any:
        while True:
            try:
                with unit.command():
                    return command.context.copy().run(command.decide, unit)
            except Unread as unread:
                await self._read(tx, unit, [unread.read])
            except Exception as error:  # noqa: BLE001 - it is this command's answer; the others go on
                return error

    async def _flush(self, tx: AsyncIOMotorClientSession, unit: Unit) -> None:
        by_collection: dict[str, Writes] = {}
        guarded: dict[str, int] = {}
        for (collection, id), document in unit.changes.documents.items():
            original = unit.originals.get((collection, id))
            if original is None and document is None:
                continue
            by_collection.setdefault(collection, []).append(_write(id, original, document))
            guarded[collection] = guarded.get(collection, 0) + (original is not None)
        for collection, entries in (
            (outbox.COLLECTION, [*unit.changes.outbox.values()]),
            (inbox.COLLECTION, [*unit.changes.inbox.values()]),
            ("audit", unit.changes.audit),
        ):
            if entries:
                by_collection[collection] = [InsertOne(entry) for entry in entries]
        if by_collection:
            await mongo.in_a_row(self._write_all, tx.delegate, by_collection, guarded)

    def _write_all(
        self, tx: ClientSession | None, by_collection: Mapping[str, Writes], guarded: Mapping[str, int]
    ) -> None:
        """Write it, in a thread; raises `Conflict` when somebody else changed a document meanwhile."""
        for collection, writes in by_collection.items():
            outcome = self._collection(collection).bulk_write(writes, ordered=False, session=tx)
            if outcome.matched_count + outcome.deleted_count != guarded.get(collection, 0):
                raise mongo.Conflict(collection)


def _write(
    id: str, original: Document | None, document: Document | None
) -> InsertOne[Any] | ReplaceOne[Any] | DeleteOne:
    """The write that takes `original` to `document`, and matches nothing if somebody else was quicker."""
    if original is None:
        return InsertOne({**(document or {}), "rev": next_revision(None)})
    guard = {"_id": id, "rev": original.get("rev")}
    if document is None:
        return DeleteOne(guard)
    return ReplaceOne(guard, {**document, "rev": next_revision(original)})


def _silent() -> None:
    """No doorbell: the relay's sweep finds the entries within a second."""
