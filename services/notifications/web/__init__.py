"""Pages and JSON API of the notifications service, by subject."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

from services.notifications.composing import Composer
from services.notifications.domain import answers
from services.notifications.settings import Settings
from services.notifications.store import Store
from services.notifications.web import affected, api, console, exporting, reminders, templates, templates_api
from services.notifications.web.context import Desk
from shared.signing import Withdrawn
from shared.web import Pages, create

FOLDER = Path(__file__).parent.parent

ROUTERS = (
    api.router,
    exporting.router,
    templates_api.router,
    templates.router,
    reminders.router,
    affected.router,
    console.router,
)
"""In this order: `/equipe/messages/modeles` is a page of its own before it is the id of a mail."""


def make_pages() -> Pages:
    """The pages and the mails: both are templates of this service."""
    return Pages("notifications", FOLDER, filters={"meaning": answers.meaning})


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
    app = create(pages, settings, (*more, *ROUTERS), lifespan=lifespan, withdrawn=withdrawn)
    app.state.desk = Desk(
        store,
        pages,
        Composer(pages, settings.public_url),
        settings.public_url,
        timedelta(seconds=settings.change_quiet_seconds),
    )
    return app
