"""Puts the registration service together: `python -m services.registration.app`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.registration.consumers import subscribe
from services.registration.settings import Settings
from services.registration.store import Store
from services.registration.web import application, make_desk
from shared import health
from shared.access import EVERY, Access
from shared.house import House, serve
from shared.loops import Loop
from shared.web.health_card import health_card


def build(settings: Settings) -> FastAPI:
    """The whole service."""
    house = House("registration", settings, Store)
    desk = make_desk(settings, house.store)
    access = Access(house.store)
    subscribe(house.bus, house.store)
    # Web processes too, not only workers: each checks cookies and tokens alone.
    follower = Loop("access", access.refresh, every=EVERY)
    house.bus.on_bell(follower.wake)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with house.lifespan(app):
            task = asyncio.create_task(follower.run())
            yield
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    plumbing = (health.routes(house.health), health_card(desk.pages, house.health))
    return application(desk, plumbing, lifespan=lifespan, withdrawn=access.withdrawn)


if __name__ == "__main__":
    settings = Settings()
    serve(build(settings), settings)
