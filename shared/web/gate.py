"""Who may pass: the staff cookie and API tokens, checked here without asking another service.

`admin` passes everywhere. A route without `staff(…)`, `bearer(…)` or `staff_or_token(…)` is public.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import Depends, Request, Security

from shared.clock import now
from shared.errors import Forbidden, NotSignedIn
from shared.signing import Claims, Verifier, Withdrawn

ADMIN = "admin"


@dataclass(frozen=True)
class Staff:
    """The person or program a request speaks for. For a token, `roles` are its scopes."""

    id: str
    name: str
    email: str
    roles: tuple[str, ...]
    kind: Literal["staff", "token"] = "staff"
    generation: int = 1
    sid: str = ""
    """Which of their sign-ins this is."""

    @property
    def actor(self) -> str:
        """How the audit names them."""
        return f"{self.kind}:{self.id}"

    def may(self, *roles: str) -> bool:
        """Whether they hold one of these roles; no role asked means any account."""
        return not roles or ADMIN in self.roles or any(role in self.roles for role in roles)


async def _nothing_withdrawn(_claims: Claims) -> bool:
    return False


@dataclass(frozen=True)
class Gate:
    """What the checks need: the public key, what was withdrawn, and whether cookies travel over HTTPS only."""

    verifier: Verifier
    withdrawn: Withdrawn = _nothing_withdrawn
    https: bool = False

    async def staff(self, request: Request) -> Staff:
        """The signed-in person; raises `NotSignedIn`."""
        return await self._admit(request.cookies.get(staff_cookie_name(self.https), ""), "staff")

    def knows(self, request: Request) -> bool:
        """Whether the cookie was signed by us and holds yet: enough to read what is sent, not to do anything."""
        try:
            return self.verifier.read(request.cookies.get(staff_cookie_name(self.https), ""), now()).kind == "staff"
        except NotSignedIn:
            return False

    async def token(self, request: Request) -> Staff:
        """The program with an API token; raises `NotSignedIn`."""
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise NotSignedIn
        return await self._admit(word.strip(), "token")

    async def _admit(self, word: str, kind: Literal["staff", "token"]) -> Staff:
        claims: Claims = self.verifier.read(word, now())
        if claims.kind != kind or await self.withdrawn(claims):
            raise NotSignedIn
        return Staff(claims.sub, claims.name, claims.email, claims.roles, claims.kind, claims.generation, claims.sid)


def staff_cookie_name(https: bool) -> str:
    """The cookie's name. Over HTTPS the prefix makes browsers refuse it from any other host or path."""
    return "__Host-rencontres_staff" if https else "rencontres_staff"


def staff(*roles: str) -> Any:
    """A dependency: the signed-in person who holds one of `roles` (any account when none is named)."""

    async def guard(request: Request) -> Staff:
        return _remember(request, await request.app.state.gate.staff(request), *roles)

    return Depends(guard)


def bearer(scope: str) -> Any:
    """A dependency: the program whose API token has `scope`."""

    async def guard(request: Request) -> Staff:
        return _remember(request, await request.app.state.gate.token(request), scope)

    return Security(guard, scopes=[scope])


def staff_or_token(roles: tuple[str, ...] | str, scope: str) -> Any:
    """A dependency: either of the two; a token, where there is one, decides alone."""
    return Security(either(roles, scope), scopes=[scope])


def either(roles: tuple[str, ...] | str, scope: str) -> Callable[[Request], Awaitable[Staff]]:
    """The same check for who asks it without FastAPI."""
    allowed = (roles,) if isinstance(roles, str) else roles

    async def guard(request: Request) -> Staff:
        gate: Gate = request.app.state.gate
        if "authorization" in request.headers:
            return _remember(request, await gate.token(request), scope)
        return _remember(request, await gate.staff(request), *allowed)

    return guard


def _remember(request: Request, person: Staff, *roles: str) -> Staff:
    request.state.staff = person
    if not person.may(*roles):
        raise Forbidden
    return person
