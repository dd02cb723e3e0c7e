"""Pages and JSON API of the badges service, by subject."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

from services.badges.store import Store
from services.badges.web import api, console, door, paper
from services.badges.web.context import Desk, Shown
from services.badges.workshop import Workshop
from shared.settings import Settings
from shared.signing import Withdrawn
from shared.web import Pages, create

FOLDER = Path(__file__).parent.parent


def make_desk(store: Store, workshop: Workshop) -> Desk:
    """Everything the routes work with, on this store."""
    shown = Shown(store)
    return Desk(store, workshop, shown, Pages("badges", FOLDER, edition=lambda: shown.edition))


def application(
    desk: Desk,
    settings: Settings,
    more: Sequence[APIRouter] = (),
    *,
    lifespan: Callable[[FastAPI], Any] | None = None,
    withdrawn: Withdrawn | None = None,
) -> FastAPI:
    """The service's web part; `more` are the routers of the plumbing."""
    routers = (*more, api.router, door.router, console.router, paper.router)
    app = create(desk.pages, settings, routers, lifespan=lifespan, withdrawn=withdrawn)
    app.state.desk = desk
    return app
