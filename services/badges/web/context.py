"""What every route of the badges service may ask for; `application` puts it into the application's state."""

from dataclasses import dataclass
from datetime import UTC
from typing import Annotated

from fastapi import Depends, Request

from services.badges.desk_keys import DeskKeys
from services.badges.domain import Edition
from services.badges.store import Store
from services.badges.workshop import Workshop
from shared.clock import now
from shared.errors import Refusal
from shared.web import Pages


class NoEdition(Refusal):
    """Nobody has told this service of an edition yet."""

    code = "no-edition"
    status = 404
    text = "Aucune édition n’est encore préparée : il n’y a ni badge ni accueil."


class Shown:
    """The edition at whose doors we stand, kept in memory: a page or a scan need not look it up."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.edition: Edition | None = None

    async def refresh(self) -> bool:
        """Look again; the step of a `Loop`, which never has more to do."""
        # An edition's last day ends in its own zone; a few hours do not matter when choosing between editions.
        self.edition = await self._store.current_edition(now().astimezone(UTC).date())
        return False


@dataclass(frozen=True)
class Desk:
    """Everything the routes work with."""

    store: Store
    workshop: Workshop
    shown: Shown
    pages: Pages
    keys: DeskKeys


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DeskDep = Annotated[Desk, Depends(_desk)]


async def _edition(desk: DeskDep) -> Edition:
    if desk.shown.edition is None:
        await desk.shown.refresh()
    if desk.shown.edition is None:
        raise NoEdition
    return desk.shown.edition


EditionDep = Annotated[Edition, Depends(_edition)]
"""The edition at whose doors we stand."""
