"""Gives free places to those who wait, whatever freed them: a cancellation, a larger quota, an offer that ended."""

from collections.abc import Awaitable, Callable

from services.registration import actions
from services.registration.actions import ManageUrl
from services.registration.domain.refusals import EditionUnknown
from services.registration.store import Store

EVERY = 2.0
"""Seconds between two looks when no commit rings; a freed place is offered within 60."""


def promotion(store: Store, manage_url: ManageUrl) -> Callable[[], Awaitable[bool]]:
    """The step of a loop: serve every waiting list once; answers whether there may be more to do at once."""

    async def step() -> bool:
        done = False
        for edition, sessions in (await store.waited_for()).items():
            try:
                done |= await actions.promote(store, edition, sessions, manage_url=manage_url)
            except EditionUnknown:
                continue
        return done

    return step
