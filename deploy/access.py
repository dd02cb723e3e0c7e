"""Opens staff accounts and tokens in the programme service's own database, by its own actions."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from deploy.lost import check_released
from services.programme.actions import accounts, tokens
from services.programme.credentials import hash_password, token_word, verify_password
from services.programme.domain.accounts import Account, canonical
from services.programme.domain.tokens import Token
from services.programme.store import ACCOUNTS, EDITIONS, TOKENS, Store
from shared import mongo
from shared.access import COLLECTION, Access
from shared.clock import now
from shared.errors import NotFound, NotSignedIn
from shared.signing import Signer, Verifier

EVERYTHING = ("admin", "import")


@asynccontextmanager
async def programme_store(environment: Mapping[str, str]) -> AsyncIterator[Store]:
    """Programme's store, as its own environment reaches it. Raises `Missing` while its database is not whole."""
    client = mongo.connect(environment["MONGO_URL"])
    store = Store(client["programme"], "programme")
    try:
        await check_released(store.database)
        yield store
    finally:
        await store.close()
        client.close()


async def open_staff(environment: Mapping[str, str], email: str, name: str, roles: tuple[str, ...], word: str) -> None:
    """Open an account, or change an existing one: `word` is its new password."""
    async with programme_store(environment) as store:
        await accounts.create_staff(store, email=email, name=name, roles=roles, password_hash=hash_password(word))


async def open_token(environment: Mapping[str, str], name: str, scopes: tuple[str, ...], days: int) -> str:
    """A new API token, good for `days`: the word to hand out, kept nowhere else."""
    async with programme_store(environment) as store:
        token = await tokens.create_token(store, name=name, scopes=scopes, life=timedelta(days=days))
        return token_word(Signer(environment["STAFF_PRIVATE_KEY"]), token)


async def list_staff(environment: Mapping[str, str]) -> list[Account]:
    """Every account, by address."""
    async with programme_store(environment) as store:
        return await store.accounts()


async def withdraw_staff(environment: Mapping[str, str], email: str) -> None:
    """Close an account at once; raises `NotFound`, or `LastAdmin`."""
    async with programme_store(environment) as store:
        account = await store.account_of(canonical(email))
        if account is None:
            raise NotFound
        await accounts.withdraw_account(store, "manage", account.id)


async def opens(environment: Mapping[str, str], email: str, word: str) -> bool:
    """Whether somebody may sign in with this address and password."""
    async with programme_store(environment) as store:
        account = await store.account_of(canonical(email))
        return account is not None and account.open and await verify_password(account.password_hash, word)


async def is_good(environment: Mapping[str, str], token: str) -> bool:
    """Whether this API token opens what it is for."""
    try:
        claims = Verifier(environment["STAFF_PUBLIC_KEY"]).read(token, now())
    except NotSignedIn:
        return False
    async with programme_store(environment) as store:
        return not await Access(store, COLLECTION, ACCOUNTS, TOKENS).withdrawn(claims)


async def list_tokens(environment: Mapping[str, str]) -> list[Token]:
    """Every token, by id."""
    async with programme_store(environment) as store:
        return await store.tokens()


async def withdraw_token(environment: Mapping[str, str], id: str) -> None:
    """Close a token at once; raises `NotFound`."""
    async with programme_store(environment) as store:
        await tokens.withdraw_token(store, "manage", id)


async def is_empty(environment: Mapping[str, str]) -> bool:
    """Whether there is neither an edition nor an account yet."""
    async with programme_store(environment) as store:
        counts = [await store.database[name].estimated_document_count() for name in (EDITIONS, ACCOUNTS)]
        return not any(counts)
