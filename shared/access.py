"""Which staff cookies and API tokens are no longer good: a small projection of `access-changed`, held in memory.

Cookies and tokens are checked by their signature alone; what was withdrawn since they were signed is learnt from
facts. A service subscribes with `subscribe`, checks with `Access.withdrawn`, and keeps the memory of every replica
fresh with a `Loop` over `Access.refresh`, woken by the doorbell. Programme, which owns the accounts, reads its own.
"""

from collections.abc import Iterable
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase

from shared.broker import Bus
from shared.events import Envelope
from shared.events.programme import AccessChanged
from shared.rebuild import newest
from shared.signing import Claims
from shared.store import Store, Unit, by_id

COLLECTION = "access"
EVERY = 2.0
"""Seconds between two looks at the projection: how long a withdrawn cookie may still open a page."""


class Access:
    """The accounts whose older credentials were withdrawn, and the sign-ins that were left; a few dozen of each.

    `collections` hold documents with a `generation` and the sign-ins `ended` since.
    """

    def __init__(self, store: Store, *collections: str) -> None:
        self._store = store
        self._collections = collections or (COLLECTION,)
        self._looked = False
        self._least: dict[str, int] = {}
        self._ended: frozenset[str] = frozenset()

    async def withdrawn(self, claims: Claims) -> bool:
        """Whether these credentials are no longer good. A process that has not looked yet looks first."""
        if not self._looked:
            await self.refresh()
        return claims.generation < self._least.get(claims.sub, 0) or claims.sid in self._ended

    async def refresh(self) -> bool:
        """Read the projection again; the step of a `Loop`, which never has more to do."""
        least: dict[str, int] = {}
        ended: set[str] = set()
        for collection in self._collections:
            async for document in self._store.database[collection].find({}, {"generation": 1, "ended.sid": 1}):
                least[document["_id"]] = document["generation"]
                ended.update(one["sid"] for one in document.get("ended", ()))
        self._least, self._ended, self._looked = least, frozenset(ended), True
        return False


async def project(store: Store, envelope: Envelope, fact: AccessChanged) -> None:
    """Keep the newest word about this account."""

    def decide(unit: Unit) -> None:
        known = unit.get(COLLECTION, fact.account)
        if known is None or known["sequence"] < envelope.sequence:
            unit.put(COLLECTION, {**(known or {}), **_document(fact, envelope)})

    await store.consume(envelope, decide, by_id(COLLECTION, fact.account))


def rebuilt(heard: Iterable[tuple[AccessChanged, Envelope]]) -> list[dict[str, Any]]:
    """The projection after these facts, for a database that was lost."""
    return [_document(fact, envelope) for fact, envelope in newest(heard).values()]


def _document(fact: AccessChanged, envelope: Envelope) -> dict[str, Any]:
    ended = [one.model_dump() for one in fact.ended]
    said = {"generation": fact.generation, "ended": ended, "disowned": fact.disowned}
    return {"_id": fact.account, **said, "sequence": envelope.sequence}


async def disowned(database: AsyncIOMotorDatabase, makers: Iterable[str]) -> dict[str, int]:
    """Of these accounts, as the journal names them, the generation below which what they handed out has ended."""
    ids = [maker.partition(":")[2] for maker in makers]
    found = database[COLLECTION].find({"_id": {"$in": ids}}, {"disowned": 1})
    return {f"staff:{one['_id']}": one.get("disowned", 0) async for one in found}


def subscribe(bus: Bus, store: Store) -> None:
    """Let this service learn of withdrawn credentials."""

    @bus.on(AccessChanged)
    async def access_changed(fact: AccessChanged, envelope: Envelope) -> None:
        await project(store, envelope, fact)
