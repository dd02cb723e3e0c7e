"""The JSON API: register, look up, cancel, set an edition's rules, and the public definition of the form."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response

from services.registration import actions, intake
from services.registration.domain.refusals import Invalid, Mistake
from services.registration.intake import Scene, Typed
from services.registration.store import Shown
from services.registration.store.pages import Search
from services.registration.web.context import DeskDep
from services.registration.web.cursors import after, following
from services.registration.web.models import Id, ListQuery, RegistrationIn, RulesIn, form_out, registration_out
from services.registration.web.outputs import FormOut, RegisteredOut, RegistrationOut, RegistrationsOut
from shared.clock import now
from shared.errors import NotFound
from shared.ids import new_id
from shared.web import Gate, Staff, bearer, client_address, json_body, language, staff_or_token

router = APIRouter(prefix="/api/registration/v1", tags=["registration"])

MAY = staff_or_token(("registrations",), "registrations")

LONGEST_KEY = 200
_API_NAMES = {
    "organisation_name": "organisation.name",
    "organisation_kind": "organisation.kind",
    "organisation_country": "organisation.country",
    "privacy": "consents.privacy",
}


def key(source: str, given: str | None, body: dict[str, Any]) -> actions.Key | None:
    """The idempotency key with the fingerprint of its body; keys of form and API never meet."""
    if not given:
        return None
    print_of_body = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return actions.Key(_hash(f"{source}:{given}"), _hash(print_of_body))


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


async def _caller(request: Request) -> Staff | None:
    """The token that came with a public request, if one did; a bad one is refused, not ignored."""
    if "authorization" not in request.headers:
        return None
    gate: Gate = request.app.state.gate
    return await gate.token(request)


@router.post("/registrations", status_code=201, response_model=RegisteredOut)
async def register(
    body: RegistrationIn,
    request: Request,
    desk: DeskDep,
    idempotency_key: Annotated[str | None, Header(max_length=LONGEST_KEY)] = None,
) -> JSONResponse:
    """Register one person. With an `Idempotency-Key`, sending again gives the same answer.

    Public. A token with scope `import` or `registrations` may use categories that are not public; one with
    scope `import` is not counted against the allowance of its address.
    """
    caller = await _caller(request)
    if not (caller and caller.may("import")):
        desk.sieve.admit(client_address(request))
        desk.sieve.spare(body.email)
    shown = await desk.store.pages.shown(body.edition)
    staff = bool(caller and caller.may("import", "registrations"))
    typed = body.typed()
    once = key("api", idempotency_key, {**vars(typed), "edition": shown.edition.id})
    try:
        application = _application(typed, shown, staff=staff)
    except Invalid:
        if (answer := await actions.answered(desk.store, once)) is None:
            raise
    else:
        answer = await actions.register(
            desk.store, application, id=new_id(), key=once, manage_url=desk.manage_url, staff=staff
        )
    url = desk.manage_url(answer.id, answer.generation)
    return JSONResponse({"id": answer.id, "status": answer.status, "manage_url": url}, 201)


async def register_quickly(request: Request) -> JSONResponse | None:
    """The same for the crowd of the opening: what is plainly right does not go through FastAPI."""
    key, body = request.headers.get("idempotency-key"), await json_body(request, RegistrationIn)
    if body is None or len(key or "") > LONGEST_KEY:
        return None
    return await register(body, request, request.app.state.desk, key)


def _application(typed: Typed, shown: Shown, *, staff: bool) -> Any:
    scene = Scene(shown.edition, shown.programme, now(), staff)
    with renamed():
        return intake.read(typed, scene, intake.named(typed))


@contextmanager
def renamed() -> Iterator[None]:
    """Mistakes made inside name their fields as the API does."""
    try:
        yield
    except Invalid as invalid:
        names = [(_API_NAMES.get(one.field, one.field), one) for one in invalid.mistakes]
        raise Invalid([Mistake(name, one.code, one.text, one.params) for name, one in names]) from None


@router.get("/registrations", response_model=RegistrationsOut)
async def registrations(desk: DeskDep, query: Annotated[ListQuery, Query()], _who: Staff = MAY) -> dict[str, Any]:
    """Registrations by name, page by page; `q` finds the beginnings of words, without accents."""
    edition = query.edition or (await desk.store.pages.shown()).edition.id
    search = Search(query.q, query.status, query.category)
    found = await desk.store.pages.listed(edition, search, limit=query.limit + 1, after=after(query.cursor))
    items = [registration_out(one, desk.manage_url(one.id, one.generation)) for one in found[: query.limit]]
    return {"items": items, "next": following(found, query.limit)}


@router.get("/registrations/{id}", response_model=RegistrationOut)
async def registration(id: str, desk: DeskDep, answer: Response, _who: Staff = MAY) -> dict[str, Any]:
    """One registration; its `ETag` goes into the `If-Match` of a change."""
    found = await desk.store.pages.registration(id)
    if found is None:
        raise NotFound
    answer.headers["ETag"] = f'"{found.sequence}"'
    queues = await desk.store.pages.queues(found.edition, found.queues())
    positions = {session: queue.position(id) for session, queue in queues.items()}
    return registration_out(found, desk.manage_url(found.id, found.generation), positions)


@router.post("/registrations/{id}/cancel", response_model=RegistrationOut)
async def cancel(id: str, desk: DeskDep, who: Staff = MAY) -> dict[str, Any]:
    """Cancel one registration; again is the same."""
    done = await actions.cancel(desk.store, id, manage_url=desk.manage_url, actor=who.actor)
    return registration_out(done, desk.manage_url(done.id, done.generation))


@router.post("/registrations/{id}/erase", status_code=204)
async def erase(id: str, desk: DeskDep, who: Staff = MAY) -> None:
    """Forget one person, here and in every service; again is the same. It cannot be undone."""
    await actions.erase(desk.store, id, asked_by="staff", actor=who.actor)


@router.put("/editions/{id}", status_code=204)
async def put_edition(id: Id, body: RulesIn, desk: DeskDep, who: Staff = bearer("admin")) -> None:
    """Set the categories, quotas and opening of an edition."""
    await actions.set_rules(desk.store, body.rules(id), actor=who.actor)


@router.get("/form", response_model=FormOut)
async def form(request: Request, desk: DeskDep, edition: str | None = None) -> JSONResponse:
    """What the form asks, and the places left. Public."""
    shown = await desk.store.pages.shown(edition)
    lang = language(request)
    return JSONResponse(form_out(shown, lang, now()), headers={"Content-Language": lang, "Cache-Control": "no-cache"})
