"""Pages and JSON API of the registration service, by subject."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

from services.registration.organisations import Organisations
from services.registration.reference import load
from services.registration.settings import Settings
from services.registration.store import Store
from services.registration.web import (
    api,
    choosing,
    corrections,
    deciding,
    erasing,
    exporting,
    exports,
    form,
    handing,
    imports,
    lists,
    lost,
    mine,
    patching,
    privacy,
    rules,
    selfservice,
    staff,
    waiting,
    walkins,
)
from services.registration.web.context import Desk
from services.registration.web.sieve import Sieve
from shared.signing import Links, Withdrawn
from shared.web import Pages, create

PARTS = (
    api,
    patching,
    form,
    lost,
    mine,
    waiting,
    selfservice,
    handing,
    choosing,
    privacy,
    erasing,
    exporting,
    exports,
    imports,
    walkins,
    corrections,
    deciding,
    lists,
    rules,
    staff,
)
ROUTERS = (exports.api, *(part.router for part in PARTS))
QUICK = {"/api/registration/v1/registrations": api.register_quickly, "/inscription": form.send_quickly}

FOLDER = Path(__file__).parent.parent


def make_desk(settings: Settings, store: Store, organisations: Organisations | None = None) -> Desk:
    """Everything the routes work with, on this store; reads the registers of local authorities unless given."""
    return Desk(
        settings=settings,
        store=store,
        organisations=organisations or load(settings.reference),
        sieve=Sieve(settings),
        links=Links(settings.link_secret, "manage"),
        pages=Pages("registration", FOLDER, edition=lambda: store.pages.identity),
    )


def application(
    desk: Desk,
    more: Sequence[APIRouter] = (),
    *,
    lifespan: Callable[[FastAPI], Any] | None = None,
    withdrawn: Withdrawn | None = None,
) -> FastAPI:
    """The service's web part; `more` are the routers of the plumbing."""
    routers, bulky = (*more, *ROUTERS), imports.BULKY
    app = create(desk.pages, desk.settings, routers, lifespan=lifespan, withdrawn=withdrawn, bulky=bulky, quick=QUICK)
    app.state.desk = desk
    return app
