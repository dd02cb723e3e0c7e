"""The public form: shown, sent, shown again with every answer kept, and the suggestions of its organisation field."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from services.registration import actions, countries, intake
from services.registration.domain.refusals import (
    Invalid,
    KeyReused,
    LooksAutomatic,
    RegistrationsClosed,
    RegistrationsNotOpen,
    TooManyAtOnce,
)
from services.registration.intake import Scene, Typed
from services.registration.store import Shown
from services.registration.web import asking
from services.registration.web.api import key
from services.registration.web.context import Desk, DeskDep, ShownDep
from services.registration.web.labels import authority_label
from services.registration.web.view import Given
from shared.clock import now
from shared.errors import Away, Busy, Refusal
from shared.ids import new_id
from shared.web import client_address, language, read_form, said
from shared.web.problems import Stopped

router = APIRouter(include_in_schema=False)


@router.get("/inscription")
async def show(request: Request, desk: DeskDep, shown: ShownDep) -> Response:
    """The empty form, or why there is none now."""
    try:
        shown.edition.check_open(now(), _latest(shown))
    except (RegistrationsClosed, RegistrationsNotOpen) as refusal:
        sentence = said(language(request), refusal)
        return desk.pages.render(request, "inscription-fermee.html", edition=shown.identity, sentence=sentence)
    typed = Typed(language=language(request), organisation_country=countries.FRANCE)
    return _page(request, desk, shown, Given(typed))


def _latest(shown: Shown) -> Any:
    """The public category that closes last: while one is open, the form is."""
    return max((one for one in shown.edition.categories if one.public), key=shown.edition.closes, default=None)


@router.post("/inscription")
async def send(request: Request, desk: DeskDep, shown: ShownDep) -> Response:
    """Register and go on to the thanks, or show what is to be mended with everything kept."""
    form = await read_form(request)
    given = asking.given(form)
    if "change_language" in form:
        return _page(request, desk, shown, asking.with_homonyms(given, desk))
    try:
        desk.sieve.admit_form(client_address(request), given.mark, form.get("website", ""))
        desk.sieve.spare(given.typed.email)
        answer = await _register(desk, shown, given)
    except Refusal as refusal:
        return _again(request, desk, shown, given, refusal)
    except Away:
        return _again(request, desk, shown, given, Stopped())
    token = desk.links.make(answer.id, answer.generation)
    return RedirectResponse(f"/mon-inscription/{token}/merci", 303, {"Cache-Control": "no-store"})


async def send_quickly(request: Request) -> Response:
    """The same for the crowd of the opening."""
    desk: Desk = request.app.state.desk
    return await send(request, desk, await desk.store.pages.shown())


async def _register(desk: Desk, shown: Shown, given: Given) -> actions.Answer:
    once = key("form", given.key, {**vars(given.typed), "choice": given.choice})
    organisation = intake.recognised(given.typed, shown.edition, desk.organisations, given.choice)
    try:
        application = intake.read(given.typed, Scene(shown.edition, shown.programme, now()), organisation)
    except Invalid:
        if (answer := await actions.answered(desk.store, once)) is None:
            raise
        return answer
    return await actions.register(desk.store, application, id=new_id(), key=once, manage_url=desk.manage_url)


@router.get("/inscription/structures")
async def structures(
    request: Request, desk: DeskDep, q: str = Query(default="", max_length=200), country: str = countries.FRANCE
) -> JSONResponse:
    """Suggestions for the organisation field; only French authorities are in the registers."""
    lang = language(request)
    found = desk.organisations.suggest(q) if country == countries.FRANCE else []
    items = [
        {"name": one.name, "kind": one.kind, "code": one.code, "label": authority_label(one, lang)} for one in found
    ]
    headers = {"Cache-Control": "public, max-age=3600", "Vary": "Accept-Language, Cookie", "Content-Language": lang}
    return JSONResponse({"items": items}, headers=headers)


def _again(request: Request, desk: Desk, shown: Shown, given: Given, refusal: Refusal) -> Response:
    """The same form with the reasons on top. A used key is replaced, so that sending again is meant."""
    given = replace(
        given, mistakes=asking.mistakes_of(refusal), key="" if isinstance(refusal, KeyReused) else given.key
    )
    headers = {}
    if isinstance(refusal, Busy | TooManyAtOnce | Stopped):
        headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, LooksAutomatic):
        given = replace(given, mark="")
    return _page(request, desk, shown, asking.with_homonyms(given, desk), status=refusal.status, headers=headers)


def _page(
    request: Request,
    desk: Desk,
    shown: Shown,
    given: Given,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    given = replace(given, key=given.key or new_id(), mark=given.mark or desk.sieve.mark())
    return desk.pages.render(
        request,
        "inscription.html",
        status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        **asking.asked(shown, given, language(request)),
    )
