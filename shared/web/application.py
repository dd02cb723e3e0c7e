"""Puts a service's web part together: routes, failures, limits, and assets."""

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from shared.settings import Settings
from shared.signing import Verifier, Withdrawn
from shared.web import assets, description, problems
from shared.web.cache import Shelf, Shelved
from shared.web.closed import Closed
from shared.web.crowd import Crowd
from shared.web.gate import Gate
from shared.web.middleware import Bodies, Edge, Origins
from shared.web.pages import Pages
from shared.web.quick import Quick, Quickly


def create(
    pages: Pages,
    settings: Settings,
    routers: Sequence[APIRouter],
    *,
    lifespan: Callable[[FastAPI], Any] | None = None,
    withdrawn: Withdrawn | None = None,
    shelf: Shelf | None = None,
    favoured: tuple[str, ...] = (),
    bulky: Mapping[str, int] | None = None,
    quick: Mapping[str, Quick] | None = None,
) -> FastAPI:
    """The application of one service. `withdrawn` is `Access.withdrawn`; `shelf` holds its finished public pages;
    `favoured` are beginnings of paths that are answered before all others when many come at once; `bulky` are paths
    whose bodies may weigh more than others', and how many bytes; `quick` are the few that a crowd asks.
    """
    https = settings.public_url.startswith("https:")
    app = FastAPI(title=f"Rencontres: {pages.service}", lifespan=lifespan, openapi_url=None, redirect_slashes=False)
    app.state.pages = pages
    app.state.trusted = tuple(map(ip_network, settings.trusted_proxies.split(",")))
    app.state.public_url = settings.public_url
    app.state.shut = False
    verifier = Verifier(settings.staff_public_key)
    app.state.gate = Gate(verifier, withdrawn, https) if withdrawn else Gate(verifier, https=https)
    problems.install(app)
    assets.add_common()
    assets.add(f"/static/{pages.service}", pages.folder / "static")
    for router in (*routers, description.routes(pages)):
        app.include_router(router)
    app.user_middleware = [
        Middleware(Edge, owner=app, https=https),
        Middleware(Closed, owner=app),
        *([Middleware(Shelved, shelf=shelf)] if shelf else []),
        Middleware(Origins, owner=app, public_url=settings.public_url),
        Middleware(Bodies, owner=app, bulky=bulky or {}),
        Middleware(Crowd, owner=app, favoured=favoured),
        *([Middleware(Quickly, owner=app, quick=quick)] if quick else []),
    ]
    return app
