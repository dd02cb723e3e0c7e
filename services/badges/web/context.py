"""What every route of the badges service may ask for; `application` puts it into the application's state."""

import asyncio
from dataclasses import dataclass
from datetime import UTC
from time import monotonic
from typing import Annotated

from fastapi import Depends, Request

from services.badges.desk_keys import DeskKeys
from services.badges.domain import Edition
from services.badges.store import Counts, Store
from services.badges.workshop import Workshop
from shared.clock import now
from shared.errors import Refusal
from shared.web import Pages

FIGURES_LAST = 1.0
"""Seconds. Pages ask every four or five, so what they show is five seconds old at most."""


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


class Figures:
    """The figures for pages that ask again and again: fifty phones cost one look a second."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._look: asyncio.Task[Counts] | None = None
        self._key = ("", 0.0)

    async def of(self, edition: Edition) -> Counts:
        """Those of now, or of a second ago. Whoever asks meanwhile waits for the same look, and its failure."""
        id, since = self._key
        old = id != edition.id or monotonic() - since >= FIGURES_LAST
        if self._look is None or (self._look.done() and (old or _failed(self._look))):
            self._key = (edition.id, monotonic())
            self._look = asyncio.create_task(self._store.counts(edition, now()))
        return await asyncio.shield(self._look)


def _failed(look: "asyncio.Task[Counts]") -> bool:
    return look.done() and (look.cancelled() or look.exception() is not None)


@dataclass(frozen=True)
class Desk:
    """Everything the routes work with."""

    store: Store
    workshop: Workshop
    shown: Shown
    pages: Pages
    keys: DeskKeys
    figures: Figures


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DeskDep = Annotated[Desk, Depends(_desk)]


async def current_edition(desk: DeskDep) -> Edition:
    """The edition at whose doors we stand; raises `NoEdition`."""
    if desk.shown.edition is None:
        await desk.shown.refresh()
    if desk.shown.edition is None:
        raise NoEdition
    return desk.shown.edition


EditionDep = Annotated[Edition, Depends(current_edition)]
"""The edition at whose doors we stand."""
