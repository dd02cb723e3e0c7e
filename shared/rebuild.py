"""A database that was lost, is rebuilt or restored: its service stays away, and what is put into it calls for nothing.

The one switch for effects. Whoever puts a database back (`deploy.manage`) holds it first; every process of the
service sees that within a second and ends, and the next one waits, without a page, a consumer or a mail, until the
database is whole. What is put back is written as it was known, past every decision, so that it causes nothing.

A database that goes away under a running service takes a mark with it. Whoever misses the mark says so in the empty
database, and every process of the service begins anew, shut, until the database was put back.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared import inbox, outbox, tombstones
from shared.clock import now
from shared.events import ERASED_HERE, Envelope, Fact
from shared.events.registration import Erased
from shared.ids import new_id
from shared.logs import log

COLLECTION = "rebuild"
EVERY = 1.0
"""Seconds between two looks whether the database is held."""
HELD = 75
"""The exit code of a process that made room for a rebuild, or whose database has come back."""
LOST = 76
"""The exit code of a process whose database was lost: the next one is shut."""
_PATIENCE = 2.0
_AT_ONCE = 200
"""Documents written together: an outbox entry may hold a badge's PDF."""

F = TypeVar("F", bound=Fact)
Documents = dict[str, list[dict[str, Any]]]
"""What a database holds, by collection; `_id` included, `rev` not."""


@dataclass(frozen=True)
class History:
    """What the stream knows that concerns one service, oldest first: its own facts, and those it had received."""

    own: Sequence[tuple[Fact, Envelope]]
    others: Sequence[tuple[Fact, Envelope]]
    now: datetime

    def told(self, kind: type[F]) -> list[tuple[F, Envelope]]:
        """Its own facts of this kind."""
        return [(fact, envelope) for fact, envelope in self.own if isinstance(fact, kind)]

    def heard(self, kind: type[F]) -> list[tuple[F, Envelope]]:
        """The facts of this kind that it had received."""
        return [(fact, envelope) for fact, envelope in self.others if isinstance(fact, kind)]


def erased(history: History) -> dict[str, Erased]:
    """Who was forgotten, as far as this service has told or heard it."""
    return {fact.key: fact for fact, _ in [*history.told(Erased), *history.heard(Erased)]}


def without_erased(history: History) -> History:
    """The same without anything about those who were forgotten but that they were, and when each service said so."""
    gone = erased(history)

    def left(told: Iterable[tuple[Fact, Envelope]]) -> list[tuple[Fact, Envelope]]:
        return [one for one in told if one[0].key not in gone or isinstance(one[0], (Erased, *ERASED_HERE))]

    return replace(history, own=left(history.own), others=left(history.others))


def rebuilt_tombstones(history: History, more: Callable[[str], dict[str, Any]]) -> list[dict[str, Any]]:
    """The tombstones of those who were forgotten, each with `more` by its key; open until the service has said so."""
    said = {fact.key for fact, _ in history.own if isinstance(fact, ERASED_HERE)}
    return [
        {**tombstones.tombstone(key, fact.edition, fact.at, **more(key)), "open": key not in said}
        for key, fact in erased(history).items()
    ]


def newest(told: Iterable[tuple[F, Envelope]]) -> dict[str, tuple[F, Envelope]]:
    """The fact with the highest sequence of each key."""
    found: dict[str, tuple[F, Envelope]] = {}
    for fact, envelope in told:
        if fact.key not in found or found[fact.key][1].sequence < envelope.sequence:
            found[fact.key] = (fact, envelope)
    return found


def by_key(told: Iterable[tuple[F, Envelope]]) -> dict[str, list[tuple[F, Envelope]]]:
    """The facts of each key, in their sequence; one that was told twice is one."""
    found: dict[str, dict[str, tuple[F, Envelope]]] = {}
    for fact, envelope in told:
        found.setdefault(fact.key, {})[envelope.id] = (fact, envelope)
    return {key: sorted(facts.values(), key=lambda one: one[1].sequence) for key, facts in found.items()}


def outbox_entry(subject: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The entry a message was published from. Raises `KeyError` or `ValueError` when it is no fact."""
    envelope = Envelope.from_headers(headers)
    aggregate = envelope.id.split(":", 1)[1].rsplit(":", 1)[0]
    return {
        "_id": envelope.id,
        "aggregate": aggregate,
        "sequence": envelope.sequence,
        "key": envelope.key,
        "subject": subject,
        "headers": {name: value for name, value in headers.items() if not name.startswith("Nats-")},
        "body": body.decode(),
        "at": envelope.time,
        "pending": False,
        "published_at": envelope.time,
    }


def inbox_marks(ids: Iterable[str]) -> list[dict[str, Any]]:
    """These facts have been acted on."""
    return [inbox.mark(id, now()) for id in dict.fromkeys(ids)]


REBUILT = "database.rebuild"
"""The first entry of a journal whose beginning was lost: what the team did before is known from facts alone."""


def journal_begins(service: str, at: datetime) -> dict[str, Any]:
    """The entry that says so."""
    return {"_id": new_id(), "at": at, "actor": "manage", "action": REBUILT, "subject": service, "fields": []}


_PLUMBING = {outbox.COLLECTION, inbox.COLLECTION, "audit"}
"""Collections whose documents are written once and carry no revision."""


async def write(database: AsyncIOMotorDatabase, documents: Documents) -> None:
    """Put these into collections that are empty."""
    for collection, found in documents.items():
        rev = {} if collection in _PLUMBING else {"rev": 1}
        for start in range(0, len(found), _AT_ONCE):
            part = [{**document, **rev} for document in found[start : start + _AT_ONCE]]
            await database[collection].insert_many(part, ordered=False)


async def hold(database: AsyncIOMotorDatabase, why: str) -> bool:
    """Ask every process of this service to make room, and the next ones to wait; whether nobody had before."""
    asked = {"$set": {"why": why, "at": now()}}
    done = await database[COLLECTION].update_one({"_id": "hold"}, asked, upsert=True)
    return done.upserted_id is not None


async def keep(database: AsyncIOMotorDatabase, what: Mapping[str, Any]) -> None:
    """Keep this in the hold, on disk, before everything that says it is deleted; it goes with the hold."""
    kept = database[COLLECTION].with_options(write_concern=WriteConcern("majority", j=True))
    await kept.update_one({"_id": "hold"}, {"$set": {"kept": what}})


async def kept(database: AsyncIOMotorDatabase) -> dict[str, Any]:
    """What a hold that is there keeps: of a restore or a rebuild that died. Nothing without one."""
    hold = await database[COLLECTION].find_one({"_id": "hold"})
    return dict(hold["kept"]) if hold and "kept" in hold else {}


async def let_go(database: AsyncIOMotorDatabase) -> None:
    """Nothing was touched: its service may go on as before, shut if its database was lost."""
    await database[COLLECTION].delete_one({"_id": "hold"})


async def release(database: AsyncIOMotorDatabase) -> None:
    """The database is whole: its service may go on."""
    await database[COLLECTION].delete_many({"_id": {"$in": ["lost", "hold"]}})


async def is_held(database: AsyncIOMotorDatabase) -> bool:
    """Whether a rebuild or a restore of this database has begun and not ended; False while MongoDB is away."""
    return "hold" in (await _signs(database) or ())


async def is_lost(database: AsyncIOMotorDatabase) -> bool:
    """Whether a process saw this database go, and nobody has put it back; False while MongoDB is away."""
    return "lost" in (await _signs(database) or ())


async def _signs(database: AsyncIOMotorDatabase) -> dict[str, Any] | None:
    """What the database says of itself, by name, and will say after a failover; None while MongoDB is away."""
    settled = database[COLLECTION].with_options(read_concern=ReadConcern("majority"))
    try:
        async with asyncio.timeout(_PATIENCE):
            return {one["_id"]: one.get("id") async for one in settled.find({}, {"id": 1})}
    except (PyMongoError, TimeoutError):
        return None


async def clear(database: AsyncIOMotorDatabase) -> None:
    """Delete everything but the hold."""
    for name in await database.list_collection_names():
        if name != COLLECTION and not name.startswith("system."):
            await database.drop_collection(name)


class Lookout:
    """Ends this process, so that it begins anew, when its database is held, is lost, or has come back."""

    def __init__(self, database: AsyncIOMotorDatabase) -> None:
        self._database = database
        self._mark = ""
        self._do = f"python -m deploy.manage rebuild {database.name}"
        self.lost = False
        """The database was lost before this process began: it stays shut."""
        self.seen = asyncio.Event()
        """MongoDB has answered, so that `lost` is known. Until then nothing may act on what the database holds."""

    async def begin(self) -> None:
        """Wait while the database is held, then see whether it is lost. While MongoDB is away, `look` sees it later."""
        while "hold" in ((signs := await _signs(self._database)) or ()):
            log().warning("database.held")
            await asyncio.sleep(EVERY)
        if signs is None:
            return
        self.lost = "lost" in signs
        if self.lost:
            log().error("database.lost", do=self._do)
        self.seen.set()

    async def look(self) -> bool:
        """The step of a `Loop`, which never has more to do."""
        signs = await _signs(self._database)
        if signs is None:
            return False
        if "hold" in signs:
            log().warning("database.held")
            os._exit(HELD)
        if ("lost" in signs) != self.lost:
            self._say_it_changed()
            os._exit(HELD if self.lost else LOST)
        if not self.lost:
            await self._compare(signs.get("mark", ""))
        self.seen.set()
        return False

    def _say_it_changed(self) -> None:
        if self.lost:
            log().warning("database.returned")
        else:
            log().error("database.lost", do=self._do)

    async def _compare(self, mark: str) -> None:
        """The mark goes with everything else: one that is missing, or another than before, is of another database."""
        safe = self._database[COLLECTION].with_options(write_concern=WriteConcern("majority", j=True))
        if self._mark and mark != self._mark:
            log().error("database.lost", do=self._do)
            await safe.update_one({"_id": "lost"}, {"$set": {"at": now()}}, upsert=True)
            os._exit(LOST)
        if not mark:
            await safe.update_one({"_id": "mark"}, {"$setOnInsert": {"id": new_id()}}, upsert=True)
        self._mark = mark
