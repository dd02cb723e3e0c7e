"""Pages and JSON API of the programme service, by subject."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

from services.programme.settings import Settings
from services.programme.store import ACCOUNTS, TOKENS, Store
from services.programme.web import (
    accounts,
    accounts_api,
    api,
    console,
    draft_api,
    editor,
    findings_api,
    own_account,
    programme_api,
    public,
    tokens,
)
from services.programme.web.context import Desk
from services.programme.web.history import History
from services.programme.web.shown import Shown
from shared.access import COLLECTION, Access
from shared.signing import Signer
from shared.web import Pages, Shelf, create

FOLDER = Path(__file__).parent.parent


def make_desk(settings: Settings, store: Store) -> Desk:
    """Everything the routes work with, on this store."""
    shelf = Shelf()
    shown = Shown(store, shelf.clear)
    pages = Pages("programme", FOLDER, edition=lambda: shown.edition)
    # after a loss of the database, what was withdrawn before it is known from our own facts
    rights = Access(store, COLLECTION, ACCOUNTS, TOKENS)
    return Desk(settings, store, shown, rights, History(store), shelf, pages, Signer(settings.staff_private_key))


def application(
    desk: Desk, more: Sequence[APIRouter] = (), lifespan: Callable[[FastAPI], Any] | None = None
) -> FastAPI:
    """The service's web part; `more` are the routers of the plumbing."""
    apis = (api.router, draft_api.router, findings_api.router, programme_api.router, accounts_api.router)
    # in this order: `/equipe/comptes/jetons` is no account's id
    team = (console.router, own_account.router, tokens.router, accounts.router, editor.router)
    routers = (*more, *apis, *team, public.router)
    app = create(
        desk.pages, desk.settings, routers, lifespan=lifespan, withdrawn=desk.rights.withdrawn, shelf=desk.shelf
    )
    app.state.desk = desk
    return app
