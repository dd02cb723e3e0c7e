"""Which staff cookies and API tokens are no longer good: a small projection of `access-changed`, held in memory.

Cookies and tokens are checked by their signature alone; what was withdrawn since they were signed is learnt from
facts. A service subscribes with `subscribe`, checks with `Access.withdrawn`, and keeps the memory of every replica
fresh with a `Loop` over `Access.refresh`, woken by the doorbell.
"""

from shared.broker import Bus
from shared.events import Envelope
from shared.events.programme import AccessChanged
from shared.store import Store, Unit, by_id

COLLECTION = "access"
EVERY = 2.0
"""Seconds between two looks at the projection: how long a withdrawn cookie may still open a page."""


class Access:
    """The accounts whose older credentials were withdrawn; a few dozen in a service's whole life."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._least: dict[str, int] = {}

    def withdrawn(self, account: str, generation: int) -> bool:
        """Whether credentials of this generation are no longer good."""
        return generation < self._least.get(account, 0)

    async def refresh(self) -> bool:
        """Read the projection again; the step of a `Loop`, which never has more to do."""
        documents = await self._store.database[COLLECTION].find({}).to_list(None)
        self._least = {document["_id"]: document["generation"] for document in documents}
        return False


async def project(store: Store, envelope: Envelope, fact: AccessChanged) -> None:
    """Keep the newest word about this account."""

    def decide(unit: Unit) -> None:
        known = unit.get(COLLECTION, fact.account)
        if known is None or known["sequence"] < envelope.sequence:
            unit.put(
                COLLECTION,
                {**(known or {}), "_id": fact.account, "generation": fact.generation, "sequence": envelope.sequence},
            )

    await store.consume(envelope, decide, by_id(COLLECTION, fact.account))


def subscribe(bus: Bus, store: Store) -> None:
    """Let this service learn of withdrawn credentials."""

    @bus.on(AccessChanged)
    async def access_changed(fact: AccessChanged, envelope: Envelope) -> None:
        await project(store, envelope, fact)
