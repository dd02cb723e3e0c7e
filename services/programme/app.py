"""Puts the programme service together: `python -m services.programme.app`."""

from fastapi import FastAPI

from services.programme.consumers import subscribe
from services.programme.settings import Settings
from services.programme.store import TRIES, Store
from services.programme.web import application, make_desk
from shared.house import House, serve
from shared.loops import CALM, Loop
from shared.purposes import SIGNING_IN
from shared.retention import AfterEntry, Retention
from shared.web.plumbing import plumbing


def build(settings: Settings) -> FastAPI:
    """The whole service."""
    house = House("programme", settings, Store)
    desk = make_desk(settings, house.store)
    subscribe(house.bus, house.store)
    house.add_follower(Loop("shown", desk.shown.refresh, calm=CALM))
    house.add_follower(Loop("rights", desk.rights.refresh, calm=CALM))
    tries = AfterEntry(SIGNING_IN, TRIES, "next_at")
    more = plumbing(desk.pages, house, house.forget_in_time(Retention(house.store, (tries,))))
    return application(desk, more, house.lifespan)


if __name__ == "__main__":
    settings = Settings()
    serve(build(settings), settings)
