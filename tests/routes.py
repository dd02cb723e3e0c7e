"""Every address that the four services answer."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

import services
from shared.web.health_page import health_page
from shared.web.letters_page import letters_api, letters_page
from shared.web.purges_card import purges_card


def all_routes() -> Iterator[APIRoute]:
    """The routes of each service's own pages and API, and those that `shared` gives to all, once."""
    for router in all_routers():
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def all_routers() -> Iterator[APIRouter]:
    """What holds them, module by module."""
    pages: Any = SimpleNamespace(service="programme")  # the plumbing is alike in all four services
    plumbing: tuple[Any, ...] = (pages, None)
    yield from (health_page(*plumbing), letters_page(*plumbing), letters_api("programme", None), purges_card(*plumbing))  # type: ignore[arg-type]
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if ".web" in module.name:
            found = vars(importlib.import_module(module.name)).values()
            yield from (one for one in found if isinstance(one, APIRouter))
