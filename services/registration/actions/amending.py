"""Correcting what is known of a person, and replacing their link."""

from services.registration import store as kept
from services.registration.actions.acting import By, keep_needs, known, move_address
from services.registration.actions.telling import ManageUrl, told
from services.registration.domain import changes
from services.registration.domain.categories import recategorise
from services.registration.domain.changes import Details
from services.registration.domain.registrations import Registration
from services.registration.store import Store
from shared.events.registration import Amended
from shared.store import Unit, by_id


async def correct(
    store: Store, id: str, said: Details, by: By, *, manage_url: ManageUrl, category: str | None = None
) -> Registration:
    """Save what the person, or the team, says now. The same as before changes nothing and tells nothing.

    Only the team gives a `category`.
    """

    def decide(unit: Unit) -> Registration:
        return decide_details(store, unit, id, said, by, manage_url=manage_url, category=category)

    return await store.commit(decide, by_id(kept.REGISTRATIONS, id), by_id(kept.NEEDS, id))


def decide_details(
    store: Store, unit: Unit, id: str, said: Details, by: By, *, manage_url: ManageUrl, category: str | None = None
) -> Registration:
    """The decision of `correct`, for what does more in one transaction."""
    before, house = by.stands(store, unit, id)
    old = known(unit, before)
    names = changes.changed(old, said)
    if category not in {None, before.category}:
        names = ("category", *names)
    if not names and before.lives:
        return before
    by.check_may("details", (before, house), unit.now)
    by.check_version(old.version)
    previous, address = before.person.email, said.person.email
    shared = move_address(unit, before.edition, previous, address, flagged=before.same_address)
    after, places = recategorise((before, house), category or before.category)
    after = changes.corrected(after, said, shared=shared)
    store.keep(unit, house, (after, places))
    if "needs" in names:
        keep_needs(unit, after, said)
    about = {"changed": names, "actor": by.word, "previous_email": previous if "email" in names else ""}
    unit.record(told(after, places, manage_url, fact=Amended, **about), after.sequence)
    by.audit(unit, "registration.amend", id, names)
    return after


async def replace_link(store: Store, id: str, by: By, *, manage_url: ManageUrl) -> Registration:
    """Make a new manage link; the one used for it opens nothing from now on."""

    def decide(unit: Unit) -> Registration:
        before, house = by.stands(store, unit, id)
        after = changes.relinked(before)
        store.keep(unit, house, (after, house))
        fact = told(after, house, manage_url, fact=Amended, changed=("link",), actor=by.word)
        unit.record(fact, after.sequence)
        by.audit(unit, "registration.amend", id, ["link"])
        return after

    return await store.commit(decide, by_id(kept.REGISTRATIONS, id))
