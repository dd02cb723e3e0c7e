"""What only this service does: hashing passwords with argon2id, and signing staff cookies and API tokens."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.programme.domain.accounts import Account, Token
from shared.errors import Busy
from shared.signing import Claims, Signer

COOKIE_LASTS = timedelta(hours=1)
"""A staff cookie is good this long, and renewed while it is in use."""

_hasher = PasswordHasher()
# Each hash takes 64 MiB and a core for about 50 ms: two at a time, so that a flood of sign-ins starves nobody.
_turns = ThreadPoolExecutor(2, "argon2")
_waiting: "set[asyncio.Future[bool]]" = set()
LONGEST_QUEUE = 60
"""Passwords looked at or waiting: about two seconds of work. Beyond, one is asked to come back."""
_NOBODY = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The argon2id hash of a password; takes a while, by design."""
    return _hasher.hash(password)


async def verify_password(known: str | None, password: str) -> bool:
    """Whether the password fits the known hash; without one it works as long and answers no.

    Raises `Busy` when too many wait already: a flood of sign-ins fills neither memory nor the rest of the day.
    """
    if len(_waiting) >= LONGEST_QUEUE:
        raise Busy
    turn = asyncio.get_running_loop().run_in_executor(_turns, _fits, known or _NOBODY, password)
    _waiting.add(turn)
    turn.add_done_callback(_waiting.discard)
    return await turn and known is not None


def _fits(known: str, password: str) -> bool:
    try:
        return _hasher.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


def staff_word(signer: Signer, account: Account, now: datetime) -> str:
    """The value of a staff cookie."""
    return signer.sign(
        Claims(account.id, "staff", account.name, account.roles, account.generation, now + COOKIE_LASTS, account.email)
    )


def token_word(signer: Signer, token: Token) -> str:
    """An API token, to be shown once."""
    return signer.sign(Claims(token.id, "token", token.name, token.scopes, token.generation, token.expires_at))
