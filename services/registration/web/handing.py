"""Handing one's place to a colleague: asked, said back with what will happen, then done.

Who hands it over cannot agree to anything in the colleague's name but to have told them: images and the list of
participants start from no, and the colleague's own link changes them.
"""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.registration import actions, intake
from services.registration.actions import By
from services.registration.domain import changes
from services.registration.domain.changes import Details
from services.registration.domain.refusals import ChangesClosed, Invalid, Mistake, NoLongerComing, NoPlaceYet
from services.registration.domain.registrations import Registration
from services.registration.intake import Typed
from services.registration.web import asking
from services.registration.web.context import PRIVATE, Desk, DeskDep, Mine, MineDep, opened
from services.registration.web.selfservice import closed, organisation_said, sorry
from services.registration.web.view import Given
from shared.clock import now
from shared.errors import Away, NotFound, Refusal
from shared.web import client_address, language, patience, read_form
from shared.web.problems import Stopped

router = APIRouter(prefix="/mon-inscription", include_in_schema=False)

NOT_TOLD = "Cochez que cette personne sait que vous nous donnez ses coordonnées."


def blank(one: Registration) -> Given:
    """The question, with what a colleague shares: the organisation, and for now the language."""
    organisation = one.organisation
    return Given(
        Typed(
            category=one.category,
            language=one.person.language,
            organisation_name=organisation.name,
            organisation_kind=organisation.kind,
            organisation_code=organisation.code or "",
            organisation_country=organisation.country,
        )
    )


def only_asked(given: Given, one: Registration) -> Given:
    """What is asked about a colleague, and nothing else that a form may send."""
    typed = replace(
        given.typed,
        category=one.category,
        phone="",
        sessions=(),
        needs=(),
        needs_other="",
        participants_list=False,
        image=False,
    )
    return replace(given, typed=typed)


def read(given: Given, desk: Desk, mine: Mine) -> Details:
    """The successor; raises `Invalid` with every mistake."""
    organisation = organisation_said(given, mine.shown, desk, mine.registration.organisation)
    try:
        return intake.details(given.typed, organisation)
    except Invalid as invalid:
        raise Invalid([_not_told(one) if one.field == "privacy" else one for one in invalid.mistakes]) from None


def _not_told(one: Mistake) -> Mistake:
    return replace(one, text=NOT_TOLD)


@router.get("/{token}/transmettre")
async def show(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """The question who comes instead."""
    if refusal := closed(mine, "transfer"):
        return sorry(request, desk, mine, refusal)
    return _page(request, desk, mine, blank(mine.registration))


@router.post("/{token}/transmettre")
async def send(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """Say back who it is and what happens; done when that was confirmed."""
    form = await read_form(request)
    one = mine.registration
    given = only_asked(asking.given(form), one)
    if "change_language" in form or "mend" in form:
        return _page(request, desk, mine, asking.with_homonyms(given, desk))
    try:
        desk.sieve.admit(client_address(request))
        successor = read(given, desk, mine)
        if "confirmed" not in form:
            changes.check_may("transfer", one, mine.shown.edition, now())
            return _confirm(request, desk, mine, given)
        desk.sieve.spare(successor.person.email)
        await actions.transfer(desk.store, one.id, successor, By(generation=one.generation), manage_url=desk.manage_url)
    except (ChangesClosed, NoLongerComing, NoPlaceYet) as refusal:
        return sorry(request, desk, mine, refusal)
    except NotFound:  # somebody was quicker, a double click for one
        await opened(mine.token, desk)
        raise
    except (Refusal, Away) as failure:
        why = failure if isinstance(failure, Refusal) else Stopped()
        return _page(request, desk, mine, asking.mended(given, why, desk), why)
    return desk.pages.render(
        request, "transmise.html", headers=PRIVATE, edition=mine.shown.identity, person=successor.person
    )


def _page(request: Request, desk: Desk, mine: Mine, given: Given, refusal: Refusal | None = None) -> Response:
    return desk.pages.render(
        request,
        "transmettre.html",
        refusal.status if refusal else 200,
        headers={**PRIVATE, **patience(refusal)},
        **asking.asked(mine.shown, given, language(request)),
        token=mine.token,
        one=mine.registration,
        until=changes.last_day("transfer", mine.shown.edition),
    )


def _confirm(request: Request, desk: Desk, mine: Mine, given: Given) -> Response:
    return desk.pages.render(
        request,
        "transmettre-confirmer.html",
        headers=PRIVATE,
        edition=mine.shown.identity,
        token=mine.token,
        one=mine.registration,
        typed=given.typed,
        choice=given.choice,
    )
