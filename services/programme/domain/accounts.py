"""Staff accounts, API tokens, and the growing delay between failed sign-ins. Hashes are made elsewhere."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import Refusal
from shared.events.programme import AccessChanged

ROLES = ("admin", "registrations", "programme", "messages", "desk", "press")
SCOPES = (*ROLES, "import")

_FREE_FAILURES = 2
_LONGEST_DELAY = 16.0
_LONGEST_WAIT = 30.0
_FORGET_AFTER = timedelta(hours=1)


class WrongCredentials(Refusal):
    """The same answer for an unknown address and a wrong password."""

    code = "wrong-credentials"
    status = 401
    text = "L’adresse ou le mot de passe ne correspond pas. Vérifiez les deux, puis réessayez."


class TooManyTries(Refusal):
    """Failed attempts came faster than their growing delay allows; the account itself is never locked."""

    code = "too-many-tries"
    status = 429
    text = "Beaucoup d’essais à la suite. Réessayez dans %(seconds)s secondes."


class UnknownRole(Refusal):
    """Roles are a closed list."""

    code = "unknown-role"
    status = 422
    text = "Le rôle %(role)s n’existe pas."


class NotAnAddress(Refusal):
    """A staff account is known by an e-mail address."""

    code = "not-an-address"
    status = 422
    text = "L’adresse électronique %(email)s n’en est pas une."


@dataclass(frozen=True)
class Account:
    """Someone of the team. Raising `generation` withdraws every cookie signed before."""

    id: str
    email: str
    name: str
    roles: tuple[str, ...]
    password_hash: str
    generation: int = 1
    sequence: int = 0
    """Counts the facts told about this account."""


@dataclass(frozen=True)
class Token:
    """A key for programs, good until `expires_at` within its scopes."""

    id: str
    name: str
    scopes: tuple[str, ...]
    expires_at: datetime
    generation: int = 1


@dataclass(frozen=True)
class Tries:
    """Failed sign-ins from one place with one address. `next_at` is when the next one is looked at."""

    failures: int = 0
    next_at: datetime | None = None


def canonical(email: str) -> str:
    """One spelling for an address: without surrounding spaces, in lower case."""
    return email.strip().lower()


def open_account(id: str, email: str, name: str, roles: tuple[str, ...], password_hash: str) -> Account:
    """A new account; refuses an unknown role or an address without its parts."""
    _check_roles(roles)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", canonical(email)):
        raise NotAnAddress(email=email)
    return Account(id=id, email=canonical(email), name=name.strip(), roles=roles, password_hash=password_hash)


def change_account(
    account: Account, name: str, roles: tuple[str, ...], password_hash: str
) -> tuple[Account, AccessChanged]:
    """The account with new rights and password; what was signed for it before is withdrawn."""
    _check_roles(roles)
    changed = replace(
        account,
        name=name.strip(),
        roles=roles,
        password_hash=password_hash,
        generation=account.generation + 1,
        sequence=account.sequence + 1,
    )
    return changed, AccessChanged(account=account.id, generation=changed.generation)


def open_token(id: str, name: str, scopes: tuple[str, ...], expires_at: datetime) -> Token:
    """A new token; refuses an unknown scope."""
    for scope in scopes:
        if scope not in SCOPES:
            raise UnknownRole(role=scope)
    return Token(id=id, name=name, scopes=scopes, expires_at=expires_at)


def reserve_try(tries: Tries, now: datetime) -> tuple[Tries, float]:
    """Count one more try, as failed until it succeeds, and say how many seconds it has to wait.

    The first two failures cost nothing, then 1 s, doubling to 16 s. Tries sent at the same time queue up
    behind each other, so sending many at once gains nothing; beyond 30 s of queue they are refused.
    """
    if tries.next_at is not None and now - tries.next_at > _FORGET_AFTER:
        tries = Tries()
    start = max(now, tries.next_at or now)
    wait = (start - now).total_seconds()
    if wait > _LONGEST_WAIT:
        raise TooManyTries(seconds=round(wait))
    failures = tries.failures + 1
    delay = 0.0 if failures <= _FREE_FAILURES else min(_LONGEST_DELAY, 2.0 ** (failures - _FREE_FAILURES - 1))
    return Tries(failures, start + timedelta(seconds=delay)), wait


def _check_roles(roles: tuple[str, ...]) -> None:
    for role in roles:
        if role not in ROLES:
            raise UnknownRole(role=role)
