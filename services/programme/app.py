"""Puts the programme service together: `python -m services.programme.app`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.programme.consumers import subscribe
from services.programme.settings import Settings
from services.programme.store import Store
from services.programme.web import application, make_desk
from shared import health
from shared.house import House, serve
from shared.loops import Loop
from shared.web.health_card import health_card


def build(settings: Settings) -> FastAPI:
    """The whole service."""
    house = House("programme", settings, Store)
    desk = make_desk(settings, house.store)
    subscribe(house.bus, house.store)
    # Web processes too, not only workers: what each shows must follow what any of them committed.
    followers = [Loop("shown", desk.shown.refresh), Loop("rights", desk.rights.refresh)]
    for follower in followers:
        house.bus.on_bell(follower.wake)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with house.lifespan(app):
            tasks = [asyncio.create_task(follower.run()) for follower in followers]
            yield
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return application(desk, (health.routes(house.health), health_card(desk.pages, house.health)), lifespan)


if __name__ == "__main__":
    settings = Settings()
    serve(build(settings), settings)
