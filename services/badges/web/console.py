"""For the team: the list of badges, and the cards that their other pages show."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.badges.domain import Badge, Edition
from services.badges.tokens import shown_code, typed_code
from services.badges.web.context import Desk, DeskDep, EditionDep
from shared.clock import now
from shared.web import Staff, staff

router = APIRouter(include_in_schema=False)
ON_A_PAGE = 50

Someone = Annotated[Staff, staff()]
Colleague = Annotated[Staff, staff("desk", "registrations")]
"""Who may see a person's badge. Its code and its PDF admit whoever shows them: `registrations` alone reads these."""


@router.get("/equipe/badges")
async def badges(
    request: Request,
    desk: DeskDep,
    edition: EditionDep,
    _person: Colleague,
    q: Annotated[str, Query(max_length=200)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """Badges by name, of whoever comes or on the paper, or the one with the code that was typed."""
    sought = " ".join(q.replace("\0", " ").split())  # MongoDB searches for no text with a NUL
    begin = (page - 1) * ON_A_PAGE
    found = await desk.store.search(edition.id, sought, typed_code(sought), begin, ON_A_PAGE + 1, printed=True)
    people = [(holder, _shown(desk, badges)) for holder, badges in found[:ON_A_PAGE]]
    return desk.pages.render(
        request,
        "equipe_badges.html",
        q=sought,
        page=page,
        people=people,
        more=len(found) > ON_A_PAGE,
        counts=await desk.store.counts(edition, now()),
    )


@router.get("/equipe/fragments/badges/home")
async def home_card(request: Request, desk: DeskDep, edition: EditionDep, _person: Someone) -> HTMLResponse:
    """The badges' card on the team's home."""
    return await _figures(request, desk, edition, "fragment_home.html")


@router.get("/equipe/fragments/badges/figures")
async def figures(request: Request, desk: DeskDep, edition: EditionDep, _person: Someone) -> HTMLResponse:
    """What is inside the card, which asks for it every few seconds."""
    return await _figures(request, desk, edition, "fragment_figures.html")


async def _figures(request: Request, desk: Desk, edition: Edition, template: str) -> HTMLResponse:
    moment = now()
    return desk.pages.render(
        request,
        template,
        counts=await desk.figures.of(edition),
        rehearsal=edition.in_rehearsal(moment),
        first_day=min(edition.dates),
    )


@router.get("/equipe/fragments/badges/arrivals")
async def arrivals(request: Request, desk: DeskDep, edition: EditionDep, _person: Someone) -> HTMLResponse:
    """Who has arrived, category by category; the page that shows it asks again every few seconds."""
    return desk.pages.render(request, "fragment_arrivals.html", counts=await desk.figures.of(edition))


@router.get("/equipe/fragments/badges/person/{registration}")
async def person_card(
    request: Request, desk: DeskDep, _edition: EditionDep, _person: Colleague, registration: str
) -> HTMLResponse:
    """What we know of one person: badges, codes, PDF, check-ins."""
    badges = await desk.store.badges_of(registration)
    return desk.pages.render(
        request,
        "fragment_person.html",
        badges=_shown(desk, badges[::-1]),
        holder=await desk.store.holder(registration),
        check_ins=await desk.store.check_ins_of(registration),
    )


def _shown(desk: Desk, badges: Sequence[Badge]) -> list[tuple[Badge, str, str]]:
    """Each badge with its code as it is printed and the address of its PDF."""
    return [(badge, shown_code(badge.code), desk.workshop.path(badge)) for badge in badges]
