"""`/equipe/comptes`: who of the team may sign in, and with which rights. For admins."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.programme.actions import accounts as actions
from services.programme.actions.accounts import AccountChanged
from services.programme.credentials import first_password, hash_in_turn
from services.programme.domain.accounts import ROLES, Account
from services.programme.domain.tokens import handed_out
from services.programme.web.context import Desk, DeskDep, PublicDep
from services.programme.web.models import Id
from services.programme.web.rights import Admin, chosen, page, roles
from shared.clock import now
from shared.errors import NotFound, Refusal
from shared.i18n import N_
from shared.web import language, read_form

router = APIRouter(prefix="/equipe/comptes", include_in_schema=False)

SAID = {
    "change": N_("Le compte est enregistré. Si ses rôles ont changé, la personne se reconnecte."),
    "retrait": N_(
        "Le compte est retiré : ses connexions, ses jetons et ses liens de poste se ferment dans les quatre services."
    ),
    "jeton": N_("Le jeton est retiré : il n’ouvre plus rien dans les quatre services."),
}
"""What was done, when the list is shown again."""


@router.get("")
async def list_all(request: Request, desk: DeskDep, _admin: Admin, _public: PublicDep, fait: str = "") -> Response:
    """Every account, every token."""
    moment = now()
    found = sorted(await desk.store.tokens(), key=lambda token: str(token.made_at), reverse=True)
    tokens = [(token, token.state(moment)) for token in found]
    accounts = await desk.store.accounts()
    done = SAID.get(fait, "")
    return page(request, desk, "equipe_comptes.html", accounts=accounts, tokens=tokens, done=done)


@router.get("/nouveau")
async def ask_new(request: Request, desk: DeskDep, _admin: Admin, _public: PublicDep) -> Response:
    """The form for an account."""
    return _form(request, desk, None, {"email": "", "name": "", "roles": ()})


@router.post("/nouveau")
async def open_new(request: Request, desk: DeskDep, admin: Admin, _public: PublicDep) -> Response:
    """Open it, and show its first password, this once."""
    form = await read_form(request)
    email, name = form.get("email", ""), form.get("name", "")
    wanted = chosen(form, "roles", ROLES)
    password = first_password()
    try:
        hashed = await hash_in_turn(password)
        account = await actions.open_account(
            desk.store, admin.actor, email=email, name=name, roles=wanted, password_hash=hashed
        )
    except Refusal as refusal:
        return _form(request, desk, None, {"email": email, "name": name, "roles": wanted}, refusal)
    return page(request, desk, "equipe_secret.html", account=account, token=None, secret=password)


@router.get("/{id}")
async def show(request: Request, id: Id, desk: DeskDep, _admin: Admin, _public: PublicDep) -> Response:
    """One account, to change."""
    account = await _account(desk, id)
    return _form(request, desk, account, {"email": account.email, "name": account.name, "roles": account.roles})


@router.post("/{id}")
async def correct(request: Request, id: Id, desk: DeskDep, admin: Admin, _public: PublicDep) -> Response:
    """Give it another name, other roles; shown again if somebody changed it meanwhile."""
    form = await read_form(request)
    account = await _account(desk, id)
    name, wanted = form.get("name", ""), chosen(form, "roles", ROLES)
    read = form.get("version", "")[:9]
    try:
        await actions.correct_account(
            desk.store, admin.actor, id, name=name, roles=wanted, expected=int(read) if read.isdecimal() else 0
        )
    except AccountChanged as refusal:
        account = await _account(desk, id)
        now_is = {"email": account.email, "name": account.name, "roles": account.roles}
        return _form(request, desk, account, now_is, refusal)
    except Refusal as refusal:
        return _form(request, desk, account, {"email": account.email, "name": name, "roles": wanted}, refusal)
    await desk.rights.refresh()
    return RedirectResponse("/equipe/comptes?fait=change", 303)


@router.get("/{id}/retirer")
async def ask_withdraw(request: Request, id: Id, desk: DeskDep, _admin: Admin, _public: PublicDep) -> Response:
    """Whether this person shall be out, and what will come of it."""
    return await _asked(request, desk, id)


@router.post("/{id}/retirer")
async def withdraw(request: Request, id: Id, desk: DeskDep, admin: Admin, _public: PublicDep) -> Response:
    """Close the account at once, everywhere."""
    try:
        await actions.withdraw_account(desk.store, admin.actor, id)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _asked(request, desk, id, refusal)
    await desk.rights.refresh()
    return RedirectResponse("/equipe/comptes?fait=retrait", 303)


@router.get("/{id}/mot-de-passe")
async def ask_password(request: Request, id: Id, desk: DeskDep, _admin: Admin, _public: PublicDep) -> Response:
    """Whether this person shall have another password; a withdrawn account is opened again by it."""
    return page(request, desk, "equipe_compte_mot_de_passe.html", account=await _account(desk, id))


@router.post("/{id}/mot-de-passe")
async def reset(request: Request, id: Id, desk: DeskDep, admin: Admin, _public: PublicDep) -> Response:
    """Another password, shown this once."""
    form = await read_form(request)
    password = first_password()
    reopen = form.get("rouvrir", "") == "oui"
    try:
        account = await actions.reset_password(desk.store, admin.actor, id, await hash_in_turn(password), reopen=reopen)
    except NotFound:
        raise
    except Refusal as refusal:
        return page(request, desk, "equipe_compte_mot_de_passe.html", refusal, account=await _account(desk, id))
    await desk.rights.refresh()
    return page(request, desk, "equipe_secret.html", account=account, token=None, secret=password)


async def _asked(request: Request, desk: Desk, id: str, refusal: Refusal | None = None) -> Response:
    account, found, moment = await _account(desk, id), await desk.store.tokens(), now()
    made = handed_out(f"staff:{id}", lambda maker: [token for token in found if token.made_by == maker])
    tokens = [token for token in made if token.state(moment) == "open"]
    return page(request, desk, "equipe_compte_retirer.html", refusal, account=account, tokens=tokens)


def _form(
    request: Request, desk: Desk, account: Account | None, typed: Mapping[str, object], refusal: Refusal | None = None
) -> Response:
    options = roles(language(request))
    return page(request, desk, "equipe_compte.html", refusal, account=account, typed=typed, options=options)


async def _account(desk: Desk, id: str) -> Account:
    account = await desk.store.account(id)
    if account is None:
        raise NotFound
    return account
