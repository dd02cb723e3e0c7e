"""The history of releases, kept in memory: what was released never changes, so each release is read once."""

from services.programme.domain.changes import Round, round_of
from services.programme.store import Store


class History:
    """Every release of the editions that were asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, int], Round] = {}

    async def of(self, edition: str, newest: int, limit: int | None = None) -> tuple[Round, ...]:
        """The releases of an edition from number `newest` on, newest first; at most `limit`."""
        oldest = max(0, newest - limit) if limit else 0
        return tuple([await self._round(edition, number) for number in range(newest, oldest, -1)])

    async def _round(self, edition: str, number: int) -> Round:
        known = self._known.get((edition, number))
        if known is None:
            release, previous = [await self._store.release(edition, n) for n in (number, number - 1)]
            assert release is not None
            known = self._known[edition, number] = round_of(release, previous)
        return known
