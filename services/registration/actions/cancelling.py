"""Cancelling: by whoever holds the link, or by the team."""

from services.registration import store as kept
from services.registration.actions.telling import ManageUrl, release_address, standing, told
from services.registration.domain import changes, joining
from services.registration.domain.registrations import Registration
from services.registration.store import Store
from shared.store import Unit, by_id


async def cancel(
    store: Store, id: str, *, manage_url: ManageUrl, generation: int | None = None, actor: str | None = None
) -> Registration:
    """Cancel a registration and free its places, once. `generation` is that of the link used, `actor` staff who did."""

    def decide(unit: Unit) -> Registration:
        before, house = standing(store, unit, id, generation=generation)
        if generation is not None and before.lives:
            changes.check_may("cancel", before, house.edition, unit.now)
        after, freed = joining.cancel((before, house), unit.now)
        if after == before:
            return before
        store.keep(unit, house, (after, freed))
        release_address(unit, after)
        unit.record(told(after, freed, manage_url, actor="staff" if actor else "person"), after.sequence)
        if actor:
            unit.audit(actor, "registration.cancel", id, ["status"])
        return after

    return await store.commit(decide, by_id(kept.REGISTRATIONS, id))
