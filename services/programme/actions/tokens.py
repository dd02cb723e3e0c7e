"""API tokens: made and withdrawn."""

from datetime import timedelta

from services.programme.domain import tokens
from services.programme.domain.tokens import Token
from services.programme.store import ACCOUNTS, TOKENS, Store, read_token, token_document
from shared.errors import NotFound, NotSignedIn
from shared.ids import new_id
from shared.store import Unit, by_id


async def create_token(
    store: Store,
    *,
    name: str,
    scopes: tuple[str, ...],
    life: timedelta,
    actor: str = "manage",
    id: str | None = None,
) -> Token:
    """Note down a token; `credentials.token_word` makes the word to hand out, which is kept nowhere.

    With an `id`, once for each: the same page sent again finds the token it made; raises `TokenMade` for another.
    Raises `NotSignedIn` when the account that makes it, or the token, was withdrawn at that moment.
    """
    made = id or new_id()

    def decide(unit: Unit) -> Token:
        token = tokens.open_token(made, name, scopes, life, (unit.now, actor))
        if known := unit.get(TOKENS, made):
            return tokens.same(read_token(known), token)
        _meet_withdrawal(unit, actor)
        unit.put(TOKENS, token_document(token))
        unit.audit(actor, "token.open", token.id, ("name", "scopes", "expires_at"))
        return token

    return await store.commit(decide, by_id(TOKENS, made))


def _meet_withdrawal(unit: Unit, actor: str) -> None:
    """Writes the maker's document as it is: who makes a token and who withdraws the maker at once meet there."""
    kind, _, id = actor.partition(":")
    collection = {"staff": ACCOUNTS, "token": TOKENS}.get(kind)
    document = unit.get(collection, id) if collection else None
    if collection and document:
        if document["withdrawn_at"]:
            raise NotSignedIn
        unit.put(collection, document)


async def withdraw_token(store: Store, actor: str, id: str) -> Token:
    """Close a token at once, everywhere. Withdrawn twice is withdrawn the first time. Raises `NotFound`."""

    def decide(unit: Unit) -> Token:
        known = unit.get(TOKENS, id)
        if known is None:
            raise NotFound
        token = read_token(known)
        return token if token.withdrawn_at else _withdraw(unit, token, actor)

    return await store.commit(decide, by_id(TOKENS, id))


def withdraw_handed_out(unit: Unit, maker: str, actor: str) -> list[Token]:
    """Close every open token that `maker` made, and those made with them, in the transaction that closes `maker`.

    Answers those that were open.
    """

    def made_by(one: str) -> list[Token]:
        return [read_token(document) for document in unit.find(TOKENS, "made_by", one)]

    still_open = [token for token in tokens.handed_out(maker, made_by) if token.state(unit.now) == "open"]
    return [_withdraw(unit, token, actor) for token in still_open]


def _withdraw(unit: Unit, token: Token, actor: str) -> Token:
    withdrawn, fact = tokens.withdraw(token, unit.now)
    unit.put(TOKENS, token_document(withdrawn))
    unit.record(fact, withdrawn.sequence)
    unit.audit(actor, "token.withdraw", token.id, ("withdrawn",))
    return withdrawn
