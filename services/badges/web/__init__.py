"""Pages and JSON API of the badges service, by subject."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

from services.badges.desk_keys import DeskKeys
from services.badges.store import Store
from services.badges.web import api, batches, console, desk_links, door, exporting, paper
from services.badges.web.context import Desk, Figures, Shown
from services.badges.workshop import Workshop
from shared.settings import Settings
from shared.signing import Withdrawn
from shared.web import Pages, assets, create

FOLDER = Path(__file__).parent.parent
DOOR = ("/accueil", "/api/badges/v1/check-ins")
"""Where somebody waits in person: not behind those who fetch their badge."""


QUICK = {"/api/badges/v1/check-ins": api.check_in_quickly}


def make_desk(store: Store, workshop: Workshop, keys: DeskKeys) -> Desk:
    """Everything the routes work with, on this store."""
    shown = Shown(store)
    return Desk(store, workshop, shown, Pages("badges", FOLDER, edition=lambda: shown.edition), keys, Figures(store))


def application(
    desk: Desk,
    settings: Settings,
    more: Sequence[APIRouter] = (),
    *,
    lifespan: Callable[[FastAPI], Any] | None = None,
    withdrawn: Withdrawn | None = None,
) -> FastAPI:
    """The service's web part; `more` are the routers of the plumbing."""
    routers = (
        *more,
        api.router,
        door.router,
        console.router,
        batches.router,
        desk_links.router,
        paper.router,
        exporting.router,
    )
    app = create(desk.pages, settings, routers, lifespan=lifespan, withdrawn=withdrawn, favoured=DOOR, quick=QUICK)
    app.state.desk = desk
    for name in ("reader/index.js", "share.js"):
        assets.add_module(f"/static/badges/zxing/{name}", f"zxing-wasm/dist/es/{name}")
    assets.add_module("/static/badges/zxing/zxing_reader.wasm", "zxing-wasm/dist/reader/zxing_reader.wasm")
    return app
