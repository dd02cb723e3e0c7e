"""Places that became free: to whom they are offered, until when, and what becomes of an offer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from services.registration.domain import joining, seats
from services.registration.domain.editions import can_sign_up
from services.registration.domain.places import left
from services.registration.domain.queues import Entry, Queue, Reason
from services.registration.domain.refusals import NothingOffered, OfferExpired, SessionUnknown
from services.registration.domain.registrations import PLACE, House, Registration, Stand

SHORTEST = timedelta(minutes=15)
"""An offer stands at least so long, unless what is offered begins before."""

AT_ONCE = 50
"""Offers decided in one transaction."""


@dataclass(frozen=True)
class Plan:
    """What a waiting list calls for now: offers that are over, those who come next, and who is passed over."""

    expired: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    skipped: tuple[tuple[str, Reason], ...] = ()

    @property
    def people(self) -> tuple[str, ...]:
        """The registrations it changes."""
        return (*self.expired, *self.offered)


@dataclass(frozen=True)
class Served:
    """Somebody whose offer expired, or who was made one."""

    stand: Stand
    expired: bool


def plan(house: House, session: str, now: datetime) -> Plan:
    """Who is to be told what about this waiting list; `session` empty is the edition's. Nobody is passed in silence."""
    queue = house.queue(session)
    expired = tuple(one.registration for one in queue.offers if one.until <= now)[:AT_ONCE]
    if session:
        free = _free(house, session, len(expired), now)
        return Plan(expired, tuple(one.registration for one in queue.waiting[:free]))
    chosen: list[str] = []
    passed: list[tuple[str, Reason]] = []
    blocked: list[tuple[str, Reason]] = []
    for entry, reason in _line(house, queue, expired, now):
        if reason:
            blocked.append((entry.registration, reason))
        else:
            chosen.append(entry.registration)
            passed, blocked = passed + blocked, []
    return Plan(expired, tuple(chosen), tuple(passed))


def serve(house: House, people: Mapping[str, Registration], session: str, now: datetime) -> tuple[House, list[Served]]:
    """Carry out the plan: end what expired, note the skips, offer what is free. `people` are those of the plan."""
    due = plan(house, session, now)
    served: list[Served] = []
    for id in due.expired:
        stand = expire((people[id], house), session or PLACE, now)
        served.append(Served(stand, expired=True))
        house = stand[1]
    for id, reason in due.skipped:
        house = house.keep(house.places, house.queue(session).passed_over(id, reason, now))
    for id in due.offered:
        stand = offer((people[id], house), session, now)
        served.append(Served(stand, expired=False))
        house = stand[1]
    return house, served


def obstacle(house: House, taken: Mapping[str, int], category: str, now: datetime) -> Reason | None:
    """Why nobody of this category is offered a place at the edition, though there may be some."""
    rules = house.category(category)
    if rules is None or not house.edition.is_open(now, rules):
        return "category-closed"
    return "category-full" if left(rules.quota, taken.get(category, 0)) == 0 else None


def held_until(house: House, session: str, now: datetime) -> datetime:
    """Until when an offer made now stands: the edition's hours, or half the time left when that is shorter."""
    start = house.programme.sessions[session].start if session else house.edition.starts()
    time_left = max((start - now) / 2, SHORTEST)
    return min(now + timedelta(hours=house.edition.offer_hours), now + time_left, start)


def offer(stand: Stand, session: str, now: datetime) -> Stand:
    """A place is held: in a session, or at the edition."""
    one, house = stand
    until = _whole_seconds(held_until(house, session, now))
    queue = house.queue(session).offer(one.id, now, until)
    offered = replace(one, sequence=one.sequence + 1)
    if session:
        waiting = tuple(replace(each, offered_until=until) if each.session == session else each for each in one.waiting)
        return replace(offered, waiting=waiting), house.keep(house.places.wait(session, -1).hold(session), queue)
    places = house.places.queue(one.category, -1).take(one.category).count(offered=1)
    return replace(offered, status="offered", offered_until=until), house.keep(places, queue)


def accept(stand: Stand, what: str, now: datetime) -> Stand:
    """The place is taken: `what` is a session, whose time is freed of others, or `PLACE`. Raises when none is held."""
    one, house = stand
    until = offered_until(one, what)
    if until is None:
        raise _lapsed(one, what)
    if until <= now:
        raise OfferExpired(day=until, time=until)
    taken = replace(one, sequence=one.sequence + 1)
    if what == PLACE:
        places = house.places.count(offered=-1)
        return seats.settle((taken, house.keep(places, house.queue().without(one.id))), now)
    session = house.programme.sessions.get(what)
    if session is None or not can_sign_up(session, now):
        raise SessionUnknown(session=what)
    accepted = seats.give_up((taken, house), what)
    for other in seats.clashing(one, session, house.programme):
        accepted = seats.leave(accepted, other)
    return seats.enrol(accepted, what)


def decline(stand: Stand, what: str, now: datetime) -> Stand:
    """The place goes on to the next; without the one at the edition, the registration is cancelled."""
    one, _ = stand
    if offered_until(one, what) is None:
        raise _lapsed(one, what)
    return _give_back(stand, what, now, "offer-declined")


def expire(stand: Stand, what: str, now: datetime) -> Stand:
    """The same when time is over, and it is remembered until when the place was held."""
    one, house = stand
    until = offered_until(one, what) or now
    return _give_back((replace(one, expired={**one.expired, what: until}), house), what, now, "offer-expired")


def ended(house: House, session: str) -> Literal["offer-expired", "offer-withdrawn"]:
    """How an offer came to its end: of a session that is cancelled, nobody comes next."""
    found = house.programme.sessions.get(session)
    return "offer-withdrawn" if found and found.status == "cancelled" else "offer-expired"


def offered_until(one: Registration, what: str) -> datetime | None:
    """Until when this place is held for the registration; None if it is not."""
    if what == PLACE:
        return one.offered_until if one.status == "offered" else None
    wish = one.wish(what)
    return wish.offered_until if wish and one.lives else None


def _give_back(stand: Stand, what: str, now: datetime, reason: str) -> Stand:
    if what == PLACE:
        return joining.cancel(stand, now, reason)
    one, house = seats.give_up(stand, what)
    return replace(one, sequence=one.sequence + 1), house


def _lapsed(one: Registration, what: str) -> OfferExpired | NothingOffered:
    until = one.expired.get(what)
    return OfferExpired(day=until, time=until) if until else NothingOffered()


def _free(house: House, session: str, expired: int, now: datetime) -> int:
    found = house.programme.sessions.get(session)
    if found is None or not can_sign_up(found, now):
        return 0
    free = left(found.capacity, house.places.sessions.get(session, 0) - expired)
    return AT_ONCE if free is None else min(free, AT_ONCE)


def _line(house: House, queue: Queue, expired: tuple[str, ...], now: datetime) -> Iterator[tuple[Entry, Reason | None]]:
    """Each in the line while places last, with the reason why they get none; expired offers count as free."""
    over = [one.category for one in queue.offers if one.registration in expired]
    given = -len(over)
    categories = dict(house.places.categories)
    for category in over:
        categories[category] -= 1
    for entry in queue.waiting:
        if left(house.edition.quota, house.places.taken + given) == 0 or given == AT_ONCE:
            return
        reason = obstacle(house, categories, entry.category, now)
        if reason is None:
            given += 1
            categories[entry.category] = categories.get(entry.category, 0) + 1
        yield entry, reason


def _whole_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
