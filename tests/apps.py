"""The web part of a service for one test: its state is its own, its routes were worked out for the first."""

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

_KNOWN: dict[int, tuple[APIRouter, BaseRoute]] = {}


def warm(app: FastAPI) -> FastAPI:
    """The same application, at its first request as quick as at its second.

    FastAPI works out what the routes of a router need when an application first looks at them, which takes longer than
    most tests. That knows nothing of the application: whoever includes the same router gets what the first one found.
    """
    app.router.routes[:] = map(_known, app.router.routes)
    return app


def _known(route: BaseRoute) -> BaseRoute:
    router = getattr(route, "original_router", None)
    if not isinstance(router, APIRouter):
        return route
    return _KNOWN.setdefault(id(router), (router, route))[1]
