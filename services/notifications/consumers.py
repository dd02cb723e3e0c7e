"""What notifications learns from the others: who comes, whose badge is ready, what the edition is."""

from datetime import timedelta

from services.notifications.actions import learning
from services.notifications.store import Store
from shared import access
from shared.broker import Bus
from shared.events import Envelope
from shared.events.badges import Issued
from shared.events.programme import EditionChanged, Released
from shared.events.registration import Cancelled, Confirmed


def subscribe(bus: Bus, store: Store, patience: timedelta) -> None:
    """Listen to the three others. `patience` is how long a confirmation waits for its badge."""
    access.subscribe(bus, store)

    @bus.on(Confirmed)
    async def confirmed(fact: Confirmed, envelope: Envelope) -> None:
        await learning.confirmed(store, envelope, fact, patience)

    @bus.on(Cancelled)
    async def cancelled(fact: Cancelled, envelope: Envelope) -> None:
        await learning.cancelled(store, envelope, fact)

    @bus.on(Issued)
    async def issued(fact: Issued, envelope: Envelope) -> None:
        await learning.issued(store, envelope, fact)

    @bus.on(EditionChanged)
    async def edition_changed(fact: EditionChanged, envelope: Envelope) -> None:
        await learning.edition_changed(store, envelope, fact)

    @bus.on(Released)
    async def released(fact: Released, envelope: Envelope) -> None:
        await learning.released(store, envelope, fact)
