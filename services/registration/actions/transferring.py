"""Handing a place to somebody else."""

from services.registration import store as kept
from services.registration.actions.acting import By, keep_needs, move_address
from services.registration.actions.telling import ManageUrl, told
from services.registration.domain import changes
from services.registration.domain.changes import Details
from services.registration.domain.registrations import Registration
from services.registration.store import Store
from shared.events import registration as facts
from shared.store import Unit, by_id

AUDITED = ("person", "organisation", "phone", "consents", "needs", "link", "badge")


async def transfer(store: Store, id: str, successor: Details, by: By, *, manage_url: ManageUrl) -> Registration:
    """Another person comes instead: sessions stay, badge and links of the one before are void, their needs deleted.

    The link that was used opens nothing afterwards, so the same request sent twice is refused the second time.
    """

    def decide(unit: Unit) -> Registration:
        before, house = by.stands(store, unit, id)
        by.check_may("transfer", (before, house), unit.now)
        previous, address = before.person, successor.person.email
        shared = move_address(unit, before.edition, previous.email, address, flagged=before.same_address)
        after = changes.transferred(before, successor, house.programme.release, shared=shared)
        store.keep(unit, house, (after, house))
        keep_needs(unit, after, successor)
        about = {"previous": facts.Person(**vars(previous)), "actor": by.word}
        unit.record(told(after, house, manage_url, fact=facts.Transferred, **about), after.sequence)
        by.audit(unit, "registration.transfer", id, AUDITED)
        return after

    return await store.commit(decide, by_id(kept.REGISTRATIONS, id), by_id(kept.NEEDS, id))
