"""The team decides about one person: accepts or refuses a request, signs them up to a session. Each writes to one."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.registration import actions
from services.registration.domain import seats
from services.registration.domain.editions import can_sign_up
from services.registration.domain.registrations import Registration
from services.registration.store import Shown
from services.registration.web.context import PRIVATE, Desk, DeskDep
from services.registration.web.models import registration_out
from services.registration.web.outputs import RegistrationOut
from shared.clock import now
from shared.errors import NotFound
from shared.events.programme import Session
from shared.web import Staff, read_form, staff, staff_or_token

router = APIRouter()

MAY = staff("registrations")
API = staff_or_token(("registrations",), "registrations")


@router.post("/api/registration/v1/registrations/{id}/approve", tags=["registration"], response_model=RegistrationOut)
async def approve(id: str, desk: DeskDep, who: Staff = API) -> dict[str, Any]:
    """Accept what was submitted: confirmed, or waitlisted when full; again is the same."""
    done = await actions.approve(desk.store, id, actor=who.actor, manage_url=desk.manage_url)
    return registration_out(done, desk.manage_url(done.id, done.generation))


@router.post("/api/registration/v1/registrations/{id}/refuse", tags=["registration"], response_model=RegistrationOut)
async def refuse(id: str, desk: DeskDep, who: Staff = API) -> dict[str, Any]:
    """Do not accept what was submitted, of this person only; again is the same."""
    done = await actions.refuse(desk.store, id, actor=who.actor, manage_url=desk.manage_url)
    return registration_out(done, desk.manage_url(done.id, done.generation))


@router.post("/equipe/inscriptions/{id}/accepter", include_in_schema=False)
async def accept_request(id: str, desk: DeskDep, who: Staff = MAY) -> Response:
    """The same from the person's card."""
    await actions.approve(desk.store, id, actor=who.actor, manage_url=desk.manage_url)
    return _card(desk, id)


@router.post("/equipe/inscriptions/{id}/refuser", include_in_schema=False)
async def refuse_request(id: str, desk: DeskDep, who: Staff = MAY) -> Response:
    """The same from the person's card."""
    await actions.refuse(desk.store, id, actor=who.actor, manage_url=desk.manage_url)
    return _card(desk, id)


@router.post("/equipe/inscriptions/{id}/seances", include_in_schema=False)
async def sign_up(id: str, request: Request, desk: DeskDep, who: Staff = MAY) -> Response:
    """Sign the person up; asks first when they have something else at that time, or would only wait."""
    form = await read_form(request)
    one = await desk.store.pages.registration(id)
    if one is None:
        raise NotFound
    shown = await desk.store.pages.shown(one.edition)
    session = shown.programme.sessions.get(form.get("session", ""))
    if session is None:
        return _card(desk, id)
    clashes, full = _clashes(one, shown, session), shown.places.is_full(session)
    if (clashes or full) and form.get("sur") != "oui":
        return desk.pages.render(
            request,
            "equipe-seance.html",
            headers=PRIVATE,
            edition=shown.identity,
            zone=shown.identity.timezone,
            one=one,
            session=session,
            clashes=clashes,
            waiting=shown.places.waiting.get(session.id, 0) if full else None,
        )
    await actions.sign_up(desk.store, id, session.id, actor=who.actor, manage_url=desk.manage_url)
    return _card(desk, id)


def to_choose(one: Registration, shown: Shown) -> list[Session]:
    """The sessions that this person can still be signed up to."""
    if one.status != "confirmed":
        return []
    has = {*one.sessions, *(wish.session for wish in one.waiting)}
    return [each for each in shown.programme.sessions.values() if can_sign_up(each, now()) and each.id not in has]


def _clashes(one: Registration, shown: Shown, session: Session) -> list[Session]:
    sessions = shown.programme.sessions
    return [sessions[id] for id in seats.clashing(one, session, shown.programme)]


def _card(desk: Desk, id: str) -> Response:
    desk.store.pages.forget()
    return RedirectResponse(f"/equipe/inscriptions/{id}", 303, PRIVATE)
