"""Pages and JSON API of the notifications service, by subject."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

from services.notifications.store import Store
from services.notifications.web import api, console
from services.notifications.web.context import Desk
from shared.settings import Settings
from shared.signing import Withdrawn
from shared.web import Pages, create

FOLDER = Path(__file__).parent.parent


def make_pages() -> Pages:
    """The pages and the mails: both are templates of this service."""
    return Pages("notifications", FOLDER)


def application(
    pages: Pages,
    store: Store,
    settings: Settings,
    more: Sequence[APIRouter] = (),
    *,
    lifespan: Callable[[FastAPI], Any] | None = None,
    withdrawn: Withdrawn | None = None,
) -> FastAPI:
    """The service's web part; `more` are the routers of the plumbing."""
    app = create(pages, settings, (*more, api.router, console.router), lifespan=lifespan, withdrawn=withdrawn)
    app.state.desk = Desk(store, pages)
    return app
