"""The door: a typed code gets one answer that fills the screen. Works without JavaScript, and quicker with it."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.badges import actions
from services.badges.actions import Answer, Shown
from services.badges.designs import country
from services.badges.domain import Edition
from services.badges.web.context import Desk, DeskDep, EditionDep
from shared.clock import now
from shared.i18n import N_, translate
from shared.ids import new_id
from shared.web import Staff, language, read_form, staff

router = APIRouter(include_in_schema=False)

Volunteer = Annotated[Staff, staff("desk")]
GATE = N_("Entrée principale")
GATE_LENGTH = 80


@router.get("/accueil")
async def ready(
    request: Request, desk: DeskDep, edition: EditionDep, _person: Volunteer, porte: str = ""
) -> HTMLResponse:
    """Ready for the next badge, at the gate named in the address."""
    return await _screen(request, desk, _gate(request, porte), edition=edition)


@router.post("/accueil")
async def answer(request: Request, desk: DeskDep, edition: EditionDep, person: Volunteer) -> HTMLResponse:
    """Answer to a typed code. Sending the page again asks the same question, and gets the same answer."""
    form = await read_form(request)
    gate, code = _gate(request, form.get("porte", "")), form.get("code", "")[:500]
    if not code.strip():
        return await _screen(request, desk, gate, edition=edition, missing=True)
    # Going back and typing another code is another question, though the page's nonce is the same.
    nonce = f"{form.get('nonce', '')[:60] or new_id()}.{sha256(code.encode()).hexdigest()[:12]}"
    shown = Shown(text=code, gate=gate, scanned_at=now(), nonce=nonce)
    said = await actions.check_in(desk.store, desk.workshop, person.actor, edition, shown)
    return await _screen(request, desk, gate, said, edition=edition)


async def _screen(
    request: Request, desk: Desk, gate: str, said: Answer | None = None, *, edition: Edition, missing: bool = False
) -> HTMLResponse:
    moment = now()
    return desk.pages.render(
        request,
        "accueil.html",
        422 if missing else 200,
        gate=gate,
        nonce=new_id(),
        missing=missing,
        answer=said.check_in if said else None,
        holder=said.holder if said else None,
        badge=said.badge if said else None,
        country=country(said.holder, language(request)) if said and said.holder else "",
        rehearsal=edition.in_rehearsal(moment),
        first_day=min(edition.dates),
        counts=await desk.store.counts(edition, moment),
    )


def _gate(request: Request, typed: str) -> str:
    """The gate's name on one line, or the main one."""
    shown = "".join(sign if sign.isprintable() else " " for sign in typed)
    return " ".join(shown.split())[:GATE_LENGTH] or translate(language(request), GATE)
