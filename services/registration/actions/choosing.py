"""Choosing other sessions."""

from services.registration import store as kept
from services.registration.actions.acting import By
from services.registration.actions.telling import ManageUrl, told
from services.registration.domain import choosing
from services.registration.domain.choosing import Choice
from services.registration.domain.registrations import Registration
from services.registration.store import Store
from services.registration.store.store import house_reads
from shared.events.registration import Amended
from shared.store import Unit, by_id


async def choose(store: Store, one: Registration, wanted: Choice, by: By, *, manage_url: ManageUrl) -> Registration:
    """Take, leave and wait for sessions in one go: what was held is not lost when something new is full.

    `one` is the registration as it was shown; the decision is made on what it is now.
    """

    def decide(unit: Unit) -> Registration:
        before, house = by.stands(store, unit, one.id, *wanted.waiting)
        by.check_may("sessions", (before, house), unit.now)
        chosen = choosing.choose((before, house), wanted, unit.now)
        if chosen[0] == before:
            return before
        by.check_version(choosing.present(before).version)
        after, places = choosing.told(chosen)
        store.keep(unit, house, (after, places))
        fact = told(after, places, manage_url, fact=Amended, changed=("sessions",), actor=by.word)
        unit.record(fact, after.sequence)
        by.audit(unit, "registration.amend", one.id, ["sessions"])
        return after

    return await store.commit(decide, by_id(kept.REGISTRATIONS, one.id), *house_reads(one.edition, *wanted.waiting))
