"""What the badges service learns from the others."""

from collections.abc import Callable

from services.badges import actions
from services.badges.store import Store
from shared.broker import Bus
from shared.events import Envelope
from shared.events.programme import EditionChanged
from shared.events.registration import Cancelled, Confirmed


def subscribe(bus: Bus, store: Store, wake: Callable[[], None]) -> None:
    """Follow registrations and editions; `wake` says that badges may have fallen due."""

    @bus.on(EditionChanged)
    async def edition_changed(fact: EditionChanged, envelope: Envelope) -> None:
        await actions.project_edition(store, envelope, fact)
        wake()

    @bus.on(Confirmed)
    async def confirmed(fact: Confirmed, envelope: Envelope) -> None:
        await actions.project_registration(store, envelope, fact)
        wake()

    @bus.on(Cancelled)
    async def cancelled(fact: Cancelled, envelope: Envelope) -> None:
        await actions.project_registration(store, envelope, fact)
