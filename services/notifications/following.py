"""Follows the releases: a leased loop that finds who must be told what changed."""

from datetime import timedelta

from services.notifications.actions import reviewing
from services.notifications.store import Store
from services.notifications.writing import Writer


class Follower:
    """The step of a leased loop. An enrolment that carries an older release is found like a new release is."""

    def __init__(self, store: Store, writer: Writer, quiet: timedelta) -> None:
        self._store = store
        self._writer = writer
        self._quiet = quiet
        self._begun = False

    async def step(self) -> bool:
        """Look at some people of each edition; true if there are more."""
        await self._writer.refresh()
        if not self._begun:
            await self._begin()
        more = False
        for id, edition in self._writer.editions.items():
            more = await reviewing.review(self._store, id, edition.programme, self._quiet) or more
        return more

    async def _begin(self) -> None:
        """Once in a process: people known from before this was followed are held against what their page showed."""
        for registration, edition in await self._store.untold():
            if edition in self._writer.editions:
                programme = self._writer.programme(edition)
                await reviewing.review_one(self._store, registration, programme, self._quiet)
        self._begun = True
