"""What the badges service learns from the others."""

from collections.abc import Callable

from services.badges import actions
from services.badges.store import Store
from shared.broker import Bus
from shared.events import Envelope
from shared.events.programme import EditionChanged
from shared.events.registration import (
    Amended,
    Cancelled,
    Confirmed,
    Erased,
    Offered,
    Refused,
    RegistrationFact,
    Submitted,
    Transferred,
    Waitlisted,
)


def subscribe(bus: Bus, store: Store, wake: Callable[[], None]) -> None:
    """Follow registrations and editions; `wake` says that badges may have fallen due."""

    @bus.on(EditionChanged)
    async def edition_changed(fact: EditionChanged, envelope: Envelope) -> None:
        await actions.project_edition(store, envelope, fact)
        wake()

    @bus.on(Erased)
    async def erased(fact: Erased, envelope: Envelope) -> None:
        await actions.erase(store, envelope, fact)

    for kind in (Submitted, Confirmed, Waitlisted, Offered, Refused, Amended, Transferred, Cancelled):
        _follow(bus, store, wake, kind)


def _follow(bus: Bus, store: Store, wake: Callable[[], None], kind: type[RegistrationFact]) -> None:
    """Each of these facts carries the registration's whole state: they are all read alike."""

    @bus.on(kind)
    async def changed(fact: RegistrationFact, envelope: Envelope) -> None:
        await actions.project_registration(store, envelope, fact)
        wake()
