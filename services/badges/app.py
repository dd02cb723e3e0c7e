"""Puts the badges service together: `python -m services.badges.app`."""

import base64
from functools import partial

from fastapi import FastAPI

from services.badges import actions
from services.badges.consumers import subscribe
from services.badges.desk_keys import DeskKeys
from services.badges.printing import Printer
from services.badges.rendering import Press
from services.badges.settings import Settings
from services.badges.store import Store
from services.badges.tokens import Mint
from services.badges.web import application, make_desk
from services.badges.workshop import Workshop
from shared import access
from shared.house import House, serve
from shared.leases import Lease
from shared.loops import CALM, Loop
from shared.retention import Retention
from shared.signing import Links
from shared.web.plumbing import plumbing


def build(settings: Settings) -> FastAPI:
    """The whole service."""
    house = House("badges", settings, Store)
    workshop = Workshop(
        Mint(base64.b64decode(settings.badge_private_key)),
        Press(settings.fonts),
        Printer(settings.fonts),
        Links(settings.link_secret, "badge"),
        settings.public_url,
    )
    desk = make_desk(house.store, workshop, DeskKeys(settings.link_secret))
    rights = access.Access(house.store)
    # Two replicas may draw the same badge; the store keeps one.
    unprintable: set[str] = set()
    issuing = Loop("issuing", lambda: actions.issue_due(house.store, workshop, unprintable))
    house.add_loop(issuing)
    house.add_loop(Loop("unprintable", partial(actions.try_again, unprintable, issuing.wake), every=actions.TRY_AGAIN))
    house.add_loop(Loop("names", house.store.index_names, every=3600))
    house.add_loop(Loop("erasing", actions.erasing(house.store).step, lease=Lease(house.database, "erasing")))
    subscribe(house.bus, house.store, issuing.wake)
    access.subscribe(house.bus, house.store)
    house.add_follower(Loop("shown", desk.shown.refresh, calm=CALM))
    house.add_follower(Loop("rights", rights.refresh, every=access.EVERY, calm=CALM))
    more = plumbing(desk.pages, house, house.forget_in_time(Retention(house.store)))
    return application(desk, settings, more, lifespan=house.lifespan, withdrawn=rights.withdrawn)


if __name__ == "__main__":
    settings = Settings()
    serve(build(settings), settings)
