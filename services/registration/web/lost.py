"""`/inscription/retrouver`: the link again, by mail. The answer is the same whether the address is known or not."""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.registration import actions, intake
from services.registration.domain.refusals import Invalid, TooManyAtOnce
from services.registration.intake import Typed
from services.registration.web import asking
from services.registration.web.context import PRIVATE, Desk, DeskDep, ShownDep
from services.registration.web.view import Given, faults
from shared.errors import Away, Refusal
from shared.mailboxes import one_spelling
from shared.text import one_line
from shared.web import client_address, language, patience, read_form
from shared.web.problems import Stopped

router = APIRouter(include_in_schema=False)


@router.get("/inscription/retrouver")
async def show(request: Request, desk: DeskDep, _shown: ShownDep) -> Response:
    """The question for the address."""
    return _page(request, desk, Given(Typed()))


@router.post("/inscription/retrouver")
async def send(request: Request, desk: DeskDep, shown: ShownDep) -> Response:
    """Write the question down, and say what happens."""
    form = await read_form(request)
    email = one_spelling(one_line(form.get("email", "")))
    given = Given(Typed(email=email))
    if "change_language" in form:
        return _page(request, desk, given)
    try:
        if mistake := intake.address_mistake(email):
            raise Invalid([mistake])
        if not desk.sieve.may_look_up(client_address(request)):
            raise TooManyAtOnce
        await actions.request_link(desk.store, shown.edition.id, email)
    except (Refusal, Away) as failure:
        return _page(request, desk, given, failure if isinstance(failure, Refusal) else Stopped())
    return _page(request, desk, given, done=True)


def _page(
    request: Request, desk: Desk, given: Given, refusal: Refusal | None = None, *, done: bool = False
) -> Response:
    given = replace(given, mistakes=asking.mistakes_of(refusal) if refusal else ())
    found = faults(given.mistakes, language(request))
    return desk.pages.render(
        request,
        "retrouver.html",
        refusal.status if refusal else 200,
        headers={**PRIVATE, **patience(refusal)},
        email=given.typed.email,
        errors=found,
        error=next((one.text for one in found if one.name == "email"), ""),
        done=done,
    )
