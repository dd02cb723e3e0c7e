"""Coming and no longer coming: register, approve, refuse, cancel."""

from dataclasses import replace
from datetime import datetime

from services.registration.domain import seats
from services.registration.domain.editions import Category
from services.registration.domain.refusals import CategoryUnknown, NotPending, SessionFull, SessionUnknown, WorkshopFull
from services.registration.domain.registrations import Application, House, Registration, Stand


def register(
    application: Application, house: House, *, id: str, now: datetime, shared: bool, staff: bool = False
) -> Stand:
    """A registration and the house after it; raises the refusal of the first broken rule.

    Confirmed; or pending where the team approves; or waitlisted when full, if the application says so. `shared`
    says that another registration of this edition has the same e-mail address. Staff and import tokens may
    register in categories that are not public, and need no approval.
    """
    category = house.edition.category(application.category, staff=staff)
    house.edition.check_open(now, category)
    both = application.both and house.edition.overlaps == "warn"
    sessions = house.programme.chosen(application.sessions, now, both=both)
    for id_ in application.waiting:
        house.programme.chosen([id_], now)
    wishes = tuple(dict.fromkeys([*(one.id for one in sessions), *application.waiting]))
    made = replace(asked(application, house, id=id, now=now, shared=shared), wishes=wishes)
    if category.approval and not staff:
        return made, house.keep(house.places.count(pending=1))
    refusal = house.places.refusal(house.edition, category, now)
    if refusal and not application.wait:
        raise refusal(waiting=house.places.waitlisted)
    if refusal is None:
        for session in sessions:
            if house.places.is_full(session):
                raise _full(house, session.id)
    return enter((made, house), category, now)


def asked(application: Application, house: House, *, id: str, now: datetime, shared: bool) -> Registration:
    """What an application is before anything is decided about it: pending, with no place anywhere."""
    return Registration(
        id=id,
        edition=application.edition,
        status="pending",
        category=application.category,
        person=application.person,
        organisation=application.organisation,
        phone=application.phone,
        sessions=(),
        consents=application.consents,
        release=house.programme.release,
        registered_at=now,
        same_address=shared,
        reference=application.reference,
    )


def approve(stand: Stand, now: datetime) -> Stand:
    """What was submitted is accepted: confirmed, or waitlisted when full. Accepted before: the same, unchanged."""
    one, house = stand
    if one.status in {"confirmed", "waitlisted", "offered"}:
        return stand
    if one.status != "pending":
        raise NotPending
    category = house.category(one.category)
    if category is None:
        raise CategoryUnknown
    accepted = replace(one, sequence=one.sequence + 1)
    return enter((accepted, house.keep(house.places.count(pending=-1))), category, now)


def refuse(stand: Stand) -> Stand:
    """What was submitted is not accepted. Refused before: the same, unchanged."""
    one, house = stand
    if one.status == "refused":
        return stand
    if one.status != "pending":
        raise NotPending
    refused, house = seats.clear(stand)
    changed = replace(refused, status="refused", sequence=one.sequence + 1)
    return changed, house.keep(house.places.count(refused=1))


def cancel(stand: Stand, now: datetime, reason: str = "") -> Stand:
    """The registration cancelled and everything it held free. Cancelled or refused before: the same, unchanged.

    It remembers its sessions, so that calendars can strike them out; it holds no place in them.
    """
    one, _ = stand
    if not one.lives:
        return stand
    cleared, house = seats.clear(stand)
    gone = replace(cleared, sessions=one.sessions, status="cancelled", cancelled_at=now, reason=reason)
    cancelled = replace(gone, sequence=one.sequence + 1)
    return cancelled, house.keep(house.places.count(cancelled=1))


def sign_up(stand: Stand, session: str, now: datetime) -> Stand:
    """Somebody of the team signs a person up: a place if there is one, also beside an overlapping session."""
    one, house = stand
    wanted = house.programme.chosen([session], now)[0]
    if one.status != "confirmed":
        raise SessionUnknown(session=session)
    if session in one.sessions or one.wish(session):
        return stand
    stand = (replace(one, sequence=one.sequence + 1), house)
    return seats.join(stand, session, now) if house.places.is_full(wanted) else seats.enrol(stand, session)


def enter(stand: Stand, category: Category, now: datetime) -> Stand:
    """In, with the sessions it wishes for; or to the end of the line when there is no place."""
    one, house = stand
    if house.places.refusal(house.edition, category, now):
        queue = house.queue().join(one.id, one.category, now)
        return replace(one, status="waitlisted"), house.keep(house.places.queue(one.category), queue)
    return seats.settle((one, house.keep(house.places.take(one.category))), now)


def _full(house: House, session: str) -> SessionFull:
    tone = house.programme.tone(house.programme.sessions[session])
    refusal = WorkshopFull if tone == "workshop" else SessionFull
    return refusal(session=session, waiting=house.places.waiting.get(session, 0))
