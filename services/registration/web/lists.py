"""The waiting lists, for the team: who waits in which order, who holds an offer, and who was passed over and why."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.registration.domain import offers
from services.registration.domain.editions import can_sign_up
from services.registration.domain.places import left
from services.registration.domain.queues import Entry, Offer, Queue, Skip
from services.registration.domain.registrations import House
from services.registration.store import Shown
from services.registration.web.context import PRIVATE, DeskDep, ShownDep
from shared.clock import now
from shared.events import Text
from shared.events.programme import Session
from shared.i18n import N_
from shared.web import Staff, staff

router = APIRouter(prefix="/equipe", include_in_schema=False)

MAY = staff("registrations")

REASONS = {
    "category-full": N_("Sa catégorie est complète"),
    "category-closed": N_("Sa catégorie est close"),
    "session-cancelled": N_("La séance est annulée : plus rien n’est proposé."),
    "session-started": N_("La séance a commencé : plus rien n’est proposé."),
}
"""Why nobody, or not this person, is offered a place."""


@dataclass(frozen=True)
class Summary:
    """One list among the others. `id` is what the address says: a session, or `edition`."""

    id: str
    title: Text | None
    start: datetime | None
    waiting: int
    taken: int
    quota: int | None


@dataclass(frozen=True)
class Person:
    """Somebody in a list."""

    id: str
    name: str
    since: datetime
    until: datetime | None = None
    reason: str = ""


@router.get("/inscriptions/attente")
async def lists(
    request: Request, desk: DeskDep, shown: ShownDep, liste: str = Query(default="", max_length=64), _who: Staff = MAY
) -> Response:
    """Every list with its length, and the one asked for in its order, or else the longest: somebody came to see it."""
    found = summaries(shown)
    busiest = max(found, key=lambda one: one.waiting)
    chosen = next((one for one in found if one.id == liste), busiest)
    session = "" if chosen.id == "edition" else chosen.id
    queue = (await desk.store.pages.queues(shown.edition.id, [session]))[session]
    names = await desk.store.pages.names([*_people(queue)])
    return desk.pages.render(
        request,
        "equipe-attente.html",
        headers=PRIVATE,
        edition=shown.identity,
        zone=shown.identity.timezone,
        summaries=found,
        chosen=chosen,
        halted=REASONS.get(_halted(shown.programme.sessions.get(session)), ""),
        **shown_queue(queue, shown, names),
    )


def summaries(shown: Shown) -> list[Summary]:
    """The edition's own list, then those of sessions where somebody waits, or that are full."""
    places = shown.places
    own = Summary("edition", None, None, places.waitlisted, places.taken, shown.edition.quota)
    sessions = [one for one in shown.programme.sessions.values() if one.access == "sign-up"]
    return [
        own,
        *(
            Summary(
                one.id,
                one.title,
                one.start,
                places.waiting.get(one.id, 0),
                places.sessions.get(one.id, 0),
                one.capacity,
            )
            for one in sessions
            if places.waiting.get(one.id) or left(one.capacity, places.sessions.get(one.id, 0)) == 0
        ),
    ]


def shown_queue(queue: Queue, shown: Shown, names: dict[str, str]) -> dict[str, Any]:
    """Its people, in order: those offered a place, those who wait, those passed over."""
    house = House(shown.edition, shown.programme, shown.places)

    def person(one: Entry | Offer) -> Person:
        return Person(one.registration, names.get(one.registration, one.registration), one.since)

    def waits(one: Entry) -> Person:
        return replace(person(one), reason="" if queue.session else _obstacle(house, one.category))

    return {
        "offered": [replace(person(one), until=one.until) for one in queue.offers],
        "waiting": [waits(one) for one in queue.waiting],
        "skips": [
            Person(one.registration, names.get(one.registration, one.registration), one.at, reason=REASONS[one.reason])
            for one in reversed(queue.skips)
        ],
    }


def _obstacle(house: House, category: str) -> str:
    return REASONS.get(offers.obstacle(house, house.places.categories, category, now()) or "", "")


def _halted(session: Session | None) -> str:
    if session is None or can_sign_up(session, now()):
        return ""
    return "session-cancelled" if session.status == "cancelled" else "session-started"


def _people(queue: Queue) -> set[str]:
    people: tuple[Entry | Offer | Skip, ...] = (*queue.waiting, *queue.offers, *queue.skips)
    return {one.registration for one in people}
