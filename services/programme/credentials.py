"""What only this service does: hashing passwords with argon2id, and signing staff cookies and API tokens."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.programme.domain.accounts import COOKIE_LASTS, Account, TooManyTries
from services.programme.domain.tokens import Token
from shared.errors import Busy
from shared.signing import Claims, Signer

R = TypeVar("R")

_hasher = PasswordHasher()
# Each hash takes 64 MiB and a core for about 50 ms: two at a time, so that a flood of sign-ins starves nobody.
_turns = ThreadPoolExecutor(2, "argon2")
_waiting: "set[asyncio.Future[Any]]" = set()
LONGEST_QUEUE = 60
"""Passwords looked at or waiting: about two seconds of work. Beyond, one is asked to come back."""
FROM_ONE_CLIENT = 8
"""Of these, from one address: whoever guesses at many accounts at once leaves room for everybody elsewhere."""
_guessing: Counter[str] = Counter()
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$511Nyl0bpuK7dVIAg0LzZg$n1htjL+eYZENNFmkLkKCkUQRv9LZr01uynlxXGrxJ/c"
"""Of a password that nobody knows, with the hasher's settings. Made here, it would cost each start a sign-in's time."""


def hash_password(password: str) -> str:
    """The argon2id hash of a password; takes a while, by design."""
    return _hasher.hash(password)


@contextmanager
def in_line(client: str) -> Iterator[None]:
    """A place among those whose passwords are looked at; raises `TooManyTries` when this client has its share of them.

    Taken before a guess is counted, so that none is counted which nobody will look at.
    """
    if _guessing[client] >= FROM_ONE_CLIENT:
        raise TooManyTries(seconds=2)
    if len(_waiting) >= LONGEST_QUEUE:
        raise Busy
    _guessing[client] += 1
    try:
        yield
    finally:
        _guessing[client] -= 1
        if not _guessing[client]:
            del _guessing[client]


async def verify_password(known: str | None, password: str) -> bool:
    """Whether the password fits the known hash; without one it works as long and answers no.

    Raises `Busy` when too many wait already: a flood of sign-ins fills neither memory nor the rest of the day.
    """
    return await _in_turn(_fits, known or _NOBODY, password) and known is not None


async def _in_turn(work: Callable[..., R], *given: str) -> R:
    if len(_waiting) >= LONGEST_QUEUE:
        raise Busy
    turn = asyncio.get_running_loop().run_in_executor(_turns, work, *given)
    _waiting.add(turn)
    turn.add_done_callback(_waiting.discard)
    return await turn


def _fits(known: str, password: str) -> bool:
    try:
        return _hasher.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


def first_password() -> str:
    """64 bits in four groups, to be told to somebody, who changes it."""
    return "-".join(secrets.token_hex(2) for _ in range(4))


async def hash_in_turn(password: str) -> str:
    """The argon2id hash of a password, made beside the pages that are being answered; raises `Busy` like a check."""
    return await _in_turn(hash_password, password)


def staff_word(signer: Signer, account: Account, now: datetime, sid: str) -> str:
    """The value of a staff cookie, of the sign-in `sid`."""
    rights = (account.name, account.roles, account.generation)
    return signer.sign(Claims(account.id, "staff", *rights, now + COOKIE_LASTS, account.email, sid))


def token_word(signer: Signer, token: Token) -> str:
    """An API token, to be shown once."""
    return signer.sign(Claims(token.id, "token", token.name, token.scopes, token.generation, token.expires_at))
