"""Puts the notifications service together: `python -m services.notifications.app`."""

from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI

from services.notifications.composing import Composer
from services.notifications.consumers import subscribe
from services.notifications.mailer import Mailer
from services.notifications.mime import Sender
from services.notifications.settings import Settings
from services.notifications.smtp import PostOffice, Route
from services.notifications.store import Store
from services.notifications.writing import Writer
from shared import access, health
from shared.house import House, serve
from shared.leases import Lease
from shared.loops import Loop
from shared.web import Pages, create
from shared.web.health_card import health_card


def build(settings: Settings) -> FastAPI:
    """The whole service."""
    house = House("notifications", settings, Store)
    pages = Pages("notifications", Path(__file__).parent)
    writer = Writer(house.store, Composer(pages, settings.public_url))
    pages.edition = lambda: writer.current
    sender = Sender.read(settings.mail_from)
    route = Route(
        settings.smtp_url,
        sender.address,
        sender.address.rpartition("@")[2],
        settings.smtp_timeout,
        settings.smtp_data_timeout,
    )
    office = PostOffice(route, settings.smtp_connections)
    mailer = Mailer(house.store, writer, office, sender, settings.mail_at_once)
    rights = access.Access(house.store)
    subscribe(house.bus, house.store, timedelta(seconds=settings.badge_patience))
    house.add_loop(Loop("mailer", mailer.step, lease=Lease(house.database, "mailer")))
    house.add_follower(Loop("rights", rights.refresh, every=access.EVERY))
    routers = (health.routes(house.health), health_card(pages, house.health))
    return create(pages, settings, routers, lifespan=house.lifespan, withdrawn=rights.withdrawn)


if __name__ == "__main__":
    settings = Settings()
    serve(build(settings), settings)
