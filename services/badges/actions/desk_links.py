"""Desk links: made, withdrawn, and entered with their PIN."""

from datetime import datetime

from services.badges.domain import desk_links
from services.badges.domain.desk_links import PINS, DeskLink, WrongPin
from services.badges.store import DESKS, TRIES, Store, desk_document, read_desk
from shared import guesses
from shared.errors import NotFound
from shared.store import Unit, by_id


async def open_desk(
    store: Store, maker: tuple[str, int], *, id: str, edition: str, gate: str, start: datetime, end: datetime
) -> DeskLink:
    """Make this desk, once for each `id`: the same page sent again finds the desk it made.

    `maker` is who makes it, as the journal names them, and the generation of their credentials: it ends with these.
    """
    actor, generation = maker

    def decide(unit: Unit) -> DeskLink:
        if known := unit.get(DESKS, id):
            return read_desk(known)
        link = desk_links.open_desk(id, edition, gate, (start, end), (unit.now, actor, generation))
        unit.put(DESKS, desk_document(link))
        unit.audit(actor, "desk.open", id, ["gate", "start", "end"])
        return link

    return await store.commit(decide, by_id(DESKS, id))


async def withdraw_desk(store: Store, actor: str, id: str) -> DeskLink:
    """Close this desk at once, for every phone that entered it. Raises `NotFound`."""

    def decide(unit: Unit) -> DeskLink:
        known = unit.get(DESKS, id)
        if known is None:
            raise NotFound
        link = read_desk(known)
        if link.withdrawn_at is None:
            link = desk_links.withdraw(link, unit.now)
            unit.put(DESKS, desk_document(link))
            unit.audit(actor, "desk.withdraw", id)
        return link

    return await store.commit(decide, by_id(DESKS, id))


async def enter_desk(store: Store, link: DeskLink, *, right: bool, client: str) -> None:
    """Let a phone in whose PIN is `right`, once the delay is over that earlier failures from `client` cost.

    Raises `WrongPin`, or `TooManyPins`.
    """
    place = guesses.place(client, link.id)
    await guesses.count(store, TRIES, place, PINS)

    def decide(unit: Unit) -> bool:
        if right:
            unit.remove(TRIES, place)
        unit.audit(link.actor, "desk.enter" if right else "desk.fail", link.id)
        return right

    if not await store.commit(decide, by_id(TRIES, place)):
        raise WrongPin
