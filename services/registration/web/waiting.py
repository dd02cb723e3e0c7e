"""Where a person stands in the lines, and the page that offers them a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.registration import actions
from services.registration.domain import offers, seats
from services.registration.domain.editions import can_sign_up
from services.registration.domain.refusals import NothingOffered, OfferExpired, SessionUnknown
from services.registration.domain.registrations import PLACE, Registration
from services.registration.store import Shown
from services.registration.web.context import PRIVATE, Desk, DeskDep, Mine, MineDep
from shared.clock import now
from shared.errors import NotFound
from shared.events.programme import Session
from shared.web import client_address, read_form

router = APIRouter(prefix="/mon-inscription", include_in_schema=False)


@dataclass(frozen=True)
class Line:
    """A session one waits for: the place in its line, or until when a place is held."""

    session: Session
    position: int | None
    offered_until: datetime | None


async def lines(desk: Desk, one: Registration, shown: Shown) -> dict[str, Any]:
    """What pages say of waiting: the sessions waited for, those wished for, and the place in the edition's line."""
    queues = await desk.store.pages.queues(one.edition, one.queues())
    sessions = shown.programme.sessions
    waited = [
        Line(sessions[wish.session], queues[wish.session].position(one.id), wish.offered_until)
        for wish in one.waiting
        if wish.session in sessions
    ]
    return {
        "lines": sorted(waited, key=lambda line: (line.session.start, line.session.id)),
        "wishes": [sessions[id] for id in one.wishes if id in sessions],
        "position": queues[""].position(one.id) if "" in queues else None,
    }


@router.get("/{token}/offre/{what}")
async def show(what: str, request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """The place that is held, until when, and what taking it frees. Looking takes nothing."""
    return await _page(request, desk, mine, what)


@router.post("/{token}/offre/{what}")
async def answer(what: str, request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """Take the place, or leave it to the next."""
    form = await read_form(request)
    desk.sieve.admit(client_address(request))
    one = mine.registration
    act = actions.decline if form.get("reponse") == "non" else actions.accept
    try:
        await act(desk.store, one.id, what, generation=one.generation, manage_url=desk.manage_url)
    except (OfferExpired, NothingOffered, SessionUnknown) as refusal:
        return await _page(request, desk, mine, what, status=refusal.status)
    desk.store.pages.forget()
    return RedirectResponse(f"/mon-inscription/{mine.token}", 303, PRIVATE)


async def _page(request: Request, desk: Desk, mine: Mine, what: str, *, status: int = 200) -> Response:
    one, shown = mine.registration, mine.shown
    session = shown.programme.sessions.get(what)
    if session is None and what != PLACE:
        raise NotFound
    until = offers.offered_until(one, what)
    return desk.pages.render(
        request,
        "offre.html",
        status,
        headers=PRIVATE,
        edition=shown.identity,
        zone=shown.identity.timezone,
        token=mine.token,
        one=one,
        session=session,
        programme=shown.programme,
        until=until if until and until > now() else None,
        over=until or one.expired.get(what),
        mine=(one.lives and what in one.sessions) or (what == PLACE and one.status == "confirmed"),
        frees=_frees(one, shown, session),
        is_on=session is None or can_sign_up(session, now()),
    )


def _frees(one: Registration, shown: Shown, session: Session | None) -> Sequence[Session]:
    sessions = shown.programme.sessions
    return [sessions[id] for id in seats.clashing(one, session, shown.programme)] if session else []
