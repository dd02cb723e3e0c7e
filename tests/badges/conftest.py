"""A badges service on a real database, with a press that has read its fonts once."""

import httpx
import pytest

from services.badges import actions
from services.badges.desk_keys import DeskKeys
from services.badges.rendering import Press
from services.badges.store import Store
from services.badges.web import application, make_desk
from services.badges.workshop import Workshop
from shared.settings import Settings
from tests.apps import warm
from tests.badges.factories import (
    BASE,
    FIRST_MORNING,
    FONTS,
    SIGNER,
    a_workshop,
    confirmed,
    edition_changed,
    set_time,
    signed_in,
    tell,
)


@pytest.fixture(scope="session")
def press() -> Press:
    return Press(FONTS)


@pytest.fixture(scope="session")
def workshop(press) -> Workshop:
    return a_workshop(press)


@pytest.fixture
async def store(indexed):
    """The store with its indexes, as provisioning makes them."""
    made = Store(indexed(Store), "badges")
    yield made
    await made.close()


@pytest.fixture
def desk(store, workshop):
    """What the routes work with."""
    return make_desk(store, workshop, DeskKeys("secret"))


@pytest.fixture
async def site(desk):
    """A browser or program in front of the service."""
    settings = Settings(
        mongo_url="", nats_url="", port=0, public_url=BASE, link_secret="secret", staff_public_key=SIGNER.public
    )
    transport = httpx.ASGITransport(warm(application(desk, settings)))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


@pytest.fixture
def volunteer(site):
    """The same browser, signed in at the desk."""
    return signed_in(site, "desk")


@pytest.fixture
async def issued(store, workshop):
    """The badge of r1, issued."""
    await tell(store, edition_changed(), 1)
    await tell(store, confirmed(), 1)
    await actions.issue_due(store, workshop)
    (badge,) = await store.badges_of("r1")
    return badge


@pytest.fixture
def on_the_day(monkeypatch):
    """It is the first morning of the edition."""
    set_time(monkeypatch, FIRST_MORNING)
