"""Registering: once for each key, and the same answer whenever that key comes again."""

from dataclasses import dataclass

from services.registration import store as kept
from services.registration.actions.telling import ManageUrl, address_key, told
from services.registration.domain import joining, walkins
from services.registration.domain.refusals import Forgotten, KeyReused
from services.registration.domain.registrations import Application, House, Stand, Status
from services.registration.store import Store
from services.registration.store.store import house_reads
from shared.store import Unit, by_id


@dataclass(frozen=True)
class Key:
    """An idempotency key, hashed, with the fingerprint of the body it came with."""

    id: str
    body: str


@dataclass(frozen=True)
class Answer:
    """What is answered to a registration, now and whenever the same key comes again."""

    id: str
    status: Status
    generation: int


@dataclass(frozen=True)
class AtTheDesk:
    """Somebody of the team writes down who came without a registration; `beyond`: also when it is full."""

    actor: str
    beyond: bool = False


async def register(
    store: Store,
    application: Application,
    *,
    id: str,
    key: Key | None,
    manage_url: ManageUrl,
    staff: bool = False,
    desk: AtTheDesk | None = None,
) -> Answer:
    """Take in a registration once for each key. `id` is a fresh one; raises the refusal of the first broken rule."""
    queues = (*application.waiting, *([""] if application.wait else []))

    def decide(unit: Unit) -> Answer:
        if key and (seen := unit.get(kept.REQUESTS, key.id)):
            if seen["answer"] is None:
                raise Forgotten
            if seen["body"] != key.body:
                raise KeyReused
            return Answer(**seen["answer"])
        house = store.house(unit, application.edition, *queues)
        shared = shares_address(unit, application)
        if desk:
            beyond = desk.beyond
            made, after = walkins.walk_in(application, house, id=id, now=unit.now, shared=shared, beyond=beyond)
            unit.audit(desk.actor, "registration.walk-in", id, ["beyond-quota"] if beyond else [])
        else:
            made, after = joining.register(application, house, id=id, now=unit.now, shared=shared, staff=staff)
        keep_new(store, unit, house, (made, after), application)
        unit.record(told(made, after, manage_url, actor="staff" if staff or desk else "person"), made.sequence)
        answer = Answer(id, made.status, made.generation)
        if key:
            unit.put(kept.REQUESTS, {"_id": key.id, "body": key.body, "answer": vars(answer), "at": unit.now})
        return answer

    address = address_key(application.edition, application.person.email)
    reads = [*house_reads(application.edition, *queues), by_id(kept.ADDRESSES, address)]
    return await store.commit(decide, *reads, *([by_id(kept.REQUESTS, key.id)] if key else []))


def shares_address(unit: Unit, application: Application) -> bool:
    """Whether another registration of the edition that lives has the same address."""
    sharing = unit.get(kept.ADDRESSES, address_key(application.edition, application.person.email))
    return bool(sharing and sharing["count"])


def keep_new(store: Store, unit: Unit, before: House, stand: Stand, application: Application) -> None:
    """A new registration with the house after it, its needs and its address."""
    store.keep(unit, before, stand, new=True)
    if application.needs or application.needs_other:
        needs = {"_id": stand[0].id, "codes": [*application.needs], "other": application.needs_other}
        unit.add(kept.NEEDS, {**needs, "edition": application.edition})
    address = address_key(application.edition, application.person.email)
    sharing = unit.get(kept.ADDRESSES, address)
    unit.put(kept.ADDRESSES, {"_id": address, "count": (sharing["count"] if sharing else 0) + 1})


async def answered(store: Store, key: Key | None) -> Answer | None:
    """What was answered to this key and body, whatever the rules say since; None if nothing was."""
    if key is None:
        return None

    def decide(unit: Unit) -> Answer | None:
        seen = unit.get(kept.REQUESTS, key.id)
        return Answer(**seen["answer"]) if seen and seen["answer"] and seen["body"] == key.body else None

    return await store.commit(decide, by_id(kept.REQUESTS, key.id))
