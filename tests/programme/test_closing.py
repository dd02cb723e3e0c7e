"""After a restore, accounts and tokens that were withdrawn or changed since are closed again, and told."""

from datetime import timedelta

from services.programme.actions import accounts, closing, tokens
from services.programme.actions.closing import Known
from services.programme.domain.accounts import Account
from services.programme.domain.tokens import Token
from services.programme.store import Store
from shared.access import COLLECTION
from shared.events.programme import AccessChanged
from tests.programme.conftest import HASH


async def an_account(store: Store) -> Account:
    return await accounts.open_account(
        store, "staff:root", email="ines@example.org", name="Inès", roles=("admin",), password_hash=HASH
    )


async def a_token(store: Store, actor: str = "manage") -> Token:
    return await tokens.create_token(store, name="sono", scopes=("desk",), life=timedelta(days=1), actor=actor)


async def told(store: Store) -> list[str]:
    return sorted([one["key"] async for one in store.database["outbox"].find()])


async def test_an_account_that_was_changed_since_is_closed_beyond_every_generation_that_was_given(store: Store):
    """Also the last admin: the operator opens it again, with a new password."""
    account = await an_account(store)

    assert await closing.close_again(store, "manage", account.id, Known(4)) == [account.email]

    after = await store.account(account.id)
    assert after
    assert (after.open, after.generation, after.sequence) == (False, 5, 1)
    assert await told(store) == [account.id]
    assert await closing.close_again(store, "manage", account.id, Known(4)) == []


async def test_what_an_account_had_handed_out_is_closed_with_it(store: Store):
    account = await an_account(store)
    token = await a_token(store, f"staff:{account.id}")

    assert await closing.close_again(store, "manage", account.id, Known(2)) == [account.email, token.name]

    after = await store.account(account.id), await store.token(token.id)
    assert after[0]
    assert after[1]
    assert (after[0].disowned, bool(after[1].withdrawn_at)) == (3, True)
    assert await told(store) == sorted([account.id, token.id])


async def test_an_account_and_a_token_of_which_nothing_new_was_known_stay_open(store: Store):
    account, token = await an_account(store), await a_token(store)

    for id in (account.id, token.id):
        assert await closing.close_again(store, "manage", id, Known(1)) == []

    assert await store.account(account.id) == account
    assert await store.token(token.id) == token
    assert await told(store) == []


async def test_a_sign_in_that_was_left_since_ends_the_others_and_the_account_stays_open(store: Store):
    account = await an_account(store)

    assert await closing.close_again(store, "manage", account.id, Known(1, frozenset({"phone"}))) == []

    after = await store.account(account.id)
    assert after
    assert (after.open, after.has(1, "phone"), after.generation) == (True, False, 2)


async def test_a_token_that_was_withdrawn_since_is_closed_again(store: Store):
    token = await a_token(store)

    assert await closing.close_again(store, "manage", token.id, Known(2)) == ["sono"]

    after = await store.token(token.id)
    assert after
    assert (bool(after.withdrawn_at), after.generation) == (True, 3)
    assert await told(store) == [token.id]


async def test_what_the_backup_does_not_know_opens_nothing_nor_what_it_handed_out_and_that_is_told(store: Store):
    """It may be an account whose desk links badges remembers."""
    assert await closing.close_again(store, "manage", "t9", Known(1)) == ["t9"]

    kept = await store.database[COLLECTION].find_one({"_id": "t9"})
    assert kept
    assert (kept["generation"], await told(store)) == (2, ["t9"])
    fact = AccessChanged.model_validate_json((await store.database["outbox"].find_one())["body"])
    assert (kept["disowned"], fact.disowned) == (2, 2)
    assert await closing.close_again(store, "manage", "t9", Known(2)) == []
    journal = [(one["actor"], one["action"], one["subject"]) async for one in store.database["audit"].find()]
    assert journal == [("manage", "access.close", "t9")]
