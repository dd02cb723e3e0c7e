"""Staff accounts and tokens: opening, changing, signing in."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from hashlib import sha256

from services.programme.domain import accounts
from services.programme.domain.accounts import Account, Token, Tries, WrongCredentials, canonical
from services.programme.store import (
    ACCOUNTS,
    TOKENS,
    TRIES,
    Store,
    account_document,
    read_account,
    read_tries,
    token_document,
    tries_document,
)
from shared.ids import new_id
from shared.store import Unit, by, by_id

Verify = Callable[[str | None, str], Awaitable[bool]]
"""Whether a password fits a hash; without a hash it takes as long and answers no."""


async def create_staff(
    store: Store, *, email: str, name: str, roles: tuple[str, ...], password_hash: str, actor: str = "manage"
) -> Account:
    """Open an account, or give an existing one another name, other roles and another password."""
    fresh = accounts.open_account(new_id(), email, name, roles, password_hash)

    def decide(unit: Unit) -> Account:
        known = unit.find(ACCOUNTS, "email", fresh.email)
        if not known:
            unit.put(ACCOUNTS, account_document(fresh))
            unit.audit(actor, "account.open", fresh.id, ("email", "name", "roles", "password"))
            return fresh
        changed, fact = accounts.change_account(read_account(known[0]), name, roles, password_hash)
        unit.put(ACCOUNTS, account_document(changed))
        unit.record(fact, changed.sequence)
        unit.audit(actor, "account.change", changed.id, ("name", "roles", "password"))
        return changed

    return await store.commit(decide, by(ACCOUNTS, "email", fresh.email))


async def create_token(
    store: Store, *, name: str, scopes: tuple[str, ...], expires_at: datetime, actor: str = "manage"
) -> Token:
    """Note down a token; `credentials.token_word` makes the word to hand out, which is kept nowhere."""
    token = accounts.open_token(new_id(), name, scopes, expires_at)

    def decide(unit: Unit) -> Token:
        unit.put(TOKENS, token_document(token))
        unit.audit(actor, "token.open", token.id, ("name", "scopes", "expires_at"))
        return token

    return await store.commit(decide, by_id(TOKENS, token.id))


async def sign_in(
    store: Store,
    verify: Verify,
    *,
    email: str,
    password: str,
    client: str,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Account:
    """The account these credentials open, after the delay that earlier failures from `client` cost.

    Raises `WrongCredentials`, alike and after as long for an unknown address, or `TooManyTries`.
    """
    place = sha256(f"{client}\0{canonical(email)}".encode()).hexdigest()
    await sleep(await _reserve(store, place))
    account = await store.account_of(canonical(email))
    right = await verify(account.password_hash if account else None, password)

    def decide(unit: Unit) -> bool:
        if account is None or not right:
            unit.audit("-", "sign-in.fail", account.id if account else "-")
            return False
        unit.remove(TRIES, place)
        unit.audit(account.id, "sign-in", account.id)
        return True

    if not await store.commit(decide, by_id(TRIES, place)) or account is None:
        raise WrongCredentials
    return account


async def _reserve(store: Store, place: str) -> float:
    def decide(unit: Unit) -> float:
        document = unit.get(TRIES, place)
        tries, wait = accounts.reserve_try(read_tries(document) if document else Tries(), unit.now)
        unit.put(TRIES, tries_document(place, tries))
        return wait

    return await store.commit(decide, by_id(TRIES, place))


async def sign_out(store: Store, account: str) -> None:
    """Note that someone left; the cookie itself is forgotten by the browser."""

    def decide(unit: Unit) -> None:
        unit.audit(account, "sign-out", account)

    await store.commit(decide)
