"""Staff accounts: opened, changed, withdrawn, opened again; every change is in the journal once."""

from collections.abc import Callable
from datetime import datetime

from services.programme.actions.tokens import withdraw_handed_out
from services.programme.domain import accounts
from services.programme.domain.accounts import Account, AccountExists, AccountWithdrawn, LastAdmin
from services.programme.store import ACCOUNTS, Store, account_document, read_account
from shared.errors import NotFound, Refusal
from shared.events.programme import AccessChanged
from shared.ids import new_id
from shared.store import Unit, by, by_id

Change = Callable[[Account, datetime], tuple[Account, AccessChanged | None]]

_SHOWN = {"name": "name", "roles": "roles", "password_hash": "password", "withdrawn_at": "withdrawn"}
"""What the journal calls the fields of an account."""


class AccountChanged(Refusal):
    """Somebody gave it other rights after it was read."""

    code = "account-changed"
    status = 412
    text = "Ce compte a changé depuis que vous l’avez lu. Le voici tel qu’il est maintenant."


async def create_staff(
    store: Store, *, email: str, name: str, roles: tuple[str, ...], password_hash: str, actor: str = "manage"
) -> Account:
    """Open an account, or give an existing one another name, other roles and another password."""
    fresh = accounts.open_account(new_id(), email, name, roles, password_hash)
    admins = await store.admins()

    def decide(unit: Unit) -> Account:
        known = unit.find(ACCOUNTS, "email", fresh.email)
        if not known:
            return _open(unit, fresh, actor)
        account = read_account(known[0])
        changed = accounts.change_account(account, name, roles, password_hash)
        return _change(unit, account, changed, admins, (actor, "account.change"))

    return await store.commit(decide, by(ACCOUNTS, "email", fresh.email), by_id(ACCOUNTS, *admins))


async def open_account(
    store: Store, actor: str, *, email: str, name: str, roles: tuple[str, ...], password_hash: str
) -> Account:
    """Open an account. Raises `AccountExists` where there is one for this address."""
    fresh = accounts.open_account(new_id(), email, name, roles, password_hash)

    def decide(unit: Unit) -> Account:
        if unit.find(ACCOUNTS, "email", fresh.email):
            raise AccountExists(email=fresh.email)
        return _open(unit, fresh, actor)

    return await store.commit(decide, by(ACCOUNTS, "email", fresh.email))


async def correct_account(
    store: Store, actor: str, id: str, *, name: str, roles: tuple[str, ...], expected: int | None = None
) -> Account:
    """Another name, other roles. `expected` is the generation that was read; raises `AccountChanged` for another."""

    def change(account: Account, _now: datetime) -> tuple[Account, AccessChanged | None]:
        if expected not in {None, account.generation}:
            raise AccountChanged
        return accounts.correct(account, name, roles)

    return await _act(store, id, change, (actor, "account.change"))


async def withdraw_account(store: Store, actor: str, id: str) -> Account:
    """Close an account at once, everywhere, with the tokens it made and the desk links it handed out.

    Withdrawn twice is withdrawn the first time.
    """

    def change(account: Account, now: datetime) -> tuple[Account, AccessChanged | None]:
        return accounts.withdraw(account, now) if account.open else (account, None)

    return await _act(store, id, change, (actor, "account.withdraw"))


async def reset_password(store: Store, actor: str, id: str, password_hash: str, *, reopen: bool = False) -> Account:
    """Another password, told to the person by whoever resets it. A withdrawn account asks for `reopen`."""

    def change(account: Account, _now: datetime) -> tuple[Account, AccessChanged | None]:
        if not account.open and not reopen:
            raise AccountWithdrawn
        return accounts.set_password(account, password_hash)

    return await _act(store, id, change, (actor, "account.reopen" if reopen else "account.password"))


async def leave_everywhere(store: Store, actor: str, id: str) -> Account:
    """End every sign-in of this person."""

    def change(account: Account, _now: datetime) -> tuple[Account, AccessChanged | None]:
        return accounts.leave_everywhere(account)

    return await _act(store, id, change, (actor, "sign-out.everywhere"))


async def _act(store: Store, id: str, change: Change, by_whom: tuple[str, str]) -> Account:
    admins = await store.admins()

    def decide(unit: Unit) -> Account:
        known = unit.get(ACCOUNTS, id)
        if known is None:
            raise NotFound
        account = read_account(known)
        return _change(unit, account, change(account, unit.now), admins, by_whom)

    return await store.commit(decide, by_id(ACCOUNTS, id, *admins))


def _open(unit: Unit, account: Account, actor: str) -> Account:
    unit.put(ACCOUNTS, account_document(account))
    unit.audit(actor, "account.open", account.id, ("email", "name", "roles", "password"))
    return account


def _change(
    unit: Unit,
    account: Account,
    outcome: tuple[Account, AccessChanged | None],
    admins: tuple[str, ...],
    by_whom: tuple[str, str],
) -> Account:
    changed, fact = outcome
    if changed == account:
        return account
    if account.rules and not changed.rules:
        _keep_an_admin(unit, account, admins)
    if account.open and not changed.open:
        withdraw_handed_out(unit, f"staff:{account.id}", by_whom[0])
    unit.put(ACCOUNTS, account_document(changed))
    if fact:
        unit.record(fact, changed.sequence)
    fields = [shown for name, shown in _SHOWN.items() if getattr(account, name) != getattr(changed, name)]
    unit.audit(*by_whom, account.id, fields)
    return changed


def _keep_an_admin(unit: Unit, account: Account, admins: tuple[str, ...]) -> None:
    """Writes another admin's document as it is: two who withdraw each other at once meet there, and one is refused."""
    for id in admins:
        document = unit.get(ACCOUNTS, id)
        if id != account.id and document and read_account(document).rules:
            unit.put(ACCOUNTS, document)
            return
    raise LastAdmin
