"""What the policy says of each guarded route is what happens: it is tried with every role and every scope."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import pytest
from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.programme.domain.tokens import SCOPES
from shared.clock import now
from shared.errors import Forbidden, NotSignedIn
from shared.signing import Claims, Signer, Verifier
from shared.web import staff_cookie_name
from shared.web.gate import Gate
from tests.routes import all_routers
from tests.web.test_policy import DOOR, POLICY

ROUTES = {
    f"{method} {route.path}": route
    for router in all_routers()
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods - {"HEAD"}
    if f"{method} {route.path}" in POLICY and POLICY[f"{method} {route.path}"] != DOOR
}
"""Every guarded route but the door's, whose own tests try desk links."""


def guards(dependant: Dependant) -> list[Callable[[Request], Any]]:
    here = [part.call for part in dependant.dependencies if part.call]
    found = [call for call in here if call.__qualname__.endswith("<locals>.guard")]
    return found + [call for part in dependant.dependencies for call in guards(part)]


def asked(signer: Signer, kind: Literal["staff", "token"], role: str) -> Request:
    """A request with the cookie of a person, or the token of a program, that holds this role alone."""
    word = signer.sign(Claims("a1", kind, "Anna", (role,) if role else (), 1, now() + timedelta(hours=1)))
    app = FastAPI()
    app.state.gate = Gate(Verifier(signer.public))
    cookie, bearer = f"{staff_cookie_name(False)}={word}".encode(), f"Bearer {word}".encode()
    headers = [(b"cookie", cookie)] if kind == "staff" else [(b"authorization", bearer)]
    return Request({"type": "http", "headers": headers, "app": app, "state": {}})


async def opens(route: APIRoute, request: Request) -> bool:
    try:
        for guard in guards(route.dependant):
            await guard(request)
    except (Forbidden, NotSignedIn):
        return False
    return True


def named(policy: str, kind: str) -> set[str]:
    """Whom the policy names of this kind, with `admin`; `staff()` means any account."""
    found = re.search(rf"{kind}\(([^)]*)\)", policy)
    if not found:
        return set()
    return {"admin", *found[1].split(", ")} if found[1] else {*SCOPES, ""}


@pytest.mark.parametrize("name", sorted(ROUTES))
async def test_only_these_roles_open(signer, name):
    opened = {role for role in (*SCOPES, "") if await opens(ROUTES[name], asked(signer, "staff", role))}
    assert opened == named(POLICY[name], "staff")


@pytest.mark.parametrize("name", sorted(ROUTES))
async def test_only_these_scopes_open(signer, name):
    opened = {scope for scope in (*SCOPES, "") if await opens(ROUTES[name], asked(signer, "token", scope))}
    assert opened == named(POLICY[name], "token")
