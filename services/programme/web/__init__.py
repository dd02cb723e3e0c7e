"""Pages and JSON API of the programme service, by subject."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

from services.programme.settings import Settings
from services.programme.store import Store
from services.programme.web import api, console, draft_api, editor, findings_api, programme_api, public
from services.programme.web.context import Desk
from services.programme.web.history import History
from services.programme.web.shown import Rights, Shown
from shared.signing import Signer
from shared.web import Pages, Shelf, create

FOLDER = Path(__file__).parent.parent


def make_desk(settings: Settings, store: Store) -> Desk:
    """Everything the routes work with, on this store."""
    shelf = Shelf()
    shown = Shown(store, shelf.clear)
    pages = Pages("programme", FOLDER, edition=lambda: shown.edition)
    return Desk(settings, store, shown, Rights(store), History(store), shelf, pages, Signer(settings.staff_private_key))


def application(
    desk: Desk, more: Sequence[APIRouter] = (), lifespan: Callable[[FastAPI], Any] | None = None
) -> FastAPI:
    """The service's web part; `more` are the routers of the plumbing."""
    apis = (api.router, draft_api.router, findings_api.router, programme_api.router)
    routers = (*more, *apis, console.router, editor.router, public.router)
    app = create(
        desk.pages, desk.settings, routers, lifespan=lifespan, withdrawn=desk.rights.withdrawn, shelf=desk.shelf
    )
    app.state.desk = desk
    return app
