"""Deny by default: every route of every service is guarded, or stands in the list of what anybody may ask."""

import importlib
import pkgutil
from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

import services

PUBLIC = {
    "GET /",
    "GET /accessibilite",
    "GET /programme",
    "GET /programme.ics",
    "GET /programme/schedule.json",
    "GET /programme/seances/{slug}",
    "GET /programme/seances/{slug}.ics",
    "GET /equipe/connexion",
    "POST /equipe/connexion",
    "GET /inscription",
    "POST /inscription",
    "GET /confidentialite",
    "GET /mon-inscription/{token}",
    "GET /mon-inscription/{token}/merci",
    "GET /mon-inscription/{token}/annuler",
    "POST /mon-inscription/{token}/annuler",
    "GET /mon-inscription/{token}/calendrier.ics",
    "GET /badge/{link}.pdf",
    "GET /inscription/structures",
    "GET /programme/versions/{number}",
    "GET /api/programme/v1/editions/{edition}",
    "GET /api/programme/v1/releases/{number}",
    "GET /api/programme/v1/rooms",
    "GET /api/programme/v1/sessions",
    "GET /api/programme/v1/sessions/{session}",
    "GET /api/registration/v1/form",
    "POST /api/registration/v1/registrations",
}
"""Pages for everybody, those that a capability link opens, the form, signing in, and what was released."""


def _routers() -> Iterator[APIRouter]:
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if ".web" in module.name:
            found = vars(importlib.import_module(module.name)).values()
            yield from (one for one in found if isinstance(one, APIRouter))


def _guards(dependant: Dependant) -> Iterator[str]:
    for part in dependant.dependencies:
        name = getattr(part.call, "__qualname__", "")
        if name.endswith("<locals>.guard"):
            yield name.split(".")[0]
        yield from _guards(part)


def _open_routes() -> set[str]:
    return {
        f"{method} {route.path}"
        for router in _routers()
        for route in router.routes
        if isinstance(route, APIRoute) and not set(_guards(route.dependant))
        for method in route.methods - {"HEAD"}
    }


def test_only_what_is_meant_for_everybody_is_open() -> None:
    assert sorted(_open_routes()) == sorted(PUBLIC)
