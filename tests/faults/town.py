"""A house full of people, by name, with what each of them was mailed."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from deploy.topology import SERVICES
from tests.faults.losing import quiet
from tests.house import House
from tests.journeys.story import Story, an_application, eventually

EDITION, FEW, OTHER = "raict-2026", "2026-08", "2026-13"
"""The edition, an atelier with one place, and one with many."""


class Town(Story):
    """People in every state, by name."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.people: dict[str, dict[str, Any]] = {}
        self.mail: dict[str, str] = {}

    def comes(self, name: str, **choice: Any) -> None:
        """Register `name`, and wait for their first mail."""
        self.registers(name, **choice)
        self.await_mail(self.mail[name])

    def registers(self, name: str, **choice: Any) -> None:
        """Register `name`, whose mail is on its way."""
        self.mail.setdefault(name, f"{name}-{uuid4().hex[:6]}@rebuild.example")
        application = an_application(given_name=name.title(), email=self.mail[name], **{"sessions": [], **choice})
        self.people[name] = self.register(application)

    def counts(self) -> dict[str, int]:
        """How many mails everybody has received."""
        return {name: len(self.mails(address)) for name, address in self.mail.items()}

    def settle(self) -> None:
        """Nothing is on its way any more."""
        self.house.await_ready()
        eventually(quiet(self.house, SERVICES), "every fact told and taken in")
        eventually(lambda: not self.deliveries("queued") + self.deliveries("sending"), "every mail settled")

    def deliveries(self, state: str) -> list[dict[str, Any]]:
        """The mails in this state."""
        answer = self.api.get("/api/notifications/v1/deliveries", params={"state": state, "limit": 500})
        return list(answer.raise_for_status().json()["items"])

    def page(self, name: str, path: str = "") -> str:
        """What this person's link shows."""
        return self.http.get(urlsplit(self.people[name]["manage_url"]).path + path).text


def opening(house: House) -> datetime:
    """When the first session begins."""
    with house.visitor() as http:
        days = http.get("/programme/schedule.json").json()["schedule"]["conference"]["days"]
    return min(
        datetime.fromisoformat(talk["date"]) for day in days for talks in day["rooms"].values() for talk in talks
    )


def few_places(town: Town) -> None:
    """One place in an atelier and one for the press; registration stays open to the end."""
    address = f"/api/programme/v1/editions/{EDITION}"
    draft = town.api.get(f"{address}/draft").json()
    for session in draft["sessions"]:
        session["capacity"] = 1 if session["id"] == FEW else session["capacity"]
    town.api.put(address, json=draft).raise_for_status()
    town.api.post("/api/programme/v1/releases", json={"edition": EDITION}).raise_for_status()
    rules = {
        "categories": [
            {"id": "elu", "label": {"fr": "Élu"}, "authorities": True},
            {"id": "presse", "label": {"fr": "Presse"}, "quota": 1},
        ],
        "quota": 600,
        "opens_days_before": 120,
        "closes_days_before": 0,
        "freezes": {"transfer": 0},
    }
    town.api.put(f"/api/registration/v1/editions/{EDITION}", json=rules).raise_for_status()

    def ready() -> bool:
        form = town.api.get("/api/registration/v1/form").json()
        return next(one for one in form["sessions"] if one["id"] == FEW)["places_left"] == 1

    eventually(ready, "the place at the form")
