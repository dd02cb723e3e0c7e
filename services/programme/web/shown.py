"""What the public sees, kept in memory: asked of MongoDB once a second at most, shown on while it is away."""

import asyncio
from time import monotonic

from services.programme.store import Mark, Public, Store
from shared import mongo
from shared.errors import Away
from shared.logs import log

FRESH_SECONDS = 1.0


class Shown:
    """The current edition's public state in this process. `mark` is the same as long as nothing public changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked = -FRESH_SECONDS
        self._asking = asyncio.Lock()
        self._public: Public | None = None
        self.mark: Mark | None = None

    def stale(self) -> None:
        """Something was committed, here or in another replica: the next visitor makes us look again."""
        self._asked = -FRESH_SECONDS

    async def current(self) -> Public | None:
        """The public state, at most a second old; None before the first edition is saved.

        While MongoDB is away, what was shown last; raises `Away` if nothing ever was.
        """
        if monotonic() - self._asked >= FRESH_SECONDS:
            async with self._asking:
                if monotonic() - self._asked >= FRESH_SECONDS:
                    await self._look()
        return self._public

    async def _look(self) -> None:
        self._asked = monotonic()
        try:
            mark = await self._store.mark()
            if mark != self.mark:
                self._public = await self._store.public(mark[0]) if mark else None
                self.mark = mark
        except Exception as error:
            if not (isinstance(error, Away) or mongo.is_away(error)):
                raise
            if self._public is None:
                raise Away("MongoDB") from error
            log().warning("public.old", reason=repr(error))
