"""`/equipe/mon-compte`: one's own name, roles and password, for everybody of the team."""

from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.programme.actions import accounts, signing_in
from services.programme.credentials import hash_in_turn, in_line, verify_password
from services.programme.domain.accounts import Account, check_password
from services.programme.web.console import Someone, give_cookie, gone
from services.programme.web.context import Desk, DeskDep, PublicDep
from services.programme.web.rights import page
from shared.errors import NotSignedIn, Refusal
from shared.ids import new_id
from shared.web import Staff, client_address, read_form

router = APIRouter(prefix="/equipe/mon-compte", include_in_schema=False)


@router.get("")
async def show(request: Request, desk: DeskDep, person: Someone, _public: PublicDep, fait: str = "") -> Response:
    """Who one is here, and the form for another password."""
    account = await _account(desk, person)
    return page(request, desk, "equipe_mon_compte.html", account=account, done=fait == "mot-de-passe")


@router.post("")
async def change_password(request: Request, desk: DeskDep, person: Someone, _public: PublicDep) -> Response:
    """Another password: every other device is signed out, this one stays."""
    form = await read_form(request)
    account = await _account(desk, person)
    password, client = form.get("password", ""), client_address(request)
    try:
        check_password(password, form.get("again", ""))
        with in_line(client):
            changed = await signing_in.change_password(
                desk.store,
                verify_password,
                account,
                current=form.get("current", "")[:1000],
                password_hash=partial(hash_in_turn, password),
                client=client,
            )
    except NotSignedIn:
        raise
    except Refusal as refusal:
        return page(request, desk, "equipe_mon_compte.html", refusal, account=account, done=False)
    await desk.rights.refresh()
    answer = RedirectResponse("/equipe/mon-compte?fait=mot-de-passe", 303)
    give_cookie(desk, answer, changed, new_id())
    return answer


@router.post("/deconnexion")
async def leave_everywhere(desk: DeskDep, person: Someone) -> Response:
    """End every sign-in of this person, this one too."""
    await accounts.leave_everywhere(desk.store, person.actor, person.id)
    await desk.rights.refresh()
    return gone(desk)


async def _account(desk: Desk, person: Staff) -> Account:
    account = await desk.store.account(person.id)
    if account is None or not account.has(person.generation, person.sid):
        raise NotSignedIn
    return account
