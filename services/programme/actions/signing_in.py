"""Signing in and out, and one's own password."""

from collections.abc import Awaitable, Callable

from services.programme.domain import accounts
from services.programme.domain.accounts import PASSWORDS, Account, WrongCredentials, WrongPassword, canonical
from services.programme.store import ACCOUNTS, TRIES, Store, account_document, read_account
from shared import guesses
from shared.errors import NotSignedIn
from shared.store import Unit, by_id

Verify = Callable[[str | None, str], Awaitable[bool]]
"""Whether a password fits a hash; without a hash it takes as long and answers no."""


async def sign_in(store: Store, verify: Verify, *, email: str, password: str, client: str) -> Account:
    """The account these credentials open, once the delay is over that earlier failures from `client` cost.

    Raises `WrongCredentials`, alike and after as long for an unknown address or a withdrawn account, or
    `TooManyTries`.
    """
    place = guesses.place(client, canonical(email))
    await guesses.count(store, TRIES, place, PASSWORDS)
    account = await store.account_of(canonical(email))
    right = await verify(account.password_hash if account and account.open else None, password)

    def decide(unit: Unit) -> bool:
        # looked at again: a password takes a while to check, and the account may have been withdrawn meanwhile
        if account is None or not right or not _same(unit, account):
            unit.audit("-", "sign-in.fail", account.id if account else "-")
            return False
        unit.remove(TRIES, place)
        unit.audit(account.id, "sign-in", account.id)
        return True

    reads = by_id(ACCOUNTS, account.id) if account else by_id(TRIES, place)
    if not await store.commit(decide, by_id(TRIES, place), reads) or account is None:
        raise WrongCredentials
    return account


async def change_password(
    store: Store,
    verify: Verify,
    account: Account,
    *,
    current: str,
    password_hash: Callable[[], Awaitable[str]],
    client: str,
) -> Account:
    """One's own password, for who knows the old one; failures cost the same delay as at the sign-in.

    Raises `WrongPassword`, `TooManyTries`, or `NotSignedIn` when the account was changed meanwhile.
    """
    place = guesses.place(client, account.email)
    await guesses.count(store, TRIES, place, PASSWORDS)
    right = await verify(account.password_hash, current)
    fresh = await password_hash() if right else ""

    def decide(unit: Unit) -> Account | None:
        if not right:
            unit.audit(account.id, "password.fail", account.id)
            return None
        if not _same(unit, account):
            raise NotSignedIn
        unit.remove(TRIES, place)
        changed, fact = accounts.set_password(account, fresh)
        unit.put(ACCOUNTS, account_document(changed))
        unit.record(fact, changed.sequence)
        unit.audit(account.id, "password.change", account.id, ("password",))
        return changed

    changed = await store.commit(decide, by_id(TRIES, place), by_id(ACCOUNTS, account.id))
    if changed is None:
        raise WrongPassword
    return changed


async def sign_out(store: Store, id: str, generation: int, sid: str) -> None:
    """End the sign-in of this cookie: whoever copied it is out too. Other devices stay signed in."""

    def decide(unit: Unit) -> None:
        known = unit.get(ACCOUNTS, id)
        account = read_account(known) if known else None
        if account is None or not account.has(generation, sid):
            return
        left, fact = accounts.leave(account, sid, unit.now)
        unit.put(ACCOUNTS, account_document(left))
        unit.record(fact, left.sequence)
        unit.audit(id, "sign-out", id)

    await store.commit(decide, by_id(ACCOUNTS, id))


def _same(unit: Unit, account: Account) -> bool:
    known = unit.get(ACCOUNTS, account.id)
    return known is not None and read_account(known).generation == account.generation
