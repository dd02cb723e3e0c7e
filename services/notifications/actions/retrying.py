"""Staff send a mail again."""

from services.notifications.actions.keeping import keep
from services.notifications.domain import occasions
from services.notifications.domain.deliveries import Delivery
from services.notifications.store import Store, correspondence, reads
from shared.errors import NotFound
from shared.store import Unit


async def retry(store: Store, id: str, actor: str) -> Delivery:
    """Try this delivery again at once; raises `NotFound`, or `NotRetryable` when there is nothing to try."""
    found = await store.delivery(id)
    if found is None:
        raise NotFound
    registration = found.registration

    def decide(unit: Unit) -> Delivery:
        before = correspondence(unit, registration)
        after = occasions.retried(before, id, now=unit.now)
        keep(unit, before, after)
        unit.audit(actor, "delivery.retry", id, ["state", "due"])
        return after.deliveries[id]

    return await store.commit(decide, *reads(registration))
