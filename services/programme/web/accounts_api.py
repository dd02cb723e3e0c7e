"""The JSON API of accounts and tokens, for admins and programs with the scope `admin`."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field

from services.programme.actions import accounts, tokens
from services.programme.credentials import first_password, hash_in_turn, token_word
from services.programme.domain.accounts import LONGEST_EMAIL, Account
from services.programme.domain.tokens import Token
from services.programme.web.context import DeskDep
from services.programme.web.etags import IfMatch, etag, version
from services.programme.web.models import Id, Name
from shared.clock import now
from shared.errors import NotFound
from shared.web import Input, Staff, Words, staff_or_token

router = APIRouter(prefix="/api/programme/v1", tags=["accounts"])

Admin = Annotated[Staff, staff_or_token("admin", "admin")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most")]
Cursor = Annotated[str | None, Query(max_length=400, description="`next` of the page before")]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200, description="The same key, the same token")]
Role = Literal["admin", "registrations", "programme", "messages", "desk", "press"]
Scope = Literal["admin", "registrations", "programme", "messages", "desk", "press", "import"]


class AccountIn(Input):
    """A new account. The answer has its first password."""

    email: Annotated[str, Words(LONGEST_EMAIL)]
    name: Name
    roles: tuple[Role, ...] = Field(max_length=20)


class AccountPatch(Input):
    """What changes; other roles sign the person out."""

    name: Name | None = None
    roles: Annotated[tuple[Role, ...], Field(max_length=20)] | None = None


class TokenIn(Input):
    """A new token, good for so many days. The answer has its word."""

    name: Name
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=20)
    days: int = Field(365, ge=1, le=400)


class AccountOut(BaseModel):
    """Someone of the team. `password` is there once, where one was just made."""

    id: str
    email: str
    name: str
    roles: tuple[str, ...]
    state: Literal["open", "withdrawn"]
    password: str | None = None

    @classmethod
    def of(cls, account: Account, password: str | None = None) -> Self:
        """An account as the API gives it, without hash or history."""
        state: Literal["open", "withdrawn"] = "open" if account.open else "withdrawn"
        shown = {"id": account.id, "email": account.email, "name": account.name, "roles": account.roles}
        return cls.model_validate({**shown, "state": state, "password": password})


class AccountsOut(BaseModel):
    """A page of accounts, by address."""

    items: tuple[AccountOut, ...]
    next: str | None


class TokenOut(BaseModel):
    """A token's right. `token`, the word to send, is there once, where it was just made."""

    id: str
    name: str
    scopes: tuple[str, ...]
    state: str
    made_at: datetime | None
    made_by: str
    expires_at: datetime
    token: str | None = None

    @classmethod
    def of(cls, token: Token, word: str | None = None) -> Self:
        """A token as the API gives it."""
        return cls.model_validate({**vars(token), "state": token.state(now()), "token": word})


class TokensOut(BaseModel):
    """A page of tokens."""

    items: tuple[TokenOut, ...]
    next: str | None


@router.get("/accounts")
async def list_accounts(desk: DeskDep, _admin: Admin, limit: Limit = 100, cursor: Cursor = None) -> AccountsOut:
    """Every account, withdrawn ones too."""
    found = await desk.store.accounts((cursor or "").replace("\0", ""), limit + 1)
    following = found[limit - 1].email if len(found) > limit else None
    return AccountsOut(items=tuple(map(AccountOut.of, found[:limit])), next=following)


@router.post("/accounts", status_code=201)
async def post_account(given: AccountIn, admin: Admin, desk: DeskDep, response: Response) -> AccountOut:
    """Open an account: 201, with its first password; 409 where the address has one."""
    password = first_password()
    account = await accounts.open_account(
        desk.store,
        admin.actor,
        email=given.email,
        name=given.name,
        roles=given.roles,
        password_hash=await hash_in_turn(password),
    )
    return _tagged(response, account, password)


@router.get("/accounts/{id}")
async def get_account(id: Id, desk: DeskDep, _admin: Admin, response: Response) -> AccountOut:
    """One account. Its ETag changes with its rights."""
    return _tagged(response, await _account(desk, id))


@router.patch("/accounts/{id}")
async def patch_account(
    id: Id, given: AccountPatch, admin: Admin, desk: DeskDep, *, response: Response, if_match: IfMatch = None
) -> AccountOut:
    """Give an account another name or other roles; with `If-Match`, only if its rights are still those."""
    known = await _account(desk, id)
    changed = await accounts.correct_account(
        desk.store,
        admin.actor,
        id,
        name=known.name if given.name is None else given.name,
        roles=known.roles if given.roles is None else given.roles,
        expected=known.generation if if_match is None else version(if_match),
    )
    await desk.rights.refresh()
    return _tagged(response, changed)


@router.post("/accounts/{id}/withdraw")
async def withdraw_account(id: Id, desk: DeskDep, admin: Admin, response: Response) -> AccountOut:
    """Close an account at once, in every service, with the tokens and desk links it made. 409 for the last admin."""
    account = await accounts.withdraw_account(desk.store, admin.actor, id)
    await desk.rights.refresh()
    return _tagged(response, account)


@router.post("/accounts/{id}/password")
async def post_password(id: Id, desk: DeskDep, admin: Admin, response: Response) -> AccountOut:
    """Another password, in the answer; every sign-in of the person ends. 409 for a withdrawn account."""
    return await _password(desk, admin, id, response, reopen=False)


@router.post("/accounts/{id}/reopen")
async def reopen_account(id: Id, desk: DeskDep, admin: Admin, response: Response) -> AccountOut:
    """Open a withdrawn account again, with another password, in the answer."""
    return await _password(desk, admin, id, response, reopen=True)


@router.post("/accounts/{id}/sign-out")
async def sign_out_account(id: Id, desk: DeskDep, admin: Admin, response: Response) -> AccountOut:
    """End every sign-in of this person."""
    account = await accounts.leave_everywhere(desk.store, admin.actor, id)
    await desk.rights.refresh()
    return _tagged(response, account)


@router.get("/tokens")
async def list_tokens(desk: DeskDep, _admin: Admin, limit: Limit = 100, cursor: Cursor = None) -> TokensOut:
    """Every token, withdrawn and expired ones too; never their words."""
    found = await desk.store.tokens((cursor or "").replace("\0", "") or None, limit + 1)
    following = found[limit - 1].id if len(found) > limit else None
    return TokensOut(items=tuple(map(TokenOut.of, found[:limit])), next=following)


@router.post("/tokens", status_code=201)
async def post_token(given: TokenIn, admin: Admin, desk: DeskDep, key: Key = None) -> TokenOut:
    """Make a token: 201, with its word. The same `Idempotency-Key` again gives the same one."""
    token = await tokens.create_token(
        desk.store,
        name=given.name,
        scopes=given.scopes,
        life=timedelta(days=given.days),
        actor=admin.actor,
        id=_keyed(admin, key) if key else None,
    )
    return TokenOut.of(token, token_word(desk.signer, token))


@router.get("/tokens/{id}")
async def get_token(id: Id, desk: DeskDep, _admin: Admin) -> TokenOut:
    """One token's right."""
    token = await desk.store.token(id)
    if token is None:
        raise NotFound
    return TokenOut.of(token)


@router.post("/tokens/{id}/withdraw")
async def withdraw_token(id: Id, desk: DeskDep, admin: Admin) -> TokenOut:
    """Close a token at once, in every service."""
    token = await tokens.withdraw_token(desk.store, admin.actor, id)
    await desk.rights.refresh()
    return TokenOut.of(token)


async def _password(desk: DeskDep, admin: Staff, id: str, response: Response, *, reopen: bool) -> AccountOut:
    password = first_password()
    hashed = await hash_in_turn(password)
    account = await accounts.reset_password(desk.store, admin.actor, id, hashed, reopen=reopen)
    await desk.rights.refresh()
    return _tagged(response, account, password)


async def _account(desk: DeskDep, id: str) -> Account:
    account = await desk.store.account(id)
    if account is None:
        raise NotFound
    return account


def _tagged(response: Response, account: Account, password: str | None = None) -> AccountOut:
    response.headers["ETag"] = etag(account.generation)
    response.headers["Cache-Control"] = "no-store"
    return AccountOut.of(account, password)


def _keyed(admin: Staff, key: str) -> str:
    """The id of the token that this key of this caller makes."""
    return f"k{sha256(f'{admin.actor} {key}'.encode()).hexdigest()[:25]}"
