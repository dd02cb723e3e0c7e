"""Choosing other sessions, alone or together with other corrections."""

from dataclasses import dataclass, replace

from services.registration import store as kept
from services.registration.actions.acting import By
from services.registration.actions.amending import decide_details
from services.registration.actions.telling import ManageUrl, told
from services.registration.domain import choosing
from services.registration.domain.changes import Details
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
        return decide_choice(store, unit, one.id, wanted, by, manage_url=manage_url)

    return await store.commit(decide, by_id(kept.REGISTRATIONS, one.id), *house_reads(one.edition, *wanted.waiting))


def decide_choice(store: Store, unit: Unit, id: str, wanted: Choice, by: By, *, manage_url: ManageUrl) -> Registration:
    """The decision of `choose`, for what does more in one transaction."""
    before, house = by.stands(store, unit, id, *wanted.waiting)
    by.check_may("sessions", (before, house), unit.now)
    chosen = choosing.choose((before, house), wanted, unit.now)
    if chosen[0] == before:
        return before
    by.check_version(choosing.present(before).version)
    after, places = choosing.told(chosen)
    store.keep(unit, house, (after, places))
    fact = told(after, places, manage_url, fact=Amended, changed=("sessions",), actor=by.word)
    unit.record(fact, after.sequence)
    by.audit(unit, "registration.amend", id, ["sessions"])
    return after


@dataclass(frozen=True)
class Amendment:
    """What the team changes at once; None where it stays."""

    said: Details
    choice: Choice | None = None
    category: str | None = None


async def amend(store: Store, one: Registration, wanted: Amendment, by: By, *, manage_url: ManageUrl) -> Registration:
    """Details, category and sessions in one transaction: all of it or nothing."""
    choice = wanted.choice

    def decide(unit: Unit) -> Registration:
        after = decide_details(store, unit, one.id, wanted.said, by, manage_url=manage_url, category=wanted.category)
        if choice is None:
            return after
        return decide_choice(store, unit, one.id, choice, replace(by, sequence=None), manage_url=manage_url)

    waiting = choice.waiting if choice else ()
    reads = [by_id(kept.REGISTRATIONS, one.id), by_id(kept.NEEDS, one.id), *house_reads(one.edition, *waiting)]
    return await store.commit(decide, *reads)
