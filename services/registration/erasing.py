"""Finishes what an erasure began here: answers to requests, facts told, messages that failed."""

from services.registration.store import Store
from shared.erasures import Erasing
from shared.events.registration import Erased
from shared.store import Document


def erasing(store: Store) -> Erasing:
    """The step of a loop. `erased` itself stays in the outbox: after NATS was wiped, everybody is told again."""

    async def sweep(tombstone: Document) -> bool:
        await store.forget_answers(tombstone["_id"])
        return True

    return Erasing(store, sweep, spare=(Erased.type(),))
