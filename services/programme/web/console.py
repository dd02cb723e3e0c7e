"""The team's console: sign-in, the home and health shells whose cards the browser fetches."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.programme.actions import signing_in as actions
from services.programme.credentials import in_line, staff_word, verify_password
from services.programme.domain.accounts import COOKIE_LASTS, Account, TooManyTries, WrongCredentials
from services.programme.web.context import Desk, DeskDep, PublicDep
from shared.clock import now
from shared.errors import NotSignedIn, Refusal
from shared.findings import NAMES
from shared.ids import new_id
from shared.web import (
    Staff,
    client_address,
    language,
    patience,
    read_form,
    safe_path,
    said,
    staff,
    staff_cookie_name,
)

router = APIRouter(include_in_schema=False)

Someone = Annotated[Staff, staff()]
"""Whoever has an account, in any role."""


@router.get("/equipe/connexion")
async def sign_in_page(request: Request, desk: DeskDep, _public: PublicDep, suite: str = "") -> Response:
    """The sign-in form, or on to where one wanted to go."""
    try:
        await request.app.state.gate.staff(request)
    except NotSignedIn:
        return _form(desk, request, suite)
    return RedirectResponse(safe_path(suite), 303)


@router.post("/equipe/connexion")
async def sign_in(request: Request, desk: DeskDep, _public: PublicDep) -> Response:
    """Sign in, and go on to where one wanted to go."""
    form = await read_form(request)
    email, suite, client = form.get("email", ""), form.get("suite", ""), client_address(request)
    try:
        with in_line(client):
            account = await actions.sign_in(
                desk.store,
                verify_password,
                email=email[:320],
                password=form.get("password", "")[:1000],
                client=client,
            )
    except (WrongCredentials, TooManyTries) as refusal:
        return _form(desk, request, suite, email, refusal)
    answer = RedirectResponse(safe_path(suite), 303)
    give_cookie(desk, answer, account, new_id())
    return answer


def _form(desk: Desk, request: Request, suite: str, email: str = "", refusal: Refusal | None = None) -> HTMLResponse:
    """The form, with the address that was typed and why it is shown again."""
    return desk.pages.render(
        request,
        "connexion.html",
        refusal.status if refusal else 200,
        headers={"Cache-Control": "no-store", **patience(refusal)},
        suite=safe_path(suite),
        email=email,
        sentence=said(language(request), refusal) if refusal else "",
    )


def give_cookie(desk: Desk, answer: Response, account: Account, sid: str) -> None:
    """The cookie of this sign-in, for the next hour."""
    answer.headers["Cache-Control"] = "no-store"
    answer.set_cookie(
        value=staff_word(desk.signer, account, now(), sid),
        max_age=int(COOKIE_LASTS.total_seconds()),
        **_cookie(desk),
    )


def _cookie(desk: Desk) -> dict[str, Any]:
    https = desk.settings.public_url.startswith("https:")
    return {"key": staff_cookie_name(https), "path": "/", "secure": https, "httponly": True, "samesite": "lax"}


@router.post("/equipe/renouvellement")
async def renew(desk: DeskDep, person: Someone) -> Response:
    """A fresh cookie for someone at work, with the rights they have now."""
    account = await desk.store.account(person.id)
    if account is None or not account.has(person.generation, person.sid):
        raise NotSignedIn
    answer = Response(status_code=204)
    give_cookie(desk, answer, account, person.sid)
    return answer


@router.post("/equipe/deconnexion")
async def sign_out(desk: DeskDep, person: Someone) -> Response:
    """Leave: this cookie, and every copy of it, is no longer good."""
    await actions.sign_out(desk.store, person.id, person.generation, person.sid)
    await desk.rights.refresh()
    return gone(desk)


def gone(desk: Desk) -> Response:
    """Back to the sign-in, without the cookie."""
    answer = RedirectResponse("/equipe/connexion", 303)
    answer.delete_cookie(**_cookie(desk))
    return answer


@router.get("/equipe")
async def home(request: Request, desk: DeskDep, _person: Someone, _public: PublicDep) -> Response:
    """The team's home: one card of each service."""
    return desk.pages.render(request, "equipe.html", services=NAMES)


@router.get("/equipe/fragments/programme/home")
async def home_card(request: Request, desk: DeskDep, _person: Someone, public: PublicDep) -> Response:
    """The programme's card on the team's home."""
    release = public.release if public else None
    scheduled = [session for session in release.sessions if session.status == "scheduled"] if release else []
    kinds = {kind.id for kind in release.kinds if kind.tone != "break"} if release else set()
    count = sum(session.kind in kinds for session in scheduled)
    return desk.pages.render(request, "fragment_home.html", release=release, sessions=count)
