"""The loop that answers requests for lost links."""

from collections.abc import Awaitable, Callable

from services.registration import actions
from services.registration.actions import ManageUrl
from services.registration.store import Store

AT_ONCE = 100
"""Requests answered in one turn; where there are more, the next turn follows at once."""


def answering(store: Store, manage_url: ManageUrl) -> Callable[[], Awaitable[bool]]:
    """The step of a loop: answer what was asked since the last turn."""

    async def step() -> bool:
        waiting = await store.open_lookups(AT_ONCE)
        for one in waiting:
            await actions.answer_lookup(store, one, manage_url=manage_url)
        return len(waiting) == AT_ONCE

    return step
