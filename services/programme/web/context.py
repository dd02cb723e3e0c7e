"""What every route of the programme service may ask for; `application` puts it into the application's state."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.programme.settings import Settings
from services.programme.store import Public, Store
from services.programme.web.history import History
from services.programme.web.shown import Shown
from shared.access import Access
from shared.signing import Signer
from shared.web import Pages, Shelf


@dataclass(frozen=True)
class Desk:
    """Everything the routes work with."""

    settings: Settings
    store: Store
    shown: Shown
    rights: Access
    history: History
    shelf: Shelf
    pages: Pages
    signer: Signer


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DeskDep = Annotated[Desk, Depends(_desk)]


async def _public(desk: DeskDep) -> Public | None:
    return await desk.shown.current()


PublicDep = Annotated[Public | None, Depends(_public)]
"""What anybody may see now; None before the first edition is saved."""
