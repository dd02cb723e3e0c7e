"""The health page, tested by breaking things: it says what is wrong and what to do, and is quiet after healing."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import nats
from pymongo import MongoClient

from deploy.layout import Layout
from deploy.local import provision
from deploy.provision import provision_nats
from shared.broker import durable
from shared.outbox import STREAM
from tests.health.reading import is_quiet, said, says, words
from tests.house import House
from tests.journeys.story import Story, an_application


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


def test_a_frozen_service_and_work_that_nobody_does_are_each_named_on_its_own_card(
    house: House, layout: Layout, technician: httpx.Client
):
    with MongoClient[dict[str, Any]](layout.service_environment("badges")["MONGO_URL"]) as client:
        leases = client["badges"]["leases"]
        far = datetime.now(UTC) + timedelta(hours=1)
        leases.update_one({"_id": "relay"}, {"$set": {"holder": "nobody", "until": far}})
        with house.frozen("programme"), ThreadPoolExecutor(1) as aside:
            page = aside.submit(_reads_the_home_page, house)
            assert "arrêté" in said(technician, "programme")
            shell = technician.get("/equipe/sante")
            assert shell.status_code == 200
            assert 'hx-get="/equipe/fragments/programme/health"' in shell.text
            assert "tout va bien" in said(technician, "registration")
            says(
                technician, "badges", "arrêté en partie", "Personne ne fait le travail « relay »", "Relancer ce service"
            )
            status, text, look = page.result()
        assert (status, "arrêtée pour le moment" in text, look) == (503, True, 200)
        leases.delete_one({"_id": "relay"})
    is_quiet(technician, "programme", "badges")


def _reads_the_home_page(house: House) -> tuple[int, str, int]:
    """What somebody gets who waits for it, and how the look of it is answered."""
    with house.visitor() as reader:
        page = reader.get("/", timeout=25)
        return page.status_code, page.text, reader.get("/static/shared/rencontres.css").status_code


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


def test_a_mail_server_that_refuses_is_named_with_how_many_wait(mood: Path, story: Story, technician: httpx.Client):
    mood.write_text("refuses")
    story.register(application := an_application())
    says(
        technician,
        "notifications",
        "Courriels que le serveur d’envoi a refusés pour le moment : 1.",
        "essayé à nouveau",
        "Lire la réponse du serveur dans « Messages »",
    )
    waiting = words(technician.get("/equipe/messages?etat=reessai").text)
    assert "450 4.2.1 try later" in waiting
    mood.unlink()
    (one,) = story.api.get("/api/notifications/v1/deliveries?state=retry").json()["items"]
    story.api.post(f"/api/notifications/v1/deliveries/{one['id']}/retry").raise_for_status()
    story.await_mail(application["email"])
    is_quiet(technician, "notifications")
