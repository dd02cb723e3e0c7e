"""What the programme learns from the others: how many places are taken."""

from services.programme.actions import editions
from services.programme.store import Store
from shared.broker import Bus
from shared.events import Envelope
from shared.events.registration import PlacesChanged


def subscribe(bus: Bus, store: Store) -> None:
    """Listen to registration."""

    @bus.on(PlacesChanged)
    async def places_changed(fact: PlacesChanged, envelope: Envelope) -> None:
        await editions.project_places(store, envelope, fact)
