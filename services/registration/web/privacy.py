"""`/confidentialite`: what is done with whose data, on which ground and for how long, written from the register.

`/equipe/inscriptions/registre` is the same for the team, with the days of this edition, and what was deleted.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.registration.domain.refusals import EditionUnknown
from services.registration.web.context import DeskDep
from shared.clock import now
from shared.purposes import REGISTER
from shared.web import Staff, staff

router = APIRouter(include_in_schema=False)


@router.get("/confidentialite")
async def privacy(request: Request, desk: DeskDep) -> Response:
    """The notice, readable before any edition is ready."""
    return desk.pages.render(request, "confidentialite.html", purposes=REGISTER, edition=await _edition(desk))


@router.get("/equipe/inscriptions/registre")
async def register(request: Request, desk: DeskDep, _who: Staff = staff("registrations")) -> Response:
    """The register of article 30, and the journal of deletions of every service that answers."""
    edition = await _edition(desk)
    ending = await desk.store.ending(edition.edition) if edition else None
    terms = {one.code: one.kept for one in REGISTER if ending and one.kept and one.kept.after_edition}
    due = {code: ending.gone_on(kept) for code, kept in terms.items() if ending}
    threatening = ending if ending and any(ending.threatens(kept, now()) for kept in terms.values()) else None
    return desk.pages.render(
        request, "equipe-registre.html", purposes=REGISTER, edition=edition, due=due, threatening=threatening
    )


async def _edition(desk: DeskDep) -> Any:
    try:
        return (await desk.store.pages.shown()).identity
    except EditionUnknown:
        return None
