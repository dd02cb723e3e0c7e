"""The team corrects a registration or passes it on: the form's own questions, each change audited by field."""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.registration import actions, intake
from services.registration.actions import By
from services.registration.domain.refusals import SavedBefore
from services.registration.web import asking
from services.registration.web.context import PRIVATE, Desk, DeskDep, Mine
from services.registration.web.handing import blank, only_asked, read
from services.registration.web.selfservice import Shape, both_versions, known_of, organisation_said
from services.registration.web.view import Given
from shared.errors import Away, NotFound, Refusal
from shared.web import Staff, language, patience, read_form, staff
from shared.web.problems import Stopped

router = APIRouter(prefix="/equipe/inscriptions", include_in_schema=False)

MAY = staff("registrations")


async def _opened(desk: Desk, id: str) -> Mine:
    one = await desk.store.pages.registration(id)
    if one is None:
        raise NotFound
    return Mine("", one, await desk.store.pages.shown(one.edition))


def _card(id: str) -> Response:
    return RedirectResponse(f"/equipe/inscriptions/{id}", 303, PRIVATE)


@router.get("/{id}/modifier")
async def show(id: str, request: Request, desk: DeskDep, _who: Staff = MAY) -> Response:
    """The form with what is known."""
    mine = await _opened(desk, id)
    known = await known_of(desk, mine)
    return _page(request, desk, mine, Given(intake.typed_from(known, mine.registration.category)), Shape(known.version))


@router.post("/{id}/modifier")
async def send(id: str, request: Request, desk: DeskDep, who: Staff = MAY) -> Response:
    """Save it, or show what is to be mended with everything kept."""
    mine = await _opened(desk, id)
    form = await read_form(request)
    given = asking.given(form)
    category = given.typed.category or mine.registration.category
    given = replace(given, typed=replace(given.typed, category=category, privacy=True, sessions=()))
    version = form.get("version", "")
    try:
        said = intake.details(given.typed, organisation_said(given, mine.shown, desk, mine.registration.organisation))
        by = By(actor=who.actor, version=version)
        await actions.correct(desk.store, id, said, by, manage_url=desk.manage_url, category=category)
    except SavedBefore as refusal:
        mine, shape = await both_versions(request, desk, mine, given, refusal)
        return _page(request, desk, mine, given, shape)
    except (Refusal, Away) as failure:
        why = failure if isinstance(failure, Refusal) else Stopped()
        shape = Shape(version, why.status, patience(why))
        return _page(request, desk, mine, asking.mended(given, why, desk), shape)
    return _card(id)


def _page(request: Request, desk: Desk, mine: Mine, given: Given, shape: Shape) -> Response:
    return desk.pages.render(
        request,
        "equipe-modifier.html",
        shape.status,
        headers=shape.headers,
        **{**asking.asked(mine.shown, given, language(request)), "categories": mine.shown.edition.categories},
        one=mine.registration,
        version=shape.version,
        both=shape.both,
    )


@router.get("/{id}/transmettre")
async def successor(id: str, request: Request, desk: DeskDep, _who: Staff = MAY) -> Response:
    """The question who comes instead."""
    mine = await _opened(desk, id)
    return _transfer(request, desk, mine, blank(mine.registration))


@router.post("/{id}/transmettre")
async def transfer(id: str, request: Request, desk: DeskDep, who: Staff = MAY) -> Response:
    """Pass the place on. The generation on the page says whose it was, so that sending twice does it once."""
    mine = await _opened(desk, id)
    form = await read_form(request)
    given = only_asked(asking.given(form), mine.registration)
    if form.get("generation") != str(mine.registration.generation):
        return _card(id)
    try:
        by = By(generation=mine.registration.generation, actor=who.actor)
        await actions.transfer(desk.store, id, read(given, desk, mine), by, manage_url=desk.manage_url)
    except (Refusal, Away) as failure:
        refusal = failure if isinstance(failure, Refusal) else Stopped()
        return _transfer(request, desk, mine, asking.mended(given, refusal, desk), refusal)
    return _card(id)


def _transfer(request: Request, desk: Desk, mine: Mine, given: Given, refusal: Refusal | None = None) -> Response:
    return desk.pages.render(
        request,
        "equipe-transmettre.html",
        refusal.status if refusal else 200,
        headers=patience(refusal),
        **asking.asked(mine.shown, given, language(request)),
        one=mine.registration,
    )
