"""The health page, tested by breaking things: it says what is wrong and what to do, and is quiet again after healing.

Each time the page is read as the technician on call would, in a house of its own.
"""

import asyncio
import html
import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import nats
import pytest

from deploy.layout import Layout
from deploy.local import provision
from deploy.provision import provision_nats
from shared.broker import durable
from shared.outbox import STREAM
from tests.house import House, running_house
from tests.journeys.story import Story, an_application, eventually

CARD = "/equipe/fragments/{}/health"
TOLD = "rencontres.registration.confirmed.v1"


@pytest.fixture(scope="module")
def house(scratch: Path) -> Iterator[House]:
    """A house of their own: these tests break what others use."""
    with running_house(scratch / "health") as one:
        yield one


@pytest.fixture
def layout(house: House, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setenv("VAR", str(house.var))
    return Layout.running(os.environ)


@pytest.fixture(scope="module")
def story(house: House) -> Iterator[Story]:
    told = Story(house)
    yield told
    told.close()


@pytest.fixture(scope="module")
def technician(house: House) -> Iterator[httpx.Client]:
    with house.visitor() as one:
        one.post("/equipe/connexion", data={"email": house.staff_email, "password": house.staff_password})
        yield one


def said(technician: httpx.Client, service: str, lang: str = "fr") -> str:
    """What the service's card says, as one line of words."""
    page = technician.get(CARD.format(service), params={"lang": lang}).text
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page))).replace("\u00a0", " ")


def says(technician: httpx.Client, service: str, *words: str) -> None:
    """Wait until the card says all of this."""
    eventually(lambda: all(word in said(technician, service) for word in words), f"{service}: {words}")


def is_quiet(technician: httpx.Client, *services: str) -> None:
    """Wait until nothing is wrong with these services."""
    for service in services:
        try:
            eventually(lambda service=service: "tout va bien" in said(technician, service), "all well")
        except AssertionError:
            raise AssertionError(said(technician, service)) from None


def test_a_frozen_database_is_named_with_what_still_works(house: House, technician: httpx.Client):
    is_quiet(technician, "registration", "programme", "notifications", "badges")
    with house.frozen("mongod"):
        says(
            technician,
            "registration",
            "La base de données ne répond pas",
            "Rien de ce qui",
            "À faire : Relancer MongoDB",
        )
        assert "The database does not answer" in said(technician, "badges", "en")
        assert "La base de datos no responde" in said(technician, "badges", "es")
        assert "Depuis le" in said(technician, "badges")
    is_quiet(technician, "registration", "badges")


def test_an_exchange_that_is_down_is_named(house: House, technician: httpx.Client):
    with house.without("nats"):
        says(technician, "programme", "(NATS) ne répond pas", "les nouvelles attendent", "Relancer NATS")
    is_quiet(technician, "programme", "registration")


def test_a_frozen_programme_service_is_said_to_be_stopped_and_the_page_stays(house: House, technician: httpx.Client):
    with house.frozen("programme"):
        assert "arrêté" in said(technician, "programme")
        shell = technician.get("/equipe/sante")
        assert shell.status_code == 200
        assert 'hx-get="/equipe/fragments/programme/health"' in shell.text
        assert "tout va bien" in said(technician, "registration")
    is_quiet(technician, "programme")


def test_a_deleted_consumer_is_named_and_provision_mends_it(layout: Layout, technician: httpx.Client):
    asyncio.run(_delete(layout.nats_admin_url, durable("badges", "programme")))
    says(technician, "badges", "« Programme » : son point de lecture a disparu", "Lancer « provision »")
    provision(layout)
    is_quiet(technician, "badges")


async def _delete(url: str, consumer: str) -> None:
    client = await nats.connect(url)
    await client.jetstream().delete_consumer(STREAM, consumer)
    await client.close()


def test_a_wrong_clock_is_named_with_its_distance(house: House, technician: httpx.Client):
    house.pass_time(minutes=10)
    says(technician, "registration", "L’horloge de cette machine a", "secondes d’écart", "NTP")
    found = re.search(r"a (\d+) secondes d’écart", said(technician, "registration"))
    assert found
    assert 590 <= int(found[1]) <= 610
    house.pass_time(minutes=-10)
    is_quiet(technician, "registration", "badges")


def test_a_full_stream_is_named_and_its_facts_leave_once_there_is_room(
    house: House, layout: Layout, story: Story, technician: httpx.Client
):
    asyncio.run(provision_nats(layout.nats_admin_url, max_bytes=1024))
    story.register(application := an_application())
    says(technician, "registration", "NATS refuse les nouvelles", "Donner de la place à NATS")
    provision(layout)
    story.await_mail(application["email"])
    is_quiet(technician, "registration")


def test_a_mail_server_that_is_away_is_named_and_the_mail_leaves_later(
    house: House, story: Story, technician: httpx.Client
):
    with house.without("mail"):
        story.register(application := an_application())
        says(technician, "notifications", "Les courriels ne partent plus", "chacun une fois", "Vérifier le serveur")
        assert "tout va bien" in said(technician, "registration")
    story.await_mail(application["email"])
    is_quiet(technician, "notifications")
