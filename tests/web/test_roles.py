"""Which role and which scope opens which route: every guarded route of every service, tried with each of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import pytest
from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.programme.domain.accounts import ROLES, SCOPES
from shared.clock import now
from shared.errors import Forbidden, NotSignedIn
from shared.signing import Claims, Signer, Verifier
from shared.web import staff_cookie_name
from shared.web.gate import Gate
from tests.web.test_policy import PUBLIC, _routers

ALL = {role for role in ROLES if role != "admin"}

PEOPLE: dict[str, set[str]] = {
    "GET /accueil": {"desk"},
    "POST /accueil": {"desk"},
    "GET /equipe": ALL,
    "GET /equipe/badges": {"desk", "registrations"},
    "GET /equipe/fragments/badges/home": ALL,
    "GET /equipe/fragments/badges/person/{registration}": {"desk", "registrations"},
    "GET /equipe/fragments/notifications/home": ALL,
    "GET /equipe/fragments/notifications/person/{registration}": {"messages", "registrations"},
    "GET /equipe/fragments/programme/home": ALL,
    "GET /equipe/fragments/registration/home": ALL,
    "GET /equipe/fragments/registration/person/{id}": {"registrations"},
    "GET /equipe/inscriptions": {"registrations"},
    "GET /equipe/inscriptions/{id}": {"registrations"},
    "GET /equipe/inscriptions/{id}/modifier": {"registrations"},
    "POST /equipe/inscriptions/{id}/modifier": {"registrations"},
    "GET /equipe/inscriptions/{id}/transmettre": {"registrations"},
    "POST /equipe/inscriptions/{id}/transmettre": {"registrations"},
    "GET /equipe/inscriptions/nouvelle": {"registrations", "desk"},
    "POST /equipe/inscriptions/nouvelle": {"registrations", "desk"},
    "GET /equipe/inscriptions/{id}/arrivee": {"registrations", "desk"},
    "GET /equipe/fragments/registration/badge/{id}": {"registrations", "desk"},
    "GET /equipe/inscriptions/{id}/annuler": {"registrations"},
    "POST /equipe/inscriptions/{id}/annuler": {"registrations"},
    "GET /equipe/messages": {"messages"},
    "GET /equipe/messages/{id}": {"messages"},
    "GET /equipe/messages/{id}/apercu": {"messages"},
    "POST /equipe/messages/{id}/renvoi": {"messages"},
    "GET /equipe/programme": ALL,
    "GET /equipe/sante": ALL,
    "POST /equipe/deconnexion": ALL,
    "POST /equipe/renouvellement": ALL,
}
"""Pages, with the roles that open them besides `admin`. A token opens none."""

ALIKE: dict[str, set[str]] = {
    "GET /api/badges/v1/attendance": {"desk"},
    "GET /api/badges/v1/badges": {"desk"},
    "POST /api/badges/v1/check-ins": {"desk"},
    "GET /api/notifications/v1/deliveries": {"messages"},
    "GET /api/notifications/v1/deliveries/{id}": {"messages"},
    "POST /api/notifications/v1/deliveries/{id}/retry": {"messages"},
    "GET /api/programme/v1/editions/{edition}/draft": {"programme"},
    "PUT /api/programme/v1/editions/{edition}": {"programme"},
    "POST /api/programme/v1/releases": {"programme"},
    "GET /api/registration/v1/registrations": {"registrations"},
    "GET /api/registration/v1/registrations/{id}": {"registrations"},
    "PATCH /api/registration/v1/registrations/{id}": {"registrations"},
    "POST /api/registration/v1/registrations/{id}/cancel": {"registrations"},
}
"""What people and programs may ask: the role, and the scope of the same name."""

PROGRAMS: dict[str, set[str]] = {"PUT /api/registration/v1/editions/{id}": set()}
"""For tokens alone."""

ROUTES = {
    f"{method} {route.path}": route
    for router in _routers()
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods - {"HEAD"}
    if f"{method} {route.path}" not in PUBLIC
}


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


def test_every_guarded_route_stands_in_the_table():
    assert set(ROUTES) == {*PEOPLE, *ALIKE, *PROGRAMS}


@pytest.mark.parametrize("name", sorted(ROUTES))
async def test_only_these_roles_open(signer, name):
    meant = {"admin", *{**PEOPLE, **ALIKE}[name]} if name not in PROGRAMS else set()
    opened = {role for role in (*SCOPES, "") if await opens(ROUTES[name], asked(signer, "staff", role))}
    if meant >= ALL:  # any account: a page without anybody's name
        assert opened == {*SCOPES, ""}
    else:
        assert opened == meant


@pytest.mark.parametrize("name", sorted(ROUTES))
async def test_only_these_scopes_open(signer, name):
    meant = {"admin", *{**ALIKE, **PROGRAMS}[name]} if name not in PEOPLE else set()
    assert {scope for scope in (*SCOPES, "") if await opens(ROUTES[name], asked(signer, "token", scope))} == meant
