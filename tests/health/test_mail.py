"""What may be wrong with mail, named on the card of « Messages » with what to do, and gone once it is mended."""

from pathlib import Path
from typing import Any

import httpx

from tests.health.conftest import Later
from tests.health.reading import alone_says, is_quiet
from tests.house import House
from tests.journeys.story import Story, an_application, eventually

DELIVERIES = "/api/notifications/v1/deliveries"


def delivery(story: Story, address: str) -> dict[str, Any]:
    """The one mail to this address."""
    found = story.api.get(DELIVERIES, params={"recipient": address}).raise_for_status().json()["items"]
    assert len(found) == 1, found
    return dict(found[0])


def await_try(story: Story, address: str, number: int, state: str) -> None:
    """Wait until this attempt at the one mail has ended so."""
    eventually(
        lambda: [(mail := delivery(story, address))["attempts"], mail["state"]] == [number, state],
        f"attempt {number}: {state}",
    )


def send_again(story: Story, address: str) -> None:
    story.api.post(f"{DELIVERIES}/{delivery(story, address)['id']}/retry").raise_for_status()
    story.await_mail(address)


def test_mail_that_is_late_is_counted(house: House, later: Later, story: Story, technician: httpx.Client):
    with house.without("mail"):
        registered = story.register(application := an_application())
        await_try(story, application["email"], 0, "queued")
        story.badge(registered["id"])  # what is told while it is later is told from the future
        with later(minutes=3):
            alone_says(technician, "notifications", "Courriels en retard : 1.", "Regarder l’état du serveur d’envoi")
    story.await_mail(application["email"])
    is_quiet(technician, "notifications")


def test_a_mail_server_that_takes_nothing_from_us_is_named_with_its_answer(
    house: House, mood: Path, story: Story, technician: httpx.Client
):
    mood.write_text("bars")
    house.kill("mail")  # what greeted it before has to do so again
    story.register(application := an_application())
    alone_says(
        technician,
        "notifications",
        "le serveur d’envoi nous refuse (réponse 554).",
        "Vérifier le mot de passe et l’adresse d’envoi",
    )
    mood.unlink()
    story.await_mail(application["email"])
    is_quiet(technician, "notifications")


def test_mail_that_was_refused_for_good_is_counted_until_it_is_sent_again(
    mood: Path, story: Story, technician: httpx.Client
):
    mood.write_text("rejects")
    story.register(application := an_application())
    alone_says(
        technician,
        "notifications",
        "Courriels refusés pour de bon depuis hier : 1.",
        "Corriger l’adresse avec la personne, puis renvoyer.",
    )
    mood.unlink()
    send_again(story, application["email"])
    is_quiet(technician, "notifications")


def test_mail_that_may_have_arrived_waits_for_somebody_to_decide(
    mood: Path, later: Later, story: Story, technician: httpx.Client
):
    mood.write_text("loses")
    story.register(application := an_application())
    await_try(story, application["email"], 1, "unknown")
    with later(minutes=1):
        await_try(story, application["email"], 2, "unknown")
        with later(minutes=1):
            alone_says(
                technician,
                "notifications",
                "Courriels dont on ne sait pas s’ils sont arrivés : 1.",
                "Décider pour chacun : renvoyer, ou abandonner.",
            )
    mood.unlink()
    send_again(story, application["email"])
    is_quiet(technician, "notifications")
