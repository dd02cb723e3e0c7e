"""Who stands at the door: somebody of the team, or a phone that came in by a desk link."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from services.badges.domain.desk_links import DeskLink, DeskState
from services.badges.web.context import Desk, DeskDep, EditionDep
from shared.clock import now
from shared.errors import Forbidden, NotFound, NotSignedIn, Refusal
from shared.web import Staff


class DeskClosed(Refusal):
    """The phone came in by a desk link that opens nothing now."""

    code = "desk-closed"
    status = 403
    text = "Ce poste est fermé : ses heures sont passées, ou l’équipe l’a retiré. Demandez un autre lien à l’équipe."


@dataclass(frozen=True)
class Volunteer:
    """The person before the screen. `gate` is theirs alone when a desk link names it."""

    actor: str
    name: str
    gate: str = ""
    staff: Staff | None = None


def desk_cookie(https: bool) -> dict[str, Any]:
    """The cookie of a phone at a desk; it opens the door and nothing else."""
    name = "__Secure-rencontres_desk" if https else "rencontres_desk"
    return {"key": name, "path": "/accueil", "secure": https, "httponly": True, "samesite": "lax"}


async def at_the_door(request: Request, desk: DeskDep, edition: EditionDep) -> Volunteer:
    """Somebody of the team in the role `desk`, or else the desk link whose cookie came along."""
    try:
        person = await request.app.state.gate.staff(request)
    except NotSignedIn:
        person = None
    if person and person.may("desk"):
        request.state.staff = person
        return Volunteer(person.actor, person.name, staff=person)
    if word := request.cookies.get(desk_cookie(request.app.state.gate.https)["key"]):
        link = await _link(desk, word)
        if link is None or link.edition != edition.id or link.state(now()) is not DeskState.OPEN:
            raise DeskClosed
        return Volunteer(link.actor, "", link.gate)
    if person:
        request.state.staff = person
        raise Forbidden
    raise NotSignedIn


async def _link(desk: Desk, word: str) -> DeskLink | None:
    try:
        return await desk.store.desk(desk.keys.read_cookie(word))
    except NotFound:
        return None


AtTheDoor = Annotated[Volunteer, Depends(at_the_door)]
"""Whoever may open the door: staff in the role `desk`, or a desk link within its hours."""
