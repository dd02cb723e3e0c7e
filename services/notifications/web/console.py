"""For the team: the list of mails, each with its content, sending again, and the cards other pages fetch."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from services.notifications.actions import retrying
from services.notifications.domain.deliveries import Delivery, State, Template
from services.notifications.masking import masked
from services.notifications.web.context import Desk, DeskDep, cursor, place
from shared.clock import now
from shared.errors import NotFound
from shared.web import Staff, read_form, safe_path, staff

router = APIRouter(prefix="/equipe", include_in_schema=False)

MAY = staff("messages")
PAGE = 50

STATES = {
    "file": State.QUEUED,
    "cours": State.SENDING,
    "reessai": State.RETRY,
    "envoye": State.SENT,
    "incertain": State.UNKNOWN,
    "echoue": State.REFUSED,
    "abandonne": State.EXPIRED,
}
"""The word in the address → the state."""

HELD = "retenu"
"""The word for what waits for a person: those of unknown outcome that will not be tried again by themselves."""

_TEMPLATES = frozenset(str(template) for template in Template)


class Filters(BaseModel):
    """What the list is narrowed to, as the address says it."""

    destinataire: str = Field(default="", max_length=300)
    etat: str = ""
    modele: str = Field(default="", max_length=40)
    suite: str = Field(default="", max_length=200)


@router.get("/messages")
async def messages(
    request: Request, desk: DeskDep, filters: Annotated[Filters, Query()], _person: Staff = MAY
) -> HTMLResponse:
    """The list, newest first, fifty at a time."""
    page = await desk.store.page(
        recipient=filters.destinataire,
        state=STATES.get(filters.etat),
        template=Template(filters.modele) if filters.modele in _TEMPLATES else None,
        held=filters.etat == HELD,
        after=place(filters.suite),
        limit=PAGE,
    )
    counts = await desk.store.counts()
    return desk.pages.render(
        request,
        "equipe_messages.html",
        filters=filters,
        states=[
            *((word, counts[state]) for word, state in STATES.items()),
            (HELD, await desk.store.held()),
        ],
        templates=sorted(_TEMPLATES),
        total=sum(counts.values()),
        deliveries=page.deliveries,
        titles=await desk.store.titles([one.id for one in page.deliveries]),
        following=cursor(page.next),
        moment=now(),
    )


@router.get("/messages/{id}")
async def message(request: Request, desk: DeskDep, id: str, _person: Staff = MAY) -> HTMLResponse:
    """One mail: where it stands, and what it said."""
    delivery = await _found(desk, id)
    kept = await desk.store.content(id)
    return desk.pages.render(
        request,
        "equipe_message.html",
        one=delivery,
        kept=kept,
        text=masked(kept.text) if kept else "",
        retryable=delivery.retryable and not await _is_over(desk, delivery),
        abandonable=delivery.abandonable,
        moment=now(),
    )


@router.get("/messages/{id}/apercu")
async def preview(desk: DeskDep, id: str, _person: Staff = MAY) -> HTMLResponse:
    """The mail as it was sent, for a sandboxed frame. The front door gives this address a policy of its own."""
    kept = await desk.store.content(id)
    if kept is None:
        raise NotFound
    return HTMLResponse(masked(kept.html), headers={"Cache-Control": "no-store"})


@router.post("/messages/{id}/renvoi")
async def send_again(request: Request, desk: DeskDep, id: str, person: Staff = MAY) -> RedirectResponse:
    """Try again at once."""
    await retrying.retry(desk.store, id, person.actor)
    return await _back(request, id)


@router.post("/messages/{id}/abandon")
async def give_up(request: Request, desk: DeskDep, id: str, person: Staff = MAY) -> RedirectResponse:
    """Not to be sent any more."""
    await retrying.abandon(desk.store, id, person.actor)
    return await _back(request, id)


async def _back(request: Request, id: str) -> RedirectResponse:
    """To where the button was: the list with its filters, or the mail's page."""
    there = (await read_form(request)).get("retour", "")
    page = safe_path(there) if there.startswith("/equipe/messages?") else f"/equipe/messages/{id}"
    return RedirectResponse(page, 303, {"Cache-Control": "no-store"})


@router.get("/fragments/notifications/home")
async def home_card(request: Request, desk: DeskDep, _person: Staff = staff()) -> HTMLResponse:
    """The card of the team's first page: figures only."""
    return desk.pages.render(request, "fragment_home.html", counts=await desk.store.counts())


@router.get("/fragments/notifications/person/{registration}")
async def person_card(
    request: Request, desk: DeskDep, registration: str, _person: Staff = staff("messages", "registrations")
) -> HTMLResponse:
    """The mails of one person."""
    deliveries = await desk.store.of_person(registration)
    return desk.pages.render(
        request,
        "fragment_person.html",
        deliveries=deliveries,
        titles=await desk.store.titles([one.id for one in deliveries]),
        moment=now(),
    )


async def _found(desk: Desk, id: str) -> Delivery:
    delivery = await desk.store.delivery(id)
    if delivery is None:
        raise NotFound
    return delivery


async def _is_over(desk: Desk, delivery: Delivery) -> bool:
    known = await desk.store.known(delivery.registration)
    return bool(known and known.cancelled)
