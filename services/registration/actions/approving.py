"""The team decides about what was submitted, one person at a time; and signs a person up to a session."""

from services.registration import store as kept
from services.registration.actions.telling import ManageUrl, release_address, standing, told
from services.registration.domain import joining
from services.registration.domain.registrations import Registration, Stand
from services.registration.store import Store
from shared.events.registration import Amended
from shared.store import Unit, by_id


async def approve(store: Store, id: str, *, actor: str, manage_url: ManageUrl) -> Registration:
    """Accept what was submitted: confirmed, or waitlisted when full. Accepted before: the same, unchanged."""

    def decide(unit: Unit) -> Registration:
        one, house = standing(store, unit, id)
        after = joining.approve((one, house), unit.now)
        return _decided(store, unit, (one, house), after, manage_url, action="approve", actor=actor)

    return await store.commit(decide, by_id(kept.REGISTRATIONS, id))


async def refuse(store: Store, id: str, *, actor: str, manage_url: ManageUrl) -> Registration:
    """Do not accept what was submitted, of this person only. Refused before: the same, unchanged."""

    def decide(unit: Unit) -> Registration:
        one, house = standing(store, unit, id)
        stand = joining.refuse((one, house))
        if stand[0] != one:
            release_address(unit, one)
        return _decided(store, unit, (one, house), stand, manage_url, action="refuse", actor=actor)

    return await store.commit(decide, by_id(kept.REGISTRATIONS, id))


async def sign_up(store: Store, id: str, session: str, *, actor: str, manage_url: ManageUrl) -> Registration:
    """Give a person a place in a session, or one at the end of its waiting list when it is full."""

    def decide(unit: Unit) -> Registration:
        one, house = standing(store, unit, id, session)
        after, changed = joining.sign_up((one, house), session, unit.now)
        if after == one:
            return one
        store.keep(unit, house, (after, changed))
        about = {"fact": Amended, "changed": ("sessions",), "session": session, "actor": "staff"}
        unit.record(told(after, changed, manage_url, **about), after.sequence)
        unit.audit(actor, "registration.sign-up", id, ["sessions"])
        return after

    return await store.commit(decide, by_id(kept.REGISTRATIONS, id))


def _decided(
    store: Store, unit: Unit, before: Stand, after: Stand, manage_url: ManageUrl, *, action: str, actor: str
) -> Registration:
    one, house = after
    if one != before[0]:
        store.keep(unit, before[1], after)
        unit.record(told(one, house, manage_url, actor="staff"), one.sequence)
        unit.audit(actor, f"registration.{action}", one.id, ["status"])
    return one
