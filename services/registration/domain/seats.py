"""The moves that decisions about places are made of: each keeps registration, counts and waiting lists in step."""

from dataclasses import replace
from datetime import datetime

from services.registration.domain.editions import Programme, can_sign_up, overlaps
from services.registration.domain.registrations import House, Registration, Stand, Wish
from shared.events.programme import Session


def enrol(stand: Stand, session: str) -> Stand:
    """A place in a session. The caller makes sure that there is one."""
    one, house = stand
    places = house.places.enrol(session, one.sessions)
    return replace(one, sessions=by_time([*one.sessions, session], house.programme)), house.keep(places)


def leave(stand: Stand, session: str) -> Stand:
    """The place in a session is free again."""
    one, house = stand
    others = tuple(id for id in one.sessions if id != session)
    return replace(one, sessions=others), house.keep(house.places.enrol(session, others, -1))


def join(stand: Stand, session: str, now: datetime) -> Stand:
    """To the end of a session's waiting list."""
    one, house = stand
    queue = house.queue(session).join(one.id, one.category, now)
    waiting = (*one.waiting, Wish(session, now))
    return replace(one, waiting=waiting), house.keep(house.places.wait(session), queue)


def give_up(stand: Stand, session: str) -> Stand:
    """Off a session's waiting list, whether one waited or was offered a place."""
    one, house = stand
    wish = one.wish(session)
    if wish is None:
        return stand
    places = house.places.hold(session, -1) if wish.offered_until else house.places.wait(session, -1)
    waiting = tuple(each for each in one.waiting if each.session != session)
    return replace(one, waiting=waiting), house.keep(places, house.queue(session).without(one.id))


def admit(stand: Stand, session: str, now: datetime) -> Stand:
    """Into a session, or onto its waiting list when it is full or takes place during another one has chosen."""
    one, house = stand
    wanted = house.programme.sessions.get(session)
    if wanted is None or not can_sign_up(wanted, now) or session in one.sessions or one.wish(session):
        return stand
    clashes = house.edition.overlaps == "refuse" and clashing(one, wanted, house.programme)
    if house.places.is_full(wanted) or clashes:
        return join(stand, session, now)
    return enrol(stand, session)


def settle(stand: Stand, now: datetime) -> Stand:
    """The registration is confirmed: it gets the sessions it wished for, or waits for them."""
    one, house = stand
    settled: Stand = (replace(one, status="confirmed", wishes=(), offered_until=None), house)
    for session in one.wishes:
        settled = admit(settled, session, now)
    return settled


def clear(stand: Stand) -> Stand:
    """Everything the registration holds or waits for is free again."""
    one, house = stand
    for wish in one.waiting:
        stand = give_up(stand, wish.session)
    for session in one.sessions:
        stand = leave(stand, session)
    one, house = stand
    places = house.places
    if one.status in {"confirmed", "offered"}:
        places = places.take(one.category, -1)
    if one.status == "offered":
        places = places.count(offered=-1)
    if one.status == "waitlisted":
        places = places.queue(one.category, -1)
    if one.status == "pending":
        places = places.count(pending=-1)
    left = [house.queue().without(one.id)] if one.status in {"offered", "waitlisted"} else []
    return replace(one, wishes=(), offered_until=None), house.keep(places, *left)


def forget(stand: Stand) -> House:
    """The house without this registration, which is no longer counted as anything, nor remembered as passed over."""
    one, house = stand
    if one.lives:
        _, house = clear(stand)
    else:
        house = house.keep(house.places.count(**{one.status: -1}))
    queue = house.queue()
    skips = tuple(each for each in queue.skips if each.registration != one.id)
    return house.keep(house.places, replace(queue, skips=skips))


def clashing(one: Registration, session: Session, programme: Programme) -> list[str]:
    """The sessions one has a place in that take place during this one."""
    mine = [programme.sessions[id] for id in one.sessions if id in programme.sessions and id != session.id]
    return [other.id for other in mine if overlaps([other, session])]


def by_time(sessions: list[str], programme: Programme) -> tuple[str, ...]:
    """Ids by time; those that the programme no longer has come last."""
    found = sorted((programme.sessions[id] for id in sessions if id in programme.sessions), key=_beginning)
    return (*(one.id for one in found), *(id for id in sessions if id not in programme.sessions))


def _beginning(session: Session) -> tuple[datetime, str]:
    return session.start, session.id
