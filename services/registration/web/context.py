"""What every route of the registration service may ask for; `application` puts it into the application's state."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.registration.domain.refusals import HandedOver, LinkReplaced
from services.registration.domain.registrations import Registration
from services.registration.organisations import Organisations
from services.registration.settings import Settings
from services.registration.store import Shown, Store
from services.registration.web.sieve import Sieve
from shared.errors import NotFound
from shared.signing import Links
from shared.web import Pages


@dataclass(frozen=True)
class Desk:
    """Everything the routes work with."""

    settings: Settings
    store: Store
    organisations: Organisations
    sieve: Sieve
    links: Links
    pages: Pages

    def manage_url(self, id: str, generation: int) -> str:
        """The absolute link by which a person sees and cancels a registration."""
        return f"{self.settings.public_url}/mon-inscription/{self.links.make(id, generation)}"


async def _desk(request: Request) -> Desk:  # async: FastAPI gives a thread to every other kind of dependency
    desk: Desk = request.app.state.desk
    return desk


DeskDep = Annotated[Desk, Depends(_desk)]


async def _shown(desk: DeskDep) -> Shown:
    return await desk.store.pages.shown()


ShownDep = Annotated[Shown, Depends(_shown)]
"""The current edition; `EditionUnknown` before it is ready."""


@dataclass(frozen=True)
class Mine:
    """What a manage link opens."""

    token: str
    registration: Registration
    shown: Shown


async def opened(token: str, desk: DeskDep) -> Mine:
    """What the link opens; raises `NotFound`, `HandedOver` or `LinkReplaced` when it opens nothing."""
    id, generation = desk.links.read(token)
    registration = await desk.store.pages.registration(id)
    if registration is None or generation > registration.generation:
        raise NotFound
    if generation < registration.generation:
        raise HandedOver if generation < registration.handed_over else LinkReplaced
    return Mine(token, registration, await desk.store.pages.shown(registration.edition))


MineDep = Annotated[Mine, Depends(opened)]

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
"""For pages whose address is itself the key."""
