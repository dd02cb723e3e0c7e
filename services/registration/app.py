"""Puts the registration service together: `python -m services.registration.app`."""

from fastapi import FastAPI

from services.registration.actions.erasing import erasing
from services.registration.actions.importing import importing
from services.registration.consumers import subscribe
from services.registration.lost_links import answering
from services.registration.promotion import EVERY as PROMOTION
from services.registration.promotion import promotion
from services.registration.retention import retention
from services.registration.settings import Settings
from services.registration.store import Store
from services.registration.web import application, make_desk
from shared.access import EVERY, Access
from shared.house import House, serve
from shared.leases import Lease
from shared.loops import CALM, Loop
from shared.web.plumbing import plumbing


def build(settings: Settings) -> FastAPI:
    """The whole service."""
    house = House("registration", settings, Store)
    desk = make_desk(settings, house.store)
    access = Access(house.store)
    subscribe(house.bus, house.store)
    house.add_follower(Loop("access", access.refresh, every=EVERY, calm=CALM))
    more = plumbing(desk.pages, house, house.forget_in_time(retention(house.store)))
    house.add_loop(Loop("erasing", erasing(house.store).step, lease=Lease(house.database, "erasing")))
    bringing = Loop("imports", importing(house.store, desk.manage_url), lease=Lease(house.database, "imports"))
    house.add_loop(bringing, woken_by_commits=True)
    lost = answering(house.store, desk.manage_url)
    lease = Lease(house.database, "lost-links")
    house.add_loop(Loop("lost-links", lost, calm=CALM, lease=lease), woken_by_commits=True)
    lease = Lease(house.database, "promotion")
    promoting = Loop("promotion", promotion(house.store, desk.manage_url), every=PROMOTION, calm=CALM, lease=lease)
    house.add_loop(promoting, woken_by_commits=True)
    return application(desk, more, lifespan=house.lifespan, withdrawn=access.withdrawn)


if __name__ == "__main__":
    settings = Settings()
    serve(build(settings), settings)
