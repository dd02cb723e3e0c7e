"""Puts the notifications service together: `python -m services.notifications.app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI

from services.notifications.actions.erasing import erasing
from services.notifications.composing import Composer
from services.notifications.concerns import concerns, figures
from services.notifications.consumers import subscribe
from services.notifications.following import Follower
from services.notifications.mailer import Mailer
from services.notifications.mime import Sender
from services.notifications.reminding import EVERY, Reminding
from services.notifications.settings import Settings
from services.notifications.smtp import PostOffice, Route
from services.notifications.store import Store
from services.notifications.trying import Trials
from services.notifications.web import application, make_pages
from services.notifications.writing import Writer
from shared import access
from shared.house import House, serve
from shared.leases import Lease
from shared.loops import CALM, Loop
from shared.retention import Retention
from shared.web.plumbing import plumbing

LAST_WORDS = 3.0
"""Seconds that a stopping process gives to what it is sending."""


def build(settings: Settings) -> FastAPI:
    """The whole service."""
    house = House("notifications", settings, Store)
    house.health.figures = lambda: figures(house.store)
    house.health.concerns = lambda: concerns(house.store)
    pages = make_pages()
    writer = Writer(house.store, Composer(pages, settings.public_url))
    pages.edition = lambda: writer.current
    rights = access.Access(house.store)
    sender = Sender.read(settings.mail_from)
    office = make_office(settings, sender)
    mailer = Mailer(house.store, writer, office, sender, settings.mail_at_once)
    trials = Trials(house.store, office, sender)
    sending = Loop("mailer", mailer.step, lease=Lease(house.database, "mailer"))
    house.add_loop(sending, woken_by_commits=True)
    house.add_loop(Loop("trials", trials.step, calm=CALM, lease=Lease(house.database, "trials")), woken_by_commits=True)
    follower = Follower(house.store, writer, timedelta(seconds=settings.change_quiet_seconds))
    changes = Loop("changes", follower.step, calm=CALM, lease=Lease(house.database, "changes"))
    house.add_loop(changes, woken_by_commits=True)
    reminding = Reminding(house.store)
    house.add_loop(Loop("reminders", reminding.step, every=EVERY, lease=Lease(house.database, "reminders")))
    house.add_loop(Loop("erasing", erasing(house.store).step, lease=Lease(house.database, "erasing")))
    house.add_follower(Loop("editions", writer.follow, calm=CALM))
    house.add_follower(Loop("rights", rights.refresh, every=access.EVERY, calm=CALM))
    subscribe(house.bus, house.store, timedelta(seconds=settings.badge_patience))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with house.lifespan(app):
            yield
            await mailer.drain(LAST_WORDS)

    more = plumbing(pages, house, house.forget_in_time(Retention(house.store)))
    return application(pages, house.store, settings, more, lifespan=lifespan, withdrawn=rights.withdrawn)


def make_office(settings: Settings, sender: Sender) -> PostOffice:
    """The way to the mail server that the settings name."""
    route = Route(
        url=settings.smtp_url,
        sender=sender.address,
        hello=sender.domain,
        timeout=settings.smtp_timeout,
        data_timeout=settings.smtp_data_timeout,
    )
    return PostOffice(route, settings.smtp_connections)


if __name__ == "__main__":
    settings = Settings()
    serve(build(settings), settings)
