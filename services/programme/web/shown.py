"""What the public sees, kept in memory: looked after once a second and after every commit, shown on without MongoDB."""

import asyncio
from collections.abc import Callable

from services.programme.domain.editions import Edition
from services.programme.store import Mark, Public, Store
from shared import mongo
from shared.clock import now
from shared.errors import Away
from shared.logs import log


class Shown:
    """The current edition's public state in this process. `on_change` is called whenever it has become another."""

    def __init__(self, store: Store, on_change: Callable[[], None]) -> None:
        self._store = store
        self._on_change = on_change
        self._turn = asyncio.Lock()
        self._mark: Mark | None = None
        self._looked = False
        self._public: Public | None = None

    @property
    def edition(self) -> Edition | None:
        """The edition to name in headers and footers."""
        return self._public.edition if self._public else None

    async def current(self) -> Public | None:
        """The public state; None before the first edition is saved. Raises `Away` if it was never there to be read."""
        if not self._looked:
            await self.refresh()
        return self._public

    async def refresh(self) -> bool:
        """Look whether anything public has changed. False, as a loop's step: there is nothing more to do."""
        async with self._turn:
            try:
                await self._look()
            except Exception as error:
                if not self._looked or not (isinstance(error, Away) or mongo.is_away(error)):
                    raise
                log().warning("public.kept", reason=repr(error))
        return False

    async def _look(self) -> None:
        mark = await self._store.mark(now().date())
        if mark != self._mark:
            self._public = await self._store.public(mark[0]) if mark else None
            self._mark = mark
            self._on_change()
        self._looked = True
