"""Cancelling: by whoever holds the link, or by the team."""

from services.registration import store as kept
from services.registration.actions.telling import ManageUrl, release_address, told
from services.registration.domain import registrations as domain
from services.registration.domain.registrations import Registration
from services.registration.store import Store, documents
from shared.errors import NotFound
from shared.store import Unit, by_id


async def cancel(
    store: Store, id: str, *, manage_url: ManageUrl, generation: int | None = None, actor: str | None = None
) -> Registration:
    """Cancel a registration and free its places, once. `generation` is that of the link used, `actor` staff who did."""

    def decide(unit: Unit) -> Registration:
        document = unit.get(kept.REGISTRATIONS, id)
        if document is None or generation not in {None, document["generation"]}:
            raise NotFound
        before = documents.registration(document)
        places = documents.places(unit.get(kept.PLACES, before.edition), before.edition)
        after, freed = domain.cancel(before, places, unit.now)
        if after == before:
            return before
        unit.put(kept.REGISTRATIONS, documents.registration_document(after))
        unit.put(kept.PLACES, documents.places_document(freed))
        release_address(unit, after)
        category = store.category(unit, after.edition, after.category)
        unit.record(told(after, category, manage_url(id, after.generation)), after.sequence)
        if actor:
            unit.audit(actor, "registration.cancel", id, ["status"])
        return after

    return await store.commit(decide, by_id(kept.REGISTRATIONS, id))
