"""What notifications learns from the others: who comes, whose badge is ready, what the edition is."""

from datetime import timedelta

from services.notifications.actions import erasing, learning
from services.notifications.store import Store
from shared import access
from shared.broker import Bus
from shared.events import Envelope
from shared.events.badges import Issued
from shared.events.programme import EditionChanged, Released
from shared.events.registration import (
    Amended,
    Cancelled,
    Confirmed,
    Erased,
    LinkRequested,
    Offered,
    Refused,
    RegistrationFact,
    Submitted,
    Transferred,
    Waitlisted,
)

REGISTRATION: tuple[type[RegistrationFact], ...] = (
    Submitted,
    Confirmed,
    Waitlisted,
    Offered,
    Refused,
    Amended,
    Transferred,
    Cancelled,
    LinkRequested,
)
"""Everything that happens to a registration."""


def subscribe(bus: Bus, store: Store, patience: timedelta) -> None:
    """Listen to the three others. `patience` is how long a mail waits for its badge."""
    access.subscribe(bus, store)

    for happened in REGISTRATION:

        @bus.on(happened)
        async def registration(fact: RegistrationFact, envelope: Envelope) -> None:
            await learning.registration(store, envelope, fact, patience)

    @bus.on(Erased)
    async def erased(fact: Erased, envelope: Envelope) -> None:
        await erasing.erase(store, envelope, fact)

    @bus.on(Issued)
    async def issued(fact: Issued, envelope: Envelope) -> None:
        await learning.issued(store, envelope, fact)

    @bus.on(EditionChanged)
    async def edition_changed(fact: EditionChanged, envelope: Envelope) -> None:
        await learning.edition_changed(store, envelope, fact)

    @bus.on(Released)
    async def released(fact: Released, envelope: Envelope) -> None:
        await learning.released(store, envelope, fact)
