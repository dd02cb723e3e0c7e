"""Staff send a mail again, or give up one that waits."""

from collections.abc import Callable

from services.notifications.actions.keeping import keep
from services.notifications.domain import mails
from services.notifications.domain.deliveries import Delivery
from services.notifications.domain.mails import Correspondence
from services.notifications.store import Store, correspondence, reads
from shared.errors import NotFound
from shared.store import Unit


async def retry(store: Store, id: str, actor: str) -> Delivery:
    """Try this delivery again at once; raises `NotFound`, or `NotRetryable` when there is nothing to try."""
    return await _decide(store, id, actor, "delivery.retry", mails.retried)


async def abandon(store: Store, id: str, actor: str) -> Delivery:
    """Give this delivery up; raises `NotFound`, or `NotAbandonable` when it no longer waits."""
    return await _decide(store, id, actor, "delivery.abandon", mails.given_up)


async def _decide(store: Store, id: str, actor: str, action: str, decision: Callable[..., Correspondence]) -> Delivery:
    found = await store.delivery(id)
    if found is None:
        raise NotFound
    registration = found.registration

    def decide(unit: Unit) -> Delivery:
        before = correspondence(unit, registration)
        if id not in before.deliveries:  # forgotten since it was found
            raise NotFound
        after = decision(before, id, now=unit.now)
        keep(unit, before, after)
        unit.audit(actor, action, id, ["state", "due"])
        return after.deliveries[id]

    return await store.commit(decide, *reads(registration))
