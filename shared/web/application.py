"""Puts a service's web part together: routes, failures, limits, assets, and the description of its API."""

from collections.abc import Callable, Sequence
from ipaddress import ip_network
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.middleware import Middleware

from shared.settings import Settings
from shared.signing import Verifier, Withdrawn
from shared.web import assets, problems
from shared.web.cache import Shelf, Shelved
from shared.web.gate import Gate
from shared.web.middleware import Bodies, Edge, Origins
from shared.web.pages import Pages


def create(
    pages: Pages,
    settings: Settings,
    routers: Sequence[APIRouter],
    *,
    lifespan: Callable[[FastAPI], Any] | None = None,
    withdrawn: Withdrawn | None = None,
    shelf: Shelf | None = None,
) -> FastAPI:
    """The application of one service. `withdrawn` is `Access.withdrawn`; `shelf` holds its finished public pages."""
    https = settings.public_url.startswith("https:")
    app = FastAPI(title=f"Rencontres: {pages.service}", lifespan=lifespan, openapi_url=None, redirect_slashes=False)
    app.state.pages = pages
    app.state.trusted = tuple(map(ip_network, settings.trusted_proxies.split(",")))
    app.state.public_url = settings.public_url
    verifier = Verifier(settings.staff_public_key)
    app.state.gate = Gate(verifier, withdrawn, https) if withdrawn else Gate(verifier, https=https)
    problems.install(app)
    assets.add_common()
    assets.add(f"/static/{pages.service}", pages.folder / "static")
    for router in (*routers, _description(pages)):
        app.include_router(router)
    app.user_middleware = [
        Middleware(Edge, owner=app, https=https),
        *([Middleware(Shelved, shelf=shelf)] if shelf else []),
        Middleware(Origins, owner=app, public_url=settings.public_url),
        Middleware(Bodies, owner=app),
    ]
    return app


def _description(pages: Pages) -> APIRouter:
    """`openapi.json`, and a page that shows it without a script from anywhere."""
    router = APIRouter(prefix=f"/api/{pages.service}", include_in_schema=False)

    @router.get("/openapi.json")
    async def openapi(request: Request) -> JSONResponse:
        return JSONResponse(_schema(request.app))

    @router.get("/docs")
    async def docs(request: Request) -> HTMLResponse:
        return pages.render(request, "api.html", schema=_schema(request.app))

    return router


def _schema(app: FastAPI) -> dict[str, Any]:
    if not app.openapi_schema:
        schema = get_openapi(title=app.title, version="1", routes=app.routes)
        schema["paths"] = {path: item for path, item in schema["paths"].items() if path.startswith("/api/")}
        app.openapi_schema = schema
    return app.openapi_schema
