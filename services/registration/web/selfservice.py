"""What people change themselves through their link: their details, their link, who holds the place.

GET shows and never acts: mail scanners follow links. Every POST may come twice.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.registration import actions, intake
from services.registration.actions import By
from services.registration.domain import changes
from services.registration.domain.changes import Details
from services.registration.domain.editions import Act
from services.registration.domain.refusals import ChangesClosed, NoLongerComing, NoPlaceYet, SavedBefore
from services.registration.domain.registrations import Organisation
from services.registration.store import Shown
from services.registration.web import asking
from services.registration.web.context import PRIVATE, Desk, DeskDep, Mine, MineDep, opened
from services.registration.web.differences import Difference, differences
from services.registration.web.view import Given
from shared.clock import now
from shared.errors import Away, NotFound, Refusal
from shared.web import client_address, language, patience, read_form, said
from shared.web.problems import Stopped

router = APIRouter(prefix="/mon-inscription", include_in_schema=False)


async def known_of(desk: Desk, mine: Mine) -> Details:
    """What is known of the person now."""
    needs = await desk.store.pages.needs(mine.registration.id)
    return changes.details(mine.registration, needs.codes, needs.other)


def closed(mine: Mine, act: Act) -> Refusal | None:
    """Why this act is not possible now, if it is not."""
    try:
        changes.check_may(act, mine.registration, mine.shown.edition, now())
    except (ChangesClosed, NoLongerComing, NoPlaceYet) as refusal:
        return refusal
    return None


def sorry(request: Request, desk: Desk, mine: Mine, refusal: Refusal) -> Response:
    """A page of words for an act that is closed: why, and whom to call."""
    return desk.pages.render(
        request,
        "changement-clos.html",
        refusal.status,
        headers=PRIVATE,
        edition=mine.shown.identity,
        token=mine.token,
        sentence=said(language(request), refusal),
    )


def organisation_said(given: Given, shown: Shown, desk: Desk, before: Organisation) -> Any:
    """The organisation typed: the same as before, or matched with the registers."""
    if intake.kept(given.typed, before):
        return before
    return intake.recognised(given.typed, shown.edition, desk.organisations, given.choice)


@dataclass(frozen=True)
class Shape:
    """How the page stands this time."""

    version: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    both: tuple[Difference, ...] = ()
    refusal: Refusal | None = None


@router.get("/{token}/modifier")
async def show(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """The form with what is known."""
    if refusal := closed(mine, "details"):
        return sorry(request, desk, mine, refusal)
    now_known = await known_of(desk, mine)
    given = Given(intake.typed_from(now_known, mine.registration.category))
    return _page(request, desk, mine, given, Shape(now_known.version))


@router.post("/{token}/modifier")
async def send(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """Save it, or show what is to be mended with everything kept."""
    form = await read_form(request)
    given = asking.given(form)
    given = replace(given, typed=replace(given.typed, category=mine.registration.category, privacy=True, sessions=()))
    version = form.get("version", "")
    if "change_language" in form:
        return _page(request, desk, mine, asking.with_homonyms(given, desk), Shape(version))
    one = mine.registration
    try:
        desk.sieve.admit(client_address(request))
        details = intake.details(given.typed, organisation_said(given, mine.shown, desk, one.organisation))
        if details.person.email != one.person.email:  # somebody else's, perhaps: it is written to
            desk.sieve.spare(details.person.email)
        by = By(generation=one.generation, version=version)
        await actions.correct(desk.store, one.id, details, by, manage_url=desk.manage_url)
    except (ChangesClosed, NoLongerComing) as refusal:
        return sorry(request, desk, mine, refusal)
    except SavedBefore as refusal:
        return await _both(request, desk, mine, given, refusal)
    except NotFound:  # the link was replaced, or the place handed over, at this moment
        await opened(mine.token, desk)
        raise
    except Refusal as refusal:
        return _page(request, desk, mine, asking.mended(given, refusal, desk), _refused(version, refusal))
    except Away:
        return _page(request, desk, mine, asking.mended(given, Stopped(), desk), _refused(version, Stopped()))
    return RedirectResponse(f"/mon-inscription/{mine.token}?fait=modifier", 303, PRIVATE)


def _refused(version: str, refusal: Refusal) -> Shape:
    return Shape(version, refusal.status, patience(refusal))


async def both_versions(request: Request, desk: Desk, mine: Mine, given: Given, refusal: Refusal) -> tuple[Mine, Shape]:
    """The registration as it is saved by now, and what differs from what was typed."""
    one = await desk.store.pages.registration(mine.registration.id)
    mine = replace(mine, registration=one or mine.registration)
    now_known = await known_of(desk, mine)
    saved = intake.typed_from(now_known, mine.registration.category)
    both = tuple(differences(saved, given.typed, language(request)))
    return mine, Shape(now_known.version, refusal.status, both=both)


async def _both(request: Request, desk: Desk, mine: Mine, given: Given, refusal: Refusal) -> Response:
    """Both versions: what was saved meanwhile, and what was typed. Sent again, what was typed is kept."""
    mine, shape = await both_versions(request, desk, mine, given, refusal)
    return _page(request, desk, mine, given, shape)


def _page(request: Request, desk: Desk, mine: Mine, given: Given, shape: Shape) -> Response:
    lang = language(request)
    category = next((one for one in mine.shown.edition.categories if one.id == given.typed.category), None)
    return desk.pages.render(
        request,
        "modifier.html",
        shape.status,
        headers={**PRIVATE, **shape.headers},
        **asking.asked(mine.shown, given, lang),
        token=mine.token,
        version=shape.version,
        both=shape.both,
        category=category.label if category else {"fr": given.typed.category},
        until=changes.last_day("details", mine.shown.edition),
    )


@router.get("/{token}/nouveau-lien")
async def ask_link(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """Asks first: the link that was followed stops working."""
    return desk.pages.render(
        request,
        "nouveau-lien.html",
        headers=PRIVATE,
        edition=mine.shown.identity,
        token=mine.token,
        one=mine.registration,
        done=False,
    )


@router.post("/{token}/nouveau-lien")
async def new_link(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """Mail a new link. It is not shown here: whoever holds the old one may not be the person."""
    desk.sieve.admit(client_address(request))
    one = mine.registration
    await actions.replace_link(desk.store, one.id, By(generation=one.generation), manage_url=desk.manage_url)
    return desk.pages.render(
        request, "nouveau-lien.html", headers=PRIVATE, edition=mine.shown.identity, token="", one=one, done=True
    )
