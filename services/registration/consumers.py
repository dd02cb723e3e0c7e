"""What this service learns from the others."""

from services.registration import actions
from services.registration.store import Store
from shared import access
from shared.broker import Bus
from shared.events import Envelope, badges, notifications
from shared.events.badges import Issued, Revoked
from shared.events.programme import EditionChanged, Released


def subscribe(bus: Bus, store: Store) -> None:
    """Take in the identity of editions, released programmes, badges, withdrawn credentials, and who was forgotten."""
    access.subscribe(bus, store)

    @bus.on(EditionChanged)
    async def edition_changed(fact: EditionChanged, envelope: Envelope) -> None:
        await actions.project_edition(store, envelope, fact)

    @bus.on(Released)
    async def released(fact: Released, envelope: Envelope) -> None:
        await actions.project_release(store, envelope, fact)

    @bus.on(Issued)
    async def issued(fact: Issued, envelope: Envelope) -> None:
        await actions.project_badge(store, envelope, fact)

    @bus.on(Revoked)
    async def revoked(fact: Revoked, envelope: Envelope) -> None:
        await actions.project_badge(store, envelope, fact)

    @bus.on(badges.ErasedHere)
    async def erased_by_badges(fact: badges.ErasedHere, envelope: Envelope) -> None:
        await actions.erased_there(store, envelope, fact)

    @bus.on(notifications.ErasedHere)
    async def erased_by_notifications(fact: notifications.ErasedHere, envelope: Envelope) -> None:
        await actions.erased_there(store, envelope, fact)
