"""API tokens: made and withdrawn."""

from datetime import timedelta

from services.programme.domain import tokens
from services.programme.domain.tokens import Token
from services.programme.store import TOKENS, Store, read_token, token_document
from shared.errors import NotFound
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
    """
    made = id or new_id()

    def decide(unit: Unit) -> Token:
        token = tokens.open_token(made, name, scopes, life, (unit.now, actor))
        if known := unit.get(TOKENS, made):
            return tokens.same(read_token(known), token)
        unit.put(TOKENS, token_document(token))
        unit.audit(actor, "token.open", token.id, ("name", "scopes", "expires_at"))
        return token

    return await store.commit(decide, by_id(TOKENS, made))


async def withdraw_token(store: Store, actor: str, id: str) -> Token:
    """Close a token at once, everywhere. Withdrawn twice is withdrawn the first time. Raises `NotFound`."""

    def decide(unit: Unit) -> Token:
        known = unit.get(TOKENS, id)
        if known is None:
            raise NotFound
        token = read_token(known)
        if token.withdrawn_at:
            return token
        withdrawn, fact = tokens.withdraw(token, unit.now)
        unit.put(TOKENS, token_document(withdrawn))
        unit.record(fact, withdrawn.sequence)
        unit.audit(actor, "token.withdraw", id, ("withdrawn",))
        return withdrawn

    return await store.commit(decide, by_id(TOKENS, id))
