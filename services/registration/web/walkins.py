"""Who comes to the desk without a registration: a short form, then a page that waits for the badge."""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.registration import actions, countries, intake
from services.registration.actions import AtTheDesk
from services.registration.domain.refusals import CategoryFull, EditionFull, Invalid, Mistake
from services.registration.intake import Scene, Typed
from services.registration.store import Shown
from services.registration.web import asking
from services.registration.web.api import key
from services.registration.web.context import PRIVATE, Desk, DeskDep, ShownDep
from services.registration.web.view import Given
from shared.clock import now
from shared.errors import Away, NotFound, Refusal
from shared.ids import new_id
from shared.web import Form, Staff, language, patience, read_form, staff
from shared.web.problems import Stopped

router = APIRouter(prefix="/equipe", include_in_schema=False)

MAY = staff("registrations", "desk")

NOT_TOLD = "Cochez que vous avez dit à cette personne comment ses données sont utilisées."


@router.get("/inscriptions/nouvelle")
async def show(request: Request, desk: DeskDep, shown: ShownDep, _who: Staff = MAY) -> Response:
    """The short form, empty."""
    given = Given(Typed(language=language(request), organisation_country=countries.FRANCE), key=new_id())
    return _page(request, desk, shown, given)


@router.post("/inscriptions/nouvelle")
async def send(request: Request, desk: DeskDep, shown: ShownDep, who: Staff = MAY) -> Response:
    """Register and go on to the badge, or show what is to be mended with everything kept."""
    form = await read_form(request)
    given = _only_asked(asking.given(form))
    try:
        answer = await _register(desk, shown, given, _beyond(form, who))
    except (Refusal, Away) as failure:
        refusal = failure if isinstance(failure, Refusal) else Stopped()
        return _page(request, desk, shown, asking.mended(given, refusal, desk), refusal)
    return RedirectResponse(f"/equipe/inscriptions/{answer.id}/arrivee", 303, PRIVATE)


def _only_asked(given: Given) -> Given:
    typed = replace(given.typed, phone="", sessions=(), needs=(), needs_other="", participants_list=False)
    return replace(given, typed=typed, key=given.key or new_id())


def _beyond(form: Form, who: Staff) -> AtTheDesk:
    return AtTheDesk(who.actor, beyond=bool(form.get("beyond")) and who.may("registrations"))


async def _register(desk: Desk, shown: Shown, given: Given, by: AtTheDesk) -> actions.Answer:
    organisation = intake.recognised(given.typed, shown.edition, desk.organisations, given.choice)
    try:
        application = intake.read(given.typed, Scene(shown.edition, shown.programme, now(), staff=True), organisation)
    except Invalid as invalid:
        raise Invalid([_at_the_desk(one) for one in invalid.mistakes]) from None
    once = key("desk", given.key, {**vars(given.typed), "choice": given.choice})
    return await actions.register(desk.store, application, id=new_id(), key=once, manage_url=desk.manage_url, desk=by)


def _at_the_desk(one: Mistake) -> Mistake:
    return replace(one, text=NOT_TOLD) if one.field == "privacy" else one


def _page(request: Request, desk: Desk, shown: Shown, given: Given, refusal: Refusal | None = None) -> Response:
    return desk.pages.render(
        request,
        "equipe-nouvelle.html",
        refusal.status if refusal else 200,
        headers=patience(refusal),
        **{**asking.asked(shown, given, language(request)), "categories": shown.edition.categories},
        is_full=isinstance(refusal, EditionFull | CategoryFull),
    )


@router.get("/inscriptions/{id}/arrivee")
async def arrival(id: str, request: Request, desk: DeskDep, _who: Staff = MAY) -> Response:
    """Registered: the badge, as soon as it is drawn."""
    return await _arrival(id, request, desk, "equipe-arrivee.html")


@router.get("/fragments/registration/badge/{id}")
async def badge(id: str, request: Request, desk: DeskDep, _who: Staff = MAY) -> Response:
    """The badge, or that it is being drawn; asks for itself again until it is there."""
    return await _arrival(id, request, desk, "fragment-badge.html")


async def _arrival(id: str, request: Request, desk: Desk, template: str) -> Response:
    one = await desk.store.pages.registration(id)
    if one is None:
        raise NotFound
    known = await desk.store.pages.badge(id)
    ready = known if known and not known.revoked and known.generation == one.badge else None
    shown = await desk.store.pages.shown(one.edition)
    twins = await desk.store.pages.twins([one])
    return desk.pages.render(request, template, edition=shown.identity, one=one, badge=ready, twins=twins)
