"""Accounts and tokens on the real database: each change told once, in the journal once, and the last admin stays."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from services.programme import credentials
from services.programme.actions import accounts, signing_in, tokens
from services.programme.actions.accounts import AccountChanged
from services.programme.domain.accounts import (
    Account,
    AccountExists,
    AccountWithdrawn,
    LastAdmin,
    TooManyTries,
    WrongCredentials,
    WrongPassword,
)
from services.programme.domain.tokens import Token
from services.programme.store import ACCOUNTS, TOKENS, Store
from shared.access import Access
from shared.errors import NotFound, NotSignedIn
from shared.signing import Claims
from tests.programme.conftest import HASH, PASSWORD
from tests.programme.factories import NOW

DAY = timedelta(days=1)


@pytest.fixture
async def ines(store: Store) -> Account:
    """The only admin."""
    return await an_account(store, "ines@example.org", "admin")


@pytest.fixture
async def paul(store: Store) -> Account:
    return await an_account(store, "paul@example.org", "desk")


@pytest.fixture
async def other(store: Store) -> AsyncIterator[Store]:
    """Another process on the same database."""
    made = Store(store.database, "programme")
    yield made
    await made.close()


async def an_account(store: Store, email: str, *roles: str) -> Account:
    return await accounts.open_account(
        store, "staff:root", email=email, name=email.split("@", maxsplit=1)[0], roles=roles, password_hash=HASH
    )


async def at_once(known: str | None, password: str) -> bool:
    return known is not None and password == PASSWORD


async def enter(store: Store, email: str) -> Account:
    asked = {"email": email, "password": PASSWORD, "client": "127.0.0.1"}
    return await signing_in.sign_in(store, at_once, **asked)


async def journal(store: Store, subject: str) -> list[tuple[str, str, list[str]]]:
    found = await store.database["audit"].find({"subject": subject}).sort("_id", 1).to_list(None)
    return [(entry["actor"], entry["action"], entry["fields"]) for entry in found]


async def told(store: Store, subject: str) -> list[dict[str, Any]]:
    return await store.database["outbox"].find({"aggregate": subject}).sort("sequence", 1).to_list(None)


async def test_withdrawn_account_signs_nobody_in_and_is_told_and_noted_once(store: Store, ines: Account, paul: Account):
    for _ in range(2):
        await accounts.withdraw_account(store, "staff:ines", paul.id)
    with pytest.raises(WrongCredentials):
        await enter(store, "paul@example.org")
    assert [entry["sequence"] for entry in await told(store, paul.id)] == [1]
    assert (await journal(store, paul.id))[:2] == [
        ("staff:root", "account.open", ["email", "name", "roles", "password"]),
        ("staff:ines", "account.withdraw", ["withdrawn"]),
    ]


async def a_token(store: Store, actor: str) -> Token:
    return await tokens.create_token(store, name="export", scopes=("desk",), life=DAY, actor=actor)


async def test_tokens_that_a_withdrawn_account_made_end_with_it(store: Store, ines: Account, paul: Account):
    own = await a_token(store, f"staff:{paul.id}")
    of_own = await a_token(store, f"token:{own.id}")
    of_ines, before = await a_token(store, f"staff:{ines.id}"), await a_token(store, f"staff:{paul.id}")
    await tokens.withdraw_token(store, "staff:ines", before.id)
    for _ in range(2):
        await accounts.withdraw_account(store, "staff:ines", paul.id)
    now_is = {one.id: one.withdrawn_at is None for one in await store.tokens()}
    assert now_is == {own.id: False, of_own.id: False, before.id: False, of_ines.id: True}
    for one in (own, of_own, before):
        assert [entry["sequence"] for entry in await told(store, one.id)] == [1]
        assert (await journal(store, one.id))[1:] == [("staff:ines", "token.withdraw", ["withdrawn"])]
    access = Access(store, ACCOUNTS, TOKENS)
    assert await access.withdrawn(Claims(of_own.id, "token", "", (), of_own.generation, NOW))


@pytest.mark.parametrize("maker", ["account", "token"])
async def test_token_made_while_its_maker_is_withdrawn_ends_or_is_refused(
    store: Store, other: Store, ines: Account, paul: Account, monkeypatch: pytest.MonkeyPatch, maker: str
):
    """Both have read the same state; who writes last meets the other."""
    actor = f"staff:{paul.id}" if maker == "account" else f"token:{(await a_token(store, f'staff:{paul.id}')).id}"
    write, withdrawn = store._flush, []

    async def late(*about: Any) -> None:
        if not withdrawn:
            withdrawn.append(await accounts.withdraw_account(other, "staff:ines", paul.id))
        await write(*about)

    with monkeypatch.context() as patch:
        patch.setattr(store, "_flush", late)
        with pytest.raises(NotSignedIn):
            await a_token(store, actor)
    assert all(one.withdrawn_at for one in await store.tokens())


async def test_withdrawal_is_told_for_good_and_a_new_password_is_none(store: Store, ines: Account, paul: Account):
    await accounts.reset_password(store, "staff:ines", paul.id, HASH)
    await accounts.withdraw_account(store, "staff:ines", paul.id)
    await accounts.reset_password(store, "staff:ines", paul.id, HASH, reopen=True)
    bodies = [json.loads(entry["body"]) for entry in await told(store, paul.id)]
    assert [(body["generation"], body["disowned"]) for body in bodies] == [(2, 0), (3, 3), (4, 3)]


async def test_withdrawn_account_is_opened_again_with_a_new_password(store: Store, ines: Account, paul: Account):
    await accounts.withdraw_account(store, "staff:ines", paul.id)
    with pytest.raises(AccountWithdrawn):
        await accounts.reset_password(store, "staff:ines", paul.id, HASH)
    again = await accounts.reset_password(store, "staff:ines", paul.id, credentials.hash_password("x"), reopen=True)
    assert (again.open, again.generation) == (True, 3)
    assert (await journal(store, paul.id))[-1] == ("staff:ines", "account.reopen", ["password", "withdrawn"])


async def test_account_withdrawn_while_its_password_is_looked_at_opens_nothing(
    store: Store, ines: Account, paul: Account
):
    async def slow(known: str | None, password: str) -> bool:
        await accounts.withdraw_account(store, "staff:ines", paul.id)
        return await at_once(known, password)

    asked = {"email": "paul@example.org", "password": PASSWORD, "client": "c"}
    with pytest.raises(WrongCredentials):
        await signing_in.sign_in(store, slow, **asked)


async def test_other_roles_are_noted_and_the_same_again_is_nothing(store: Store, paul: Account):
    for _ in range(2):
        await accounts.correct_account(store, "staff:ines", paul.id, name="paul", roles=("press",))
    assert (await journal(store, paul.id))[1:] == [("staff:ines", "account.change", ["roles"])]
    assert len(await told(store, paul.id)) == 1


async def test_rights_read_before_somebody_changed_them_are_not_given_back(store: Store, paul: Account):
    await accounts.correct_account(store, "staff:ines", paul.id, name="paul", roles=("press",), expected=1)
    with pytest.raises(AccountChanged):
        await accounts.correct_account(store, "staff:max", paul.id, name="Paul", roles=("desk",), expected=1)


async def test_address_has_one_account(store: Store, paul: Account):
    with pytest.raises(AccountExists):
        await an_account(store, " PAUL@example.org", "admin")


@pytest.mark.parametrize("act", ["withdraw", "roles", "manage"])
async def test_last_open_admin_stays(store: Store, ines: Account, act: str):
    gone = await an_account(store, "left@example.org", "admin")
    await accounts.withdraw_account(store, "staff:ines", gone.id)
    acts = {
        "withdraw": lambda: accounts.withdraw_account(store, "staff:ines", ines.id),
        "roles": lambda: accounts.correct_account(store, "staff:ines", ines.id, name="Inès", roles=("desk",)),
        "manage": lambda: accounts.create_staff(
            store, email=ines.email, name="Inès", roles=("desk",), password_hash=HASH
        ),
    }
    with pytest.raises(LastAdmin):
        await acts[act]()
    assert (await store.account(ines.id)) == ines


async def test_two_admins_who_withdraw_each_other_at_once_leave_one(store: Store, other: Store, ines: Account):
    for number in range(8):
        max_ = await an_account(store, f"max{number}@example.org", "admin")
        outcomes = await asyncio.gather(
            accounts.withdraw_account(store, "staff:ines", max_.id),
            accounts.withdraw_account(other, "staff:max", ines.id),
            return_exceptions=True,
        )
        assert sorted(type(one).__name__ for one in outcomes) == ["Account", "LastAdmin"]
        assert await store.database[ACCOUNTS].count_documents({"roles": "admin", "withdrawn_at": None}) == 1
        await accounts.reset_password(store, "manage", ines.id, HASH, reopen=True)
        await accounts.withdraw_account(store, "manage", max_.id)


async def test_unknown_account_and_token_are_not_found(store: Store):
    for act in (accounts.withdraw_account, accounts.leave_everywhere, tokens.withdraw_token):
        with pytest.raises(NotFound):
            await act(store, "staff:ines", "nobody")


def change(store: Store, account: Account, current: str):
    async def fresh() -> str:
        return HASH

    return signing_in.change_password(store, at_once, account, current=current, password_hash=fresh, client="c")


async def test_own_password_asks_for_the_old_one_and_withdraws_every_cookie(store: Store, paul: Account):
    with pytest.raises(WrongPassword):
        await change(store, paul, "autre")
    changed = await change(store, paul, PASSWORD)
    assert (changed.generation, [one["sequence"] for one in await told(store, paul.id)]) == (2, [1])
    assert (await journal(store, paul.id))[1:] == [
        (paul.id, "password.fail", []),
        (paul.id, "password.change", ["password"]),
    ]


async def test_own_password_is_not_changed_by_a_cookie_that_was_withdrawn_meanwhile(
    store: Store, ines: Account, paul: Account
):
    await accounts.withdraw_account(store, "staff:ines", paul.id)
    with pytest.raises(NotSignedIn):
        await change(store, paul, PASSWORD)


async def test_guesses_at_the_old_password_cost_the_delay_of_the_sign_in(store: Store, paul: Account):
    for _ in range(3):
        with pytest.raises(WrongPassword):
            await change(store, paul, "autre")
    for again in (
        change(store, paul, PASSWORD),
        signing_in.sign_in(store, at_once, email=paul.email, password=PASSWORD, client="c"),
    ):
        with pytest.raises(TooManyTries) as refused:
            await again
        assert refused.value.retry_after == 2


async def test_left_sign_in_is_told_and_another_device_stays(store: Store, paul: Account):
    for _ in range(2):
        await signing_in.sign_out(store, paul.id, 1, "phone")
    rights = Access(store, ACCOUNTS)
    signed = {sid: Claims(paul.id, "staff", "Paul", ("desk",), 1, NOW, sid=sid) for sid in ("phone", "desk")}
    assert [await rights.withdrawn(signed[sid]) for sid in ("phone", "desk")] == [True, False]
    assert [one["sequence"] for one in await told(store, paul.id)] == [1]
    assert (await journal(store, paul.id))[1:] == [(paul.id, "sign-out", [])]


async def test_leaving_everywhere_withdraws_every_sign_in(store: Store, paul: Account):
    changed = await accounts.leave_everywhere(store, f"staff:{paul.id}", paul.id)
    assert changed.generation == 2
    assert (await journal(store, paul.id))[-1] == (f"staff:{paul.id}", "sign-out.everywhere", [])


async def test_token_is_made_once_for_each_page_and_withdrawn_once(store: Store):
    made = [
        await tokens.create_token(store, name="scan", scopes=("desk",), life=DAY, actor="staff:ines", id="t1")
        for _ in range(2)
    ]
    assert made[0] == made[1]
    for _ in range(2):
        await tokens.withdraw_token(store, "staff:ines", "t1")
    token = await store.token("t1")
    assert token is not None
    assert (token.generation, token.made_by) == (2, "staff:ines")
    assert [one["sequence"] for one in await told(store, "t1")] == [1]
    assert [action for _, action, _ in await journal(store, "t1")] == ["token.open", "token.withdraw"]


async def test_lists_give_accounts_by_address_and_the_newest_token_first(store: Store, ines: Account, paul: Account):
    made = [await tokens.create_token(store, name=str(n), scopes=("desk",), life=DAY, id=f"t{n}") for n in range(3)]
    assert [one.id for one in await store.accounts()] == [ines.id, paul.id]
    assert [one.id for one in await store.accounts(ines.email, 1)] == [paul.id]
    assert await store.tokens() == made[::-1]
    assert await store.tokens("t2", 1) == [made[1]]
