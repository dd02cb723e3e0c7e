"""A person's data: had as files, or erased; by whoever holds the link, or by the team. Erasing asks first."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.registration import actions
from services.registration.web.context import PRIVATE, DeskDep, MineDep
from shared.errors import NotFound
from shared.web import Staff, staff

router = APIRouter(include_in_schema=False)

MAY = staff("registrations")


@router.get("/mon-inscription/{token}/donnees")
async def to_have(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """Where a person gets what is held about them, one file from each service, or has it erased."""
    return desk.pages.render(
        request, "donnees.html", headers=PRIVATE, edition=mine.shown.identity, token=mine.token, one=mine.registration
    )


@router.get("/mon-inscription/{token}/effacer")
async def ask(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """What is erased, what stays for how long: erasing asks first, and following a link changes nothing."""
    return desk.pages.render(
        request, "effacer.html", headers=PRIVATE, edition=mine.shown.identity, token=mine.token, one=mine.registration
    )


@router.post("/mon-inscription/{token}/effacer")
async def erase(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """Erase, and say so here and now: the link opens nothing any more."""
    one = mine.registration
    await actions.erase(desk.store, one.id, generation=one.generation)
    return desk.pages.render(request, "effacee.html", headers=PRIVATE, edition=mine.shown.identity)


@router.get("/equipe/inscriptions/{id}/effacer")
async def ask_team(id: str, request: Request, desk: DeskDep, _who: Staff = MAY) -> Response:
    """The question; once erased, where that is done already."""
    one, stone = await desk.store.pages.registration(id), await desk.store.pages.erased(id)
    if one is None and stone is None:
        raise NotFound
    shown = await desk.store.pages.shown(one.edition if one else (stone or {})["edition"])
    return desk.pages.render(
        request, "equipe-effacer.html", edition=shown.identity, zone=shown.identity.timezone, one=one, stone=stone
    )


@router.post("/equipe/inscriptions/{id}/effacer")
async def erase_team(id: str, desk: DeskDep, who: Staff = MAY) -> Response:
    """Erase at a person's request."""
    await actions.erase(desk.store, id, asked_by="staff", actor=who.actor)
    return RedirectResponse(f"/equipe/inscriptions/{id}/effacer", 303, PRIVATE)
