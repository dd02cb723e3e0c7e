"""What is wrong less often, named on the health page in plain words with what to do, and gone once it is mended."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pymongo import MongoClient

from deploy.layout import Layout
from tests.health.reading import is_quiet, says
from tests.house import House
from tests.journeys.story import Story, an_application


def database(layout: Layout, service: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(layout.service_environment(service)["MONGO_URL"])


def test_data_that_should_be_gone_is_named_whoever_fails_to_delete_it(layout: Layout, technician: httpx.Client):
    with database(layout, "badges") as client:
        journal = client["badges"]["audit"]
        journal.insert_one({"_id": "old", "at": datetime.now(UTC) - timedelta(days=1000)})
        says(technician, "badges", "qui devaient être effacées sont encore là : 1.", "Lire « retention.failed »")
        journal.delete_one({"_id": "old"})
    is_quiet(technician, "badges")


def test_a_service_whose_clock_is_ahead_is_named_by_those_who_hear_it(
    house: House, story: Story, technician: httpx.Client
):
    house.put_clock_off("registration", minutes=10)
    story.register(an_application())
    says(technician, "badges", "« Inscriptions » date ses nouvelles de l’avenir", "Remettre cette machine à l’heure")
    house.put_clock_off("registration")
    story.register(application := an_application())
    story.await_mail(application["email"])
    is_quiet(technician, "badges", "registration", "notifications")
