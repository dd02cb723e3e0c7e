"""Registering: once for each key, and the same answer whenever that key comes again."""

from dataclasses import dataclass

from services.registration import store as kept
from services.registration.actions.telling import ManageUrl, address_key, told
from services.registration.domain import joining, walkins
from services.registration.domain.refusals import Forgotten, KeyReused
from services.registration.domain.registrations import Application, Status
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
    address = address_key(application.edition, application.person.email)
    queues = (*application.waiting, *([""] if application.wait else []))

    def decide(unit: Unit) -> Answer:
        if key and (seen := unit.get(kept.REQUESTS, key.id)):
            if seen["answer"] is None:
                raise Forgotten
            if seen["body"] != key.body:
                raise KeyReused
            return Answer(**seen["answer"])
        house = store.house(unit, application.edition, *queues)
        sharing = unit.get(kept.ADDRESSES, address)
        shared = bool(sharing and sharing["count"])
        if desk:
            beyond = desk.beyond
            made, after = walkins.walk_in(application, house, id=id, now=unit.now, shared=shared, beyond=beyond)
            unit.audit(desk.actor, "registration.walk-in", id, ["beyond-quota"] if beyond else [])
        else:
            made, after = joining.register(application, house, id=id, now=unit.now, shared=shared, staff=staff)
        store.keep(unit, house, (made, after), new=True)
        if application.needs or application.needs_other:
            needs = {"_id": id, "codes": [*application.needs], "other": application.needs_other}
            unit.add(kept.NEEDS, {**needs, "edition": made.edition})
        unit.put(kept.ADDRESSES, {"_id": address, "count": (sharing["count"] if sharing else 0) + 1})
        unit.record(told(made, after, manage_url, actor="staff" if staff or desk else "person"), made.sequence)
        answer = Answer(id, made.status, made.generation)
        if key:
            unit.put(kept.REQUESTS, {"_id": key.id, "body": key.body, "answer": vars(answer), "at": unit.now})
        return answer

    reads = [*house_reads(application.edition, *queues), by_id(kept.ADDRESSES, address)]
    return await store.commit(decide, *reads, *([by_id(kept.REQUESTS, key.id)] if key else []))


async def answered(store: Store, key: Key | None) -> Answer | None:
    """What was answered to this key and body, whatever the rules say since; None if nothing was."""
    if key is None:
        return None

    def decide(unit: Unit) -> Answer | None:
        seen = unit.get(kept.REQUESTS, key.id)
        return Answer(**seen["answer"]) if seen and seen["answer"] and seen["body"] == key.body else None

    return await store.commit(decide, by_id(kept.REQUESTS, key.id))
