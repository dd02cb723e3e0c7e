"""Offering free places to those who wait, in order, and what becomes of each offer."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from services.registration import store as kept
from services.registration.actions.telling import ManageUrl, release_address, standing, told
from services.registration.domain import offers
from services.registration.domain.registrations import PLACE, House, Registration, Stand
from services.registration.store import Store, documents
from services.registration.store.store import house_reads
from shared.events.registration import Amended, Offered
from shared.store import Unit, by_id
from shared.unit import Unread


async def promote(store: Store, edition: str, sessions: Sequence[str], *, manage_url: ManageUrl) -> bool:
    """End what expired and offer what is free, on these waiting lists (empty: the edition's own).

    Answers whether anything was done: then there may be more.
    """

    def decide(unit: Unit) -> bool:
        served = 0
        for session in sessions:
            served += _serve(store, unit, edition, session, manage_url)
            if served >= offers.AT_ONCE:  # a transaction is short: the rest waits for the next
                break
        return served > 0

    return await store.commit(decide, *house_reads(edition, *sessions), patient=True)


async def accept(
    store: Store, id: str, what: str, *, generation: int | None = None, manage_url: ManageUrl
) -> Registration:
    """Take the place held in a session, or with `PLACE` at the edition; taken before: the same, unchanged."""

    def decide(unit: Unit) -> Registration:
        one, house = standing(store, unit, id, *_list_of(what), generation=generation)
        if (one.lives and what in one.sessions) or (what == PLACE and one.status == "confirmed"):
            return one
        stand = offers.accept((one, house), what, unit.now)
        store.keep(unit, house, stand)
        _tell(unit, stand, what, "offer-accepted", manage_url)
        return stand[0]

    return await store.commit(decide, by_id(kept.REGISTRATIONS, id))


async def decline(
    store: Store, id: str, what: str, *, generation: int | None = None, manage_url: ManageUrl
) -> Registration:
    """Let the place go to the next; declined before: the same, unchanged."""

    def decide(unit: Unit) -> Registration:
        one, house = standing(store, unit, id, *_list_of(what), generation=generation)
        if what == PLACE and one.reason == "offer-declined":
            return one
        stand = offers.decline((one, house), what, unit.now)
        store.keep(unit, house, stand)
        _tell(unit, stand, what, "offer-declined", manage_url)
        return stand[0]

    return await store.commit(decide, by_id(kept.REGISTRATIONS, id))


def _serve(store: Store, unit: Unit, edition: str, session: str, manage_url: ManageUrl) -> int:
    house = store.house(unit, edition, session)
    plan = offers.plan(house, session, unit.now)
    for missing in unit.missing([by_id(kept.REGISTRATIONS, *plan.people)]):
        raise Unread(missing)
    people = {id: _registration(unit, id) for id in plan.people}
    before = house = _with_lists_of(store, unit, house, people.values())
    house, served = offers.serve(house, people, session, unit.now)
    for one in served:
        unit.put(kept.REGISTRATIONS, documents.registration_document(one.stand[0]))
        if one.expired:
            outcome = offers.ended(house, session)
            _tell(unit, one.stand, session or PLACE, outcome, manage_url, actor="system")
        else:
            about: dict[str, Any] = {"fact": Offered, "session": session or None, "actor": "system"}
            unit.record(told(*one.stand, manage_url, **about), one.stand[0].sequence)
    store.keep_house(unit, before, house)
    return len(served)


def _with_lists_of(store: Store, unit: Unit, house: House, people: Iterable[Registration]) -> House:
    """The facts of these people say where they stand in every line, so the other lists are read too."""
    wanted = {session for one in people for session in one.queues()} - set(house.queues)
    if not wanted:
        return house
    more = store.house(unit, house.edition.id, *sorted(wanted))
    return replace(house, queues={**house.queues, **more.queues})


def _registration(unit: Unit, id: str) -> Registration:
    document = unit.get(kept.REGISTRATIONS, id)
    if document is None:
        raise LookupError(id)
    return documents.registration(document)


def _list_of(what: str) -> tuple[str, ...]:
    return () if what == PLACE else (what,)


def _tell(unit: Unit, stand: Stand, what: str, outcome: str, manage_url: ManageUrl, *, actor: str = "person") -> None:
    """At the edition the new status says it; of a session, that the registration is amended."""
    one, house = stand
    if what == PLACE:
        if not one.lives:
            release_address(unit, one)
        unit.record(told(one, house, manage_url, actor=actor), one.sequence)
        return
    changed = (outcome, "sessions") if outcome == "offer-accepted" else (outcome,)
    about: dict[str, Any] = {"fact": Amended, "changed": changed, "session": what, "actor": actor}
    unit.record(told(one, house, manage_url, **about), one.sequence)
