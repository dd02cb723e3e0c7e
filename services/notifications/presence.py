"""Which processes are sending mail. Each says so while it does; what one that fell silent was sending is sent again.

A lease alone does not tell: when MongoDB was frozen for a while every lease has run out, and whoever asks first would
take over what somebody else is sending at that very moment. So a sender counts as gone only when it has let go, or when
it stays silent while MongoDB is seen to answer.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from services.notifications.store import Store
from shared import leases
from shared.leases import Lease
from shared.loops import Loop

SILENCE = 2.0
"""Seconds a sender may stay silent beyond its lease: after a freeze each renews within one."""
UNWATCHED = 5.0
"""After so long between two looks, what was seen before says nothing: MongoDB may have been away meanwhile."""


class Presence:
    """One process among those that send: says that it is here, and finds out who is no longer."""

    def __init__(self, store: Store, me: str) -> None:
        self._database = store.database
        self._lease = Lease(store.database, _name(me))
        self._silent: dict[str, float] = {}
        self._looked = 0.0
        self._saying: asyncio.Task[None] | None = None

    async def say(self, meanwhile: Callable[[], Awaitable[bool]]) -> Callable[[], bool]:
        """Be here from now on, and do `meanwhile` every second, until `leave`. Raises what MongoDB raises when away.

        The answer says at any later moment whether, since now, no other process can have thought that this one is gone.
        """
        await self._lease.hold()
        if self._saying is None:
            self._saying = asyncio.create_task(Loop("presence", meanwhile, lease=self._lease).run())
        term = self._lease.term
        return lambda: self._lease.unbroken(term)

    async def leave(self) -> None:
        """What this process has not finished may be taken over at once."""
        if self._saying:
            self._saying.cancel()
            with suppress(asyncio.CancelledError):
                await self._saying

    async def gone(self, senders: Iterable[str]) -> set[str]:
        """Those of `senders` that let go, or have been silent for long while MongoDB answered."""
        names = {_name(sender): sender for sender in senders}
        asked = time.monotonic()
        held = await leases.look(self._database, names)
        if asked - self._looked > UNWATCHED:
            self._silent.clear()
        self._looked = now = time.monotonic()
        expired = {names[name] for name, valid in held.items() if not valid}
        self._silent = {sender: self._silent.get(sender, now) for sender in expired}
        let_go = {sender for name, sender in names.items() if name not in held}
        return let_go | {sender for sender, since in self._silent.items() if now - since >= SILENCE}


def _name(sender: str) -> str:
    return f"sender-{sender}"
