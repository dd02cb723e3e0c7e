"""API tokens: keys for programs, good until they expire or are withdrawn."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.programme.domain.accounts import LONGEST_NAME, ROLES, UnknownRole
from shared.errors import Refusal
from shared.events.programme import AccessChanged
from shared.text import checked, is_visible

SCOPES = (*ROLES, "import")
LONGEST = timedelta(days=400)
"""A year, and the weeks in which somebody remembers to make another."""


class TokenNameMissing(Refusal):
    """Without it nobody would know which token to withdraw."""

    code = "token-name-missing"
    status = 422
    text = "Nom : écrivez à quoi servira ce jeton."
    field = "name"


class ScopeMissing(Refusal):
    """A token that opens nothing is a mistake."""

    code = "scope-missing"
    status = 422
    text = "Droits : cochez au moins un droit."
    field = "scopes"


class LifeOutOfRange(Refusal):
    """Tokens end, so that a forgotten one does not stay for ever."""

    code = "life-out-of-range"
    status = 422
    text = "Durée : de 1 à %(most)s jours."
    field = "days"


class TokenMade(Refusal):
    """The same page, or the same key, was sent before and asked for something else."""

    code = "idempotency-key-reused"
    status = 422
    text = "Ce formulaire a déjà fait un autre jeton. Recommencez depuis la liste."


@dataclass(frozen=True)
class Token:
    """A key for programs, good until `expires_at` within its scopes. Raising `generation` withdraws it."""

    id: str
    name: str
    scopes: tuple[str, ...]
    expires_at: datetime
    generation: int = 1
    sequence: int = 0
    """Counts the facts told about this token."""
    made_at: datetime | None = None
    made_by: str = ""
    """Who made it, as the journal names them."""
    withdrawn_at: datetime | None = None

    def state(self, now: datetime) -> str:
        """`open`, `expired` or `withdrawn`."""
        if self.withdrawn_at:
            return "withdrawn"
        return "open" if now < self.expires_at else "expired"


def open_token(id: str, name: str, scopes: tuple[str, ...], life: timedelta, made: tuple[datetime, str]) -> Token:
    """A new token, `made` when and by whom; refuses an unknown scope, no scope, no name, a life that is too long."""
    now, by = made
    said = checked(name, LONGEST_NAME, "name")
    if not is_visible(said):
        raise TokenNameMissing
    if not scopes:
        raise ScopeMissing
    for scope in scopes:
        if scope not in SCOPES:
            raise UnknownRole(role=scope)
    if not timedelta() < life <= LONGEST:
        raise LifeOutOfRange(most=LONGEST.days)
    return Token(id, said, scopes, now + life, made_at=now, made_by=by)


def same(known: Token, asked: Token) -> Token:
    """The token that was made for this question before; refuses when another one was asked for now."""
    if (known.name, known.scopes, known.made_by) != (asked.name, asked.scopes, asked.made_by):
        raise TokenMade
    return known


def handed_out(maker: str, made_by: Callable[[str], Iterable[Token]]) -> Iterator[Token]:
    """Every token that `maker`, as the journal names them, has made, and those that were made with such a token."""
    for token in made_by(maker):
        yield token
        yield from handed_out(f"token:{token.id}", made_by)


def withdraw(token: Token, now: datetime) -> tuple[Token, AccessChanged]:
    """The token opens nothing from now on."""
    changed = replace(token, withdrawn_at=now, generation=token.generation + 1, sequence=token.sequence + 1)
    return changed, AccessChanged(account=token.id, generation=changed.generation)
