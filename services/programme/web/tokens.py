"""`/equipe/comptes/jetons`: keys for programs. For admins. The word itself is shown once and kept nowhere."""

import re
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.programme.actions import tokens as actions
from services.programme.credentials import token_word
from services.programme.domain.tokens import LONGEST, SCOPES, Token
from services.programme.web.context import Desk, DeskDep, PublicDep
from services.programme.web.models import Id
from services.programme.web.rights import Admin, chosen, page, scopes
from shared.clock import now
from shared.errors import NotFound, Refusal
from shared.ids import new_id
from shared.web import Form, language, read_form

router = APIRouter(prefix="/equipe/comptes/jetons", include_in_schema=False)

_ID = re.compile(r"[0-9a-z]{26}")


@router.get("/nouveau")
async def ask_new(request: Request, desk: DeskDep, _admin: Admin, _public: PublicDep) -> Response:
    """The form for a token."""
    return _form(request, desk, {"id": new_id(), "name": "", "scopes": (), "days": str(LONGEST.days)})


@router.post("/nouveau")
async def make(request: Request, desk: DeskDep, admin: Admin, _public: PublicDep) -> Response:
    """Make it, and show its word. The same page sent again makes no second one."""
    typed = _typed(await read_form(request))
    try:
        token = await actions.create_token(
            desk.store,
            name=typed["name"],
            scopes=typed["scopes"],
            life=timedelta(days=int(typed["days"]) if typed["days"].isdecimal() else 0),
            actor=admin.actor,
            id=typed["id"] if _ID.fullmatch(typed["id"]) else new_id(),
        )
    except Refusal as refusal:
        return _form(request, desk, typed, refusal)
    if token.state(now()) != "open":  # withdrawn since: its word would open nothing
        raise NotFound
    return page(request, desk, "equipe_secret.html", account=None, token=token, secret=token_word(desk.signer, token))


@router.get("/{id}/retirer")
async def ask_withdraw(request: Request, id: Id, desk: DeskDep, _admin: Admin, _public: PublicDep) -> Response:
    """Whether this token shall open nothing any more."""
    token = await _token(desk, id)
    return page(request, desk, "equipe_jeton_retirer.html", token=token)


@router.post("/{id}/retirer")
async def withdraw(id: Id, desk: DeskDep, admin: Admin) -> Response:
    """Close the token at once, everywhere."""
    await actions.withdraw_token(desk.store, admin.actor, id)
    await desk.rights.refresh()
    return RedirectResponse("/equipe/comptes?fait=jeton", 303)


def _typed(form: Form) -> dict[str, Any]:
    return {
        "id": form.get("id", "")[:40],
        "name": form.get("name", ""),
        "scopes": chosen(form, "scopes", SCOPES),
        "days": form.get("days", "").strip()[:6],
    }


def _form(request: Request, desk: Desk, typed: dict[str, Any], refusal: Refusal | None = None) -> Response:
    options = scopes(language(request))
    return page(request, desk, "equipe_jeton.html", refusal, typed=typed, options=options, most=LONGEST.days)


async def _token(desk: Desk, id: str) -> Token:
    token = await desk.store.token(id)
    if token is None:
        raise NotFound
    return token
