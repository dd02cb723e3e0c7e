"""Nothing that a person typed, and no secret, is in a log, whatever the way it took through the house, or broke off."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from pymongo import MongoClient

from deploy.layout import Layout
from services.registration.store import documents
from shared.deadletters import reference
from tests import canaries
from tests.health.conftest import Run
from tests.health.reading import poison
from tests.health.test_commands import put_away
from tests.house import House
from tests.journeys.story import Story, eventually

REGISTER = "/api/registration/v1/registrations"
JSON = {"Content-Type": "application/json"}


@dataclass
class Someone:
    """A person of whom no word stands anywhere else, and the secrets that they and the team hold."""

    mark: str = field(default_factory=lambda: uuid4().hex[:8])
    words: set[str] = field(default_factory=set)
    """Everything they typed or were given."""

    def word(self, what: str) -> str:
        self.words.add(word := f"Kanari{what}{self.mark}")
        return word

    @property
    def email(self) -> str:
        return f"{self.word('mail').lower()}@mairie.example"

    @property
    def application(self) -> dict[str, Any]:
        digits = f"{int(self.mark, 16) % 10**8:08}"
        self.words.add(digits)
        return {
            "category": "elu",
            "given_name": self.word("given"),
            "family_name": self.word("family"),
            "email": self.email,
            "language": "fr",
            "function": self.word("function"),
            "organisation": {"name": self.word("place"), "kind": "other", "country": "FR"},
            "phone": f"+336{digits}",
            "needs_other": self.word("need"),
            "consents": {"privacy": True},
        }


@contextmanager
def broken(layout: Layout, service: str, collection: str, key: str, values: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Inside this block a document holds what its service cannot read."""
    with MongoClient[dict[str, Any]](layout.service_environment(service)["MONGO_URL"]) as client:
        held = client[service][collection]
        whole = held.find_one({"_id": key})
        assert whole is not None
        held.update_one({"_id": key}, {"$set": values})
        yield {**whole, **values}
        held.replace_one({"_id": key}, whole)


def refused(story: Story, one: Someone) -> None:
    """Everything that is not taken: forms, bodies, links, words and passwords that are wrong."""
    form = {"family_name": one.word("form"), "email": f"{one.word('cut')}@", "phone": one.word("phone")}
    bodies = ({"family_name": 7, one.word("key"): one.word("value")}, {**one.application, "category": one.word("kind")})
    answers = [
        story.http.post("/inscription", data=form),
        *(story.http.post(REGISTER, json=body) for body in bodies),
        story.http.post(
            REGISTER, content=f'{{"{one.word("half")}'.encode(), headers={"Content-Type": "application/json"}
        ),
        story.http.get(f"/mon-inscription/01m8d2pvhj6vvkzmm9h9dts906.1.{one.word('link').lower()}"),
        story.http.get(f"/badge/01m8d2pvhj6vvkzmm9h9dts906.1.{one.word('link').lower()}.pdf"),
        story.http.get(f"/{one.email}"),
        story.http.post("/equipe/connexion", data={"email": one.email, "password": one.word("password")}),
        httpx.get(
            f"{story.house.base_url}{REGISTER}", headers={"Authorization": f"Bearer {one.word('token')}"}, timeout=15
        ),
    ]
    assert all(400 <= answer.status_code < 500 for answer in answers), answers
    scan = {"token": one.word("scan"), "gate": one.word("gate"), "nonce": uuid4().hex}
    assert story.api.post("/api/badges/v1/check-ins", json=scan).json()["result"] == "unknown"


def in_logs(house: House, words: set[str]) -> dict[str, set[str]]:
    """The words that each log of the house holds."""
    logs = {file.name: file.read_bytes() for file in (house.var / "log").iterdir()}
    assert {"caddy.log", "registration.log", "notifications.log", "badges.log", "mail.log"} <= set(logs)
    return {name: held for name, text in logs.items() if (held := canaries.found(words, text))}


def logged(house: House, service: str, *wanted: str) -> bool:
    """Whether one line of the service's log holds all of this."""
    lines = (house.var / f"log/{service}.log").read_text().splitlines()
    return any(all(word in line for word in wanted) for line in lines)


def registered(house: House, story: Story, technician: httpx.Client, one: Someone) -> tuple[str, str]:
    """Their id and page, once the mail server has refused their mail and taken it after all."""
    mood = Path(house.settings["MAIL_MOOD"])
    mood.write_text("refuses")
    made = story.register(one.application)
    page = urlsplit(made["manage_url"]).path
    one.words |= {made["id"], page.rpartition(".")[2], house.token[-40:], house.staff_password}
    sought = {"q": one.email}
    eventually(lambda: "450 4.2.1" in technician.get("/equipe/messages", params=sought).text, "the mail refused")
    mood.unlink()
    story.http.post("/inscription/retrouver", data={"email": one.email})
    story.await_mail(one.email, "lien")
    return made["id"], page


def test_nobody_and_no_secret_is_in_a_log_whatever_went_wrong(
    house: House, layout: Layout, story: Story, technician: httpx.Client, run: Run
):
    one = Someone()
    id, page = registered(house, story, technician, one)
    refused(story, one)
    status, holder = ({"status": one.word(what)} for what in ("status", "holder"))
    with broken(layout, "registration", "registrations", id, status) as document:
        assert technician.get(f"/equipe/inscriptions/{id}").status_code == 500
        assert story.http.get(page).status_code == 500
        with pytest.raises(ValueError, match=status["status"]) as error:
            documents.registration(document)
    with broken(layout, "badges", "holders", id, holder):
        headers = {"If-Match": story.api.get(f"{REGISTER}/{id}").headers["ETag"]}
        change = {"function": one.word("other")}
        story.api.patch(f"{REGISTER}/{id}", json=change, headers=headers).raise_for_status()
        eventually(lambda: logged(house, "badges", '"fact.failed"', '"ValidationError"'), "a fact that failed")
    poison(layout.nats_admin_url, body := one.word("poison"), about=id)
    for service in ("badges", "notifications"):
        letter = (reference(f"{service}_registration:registration:{id}:0-{body}"), '"fact.parked"', "unreadable")
        eventually(lambda service=service, letter=letter: logged(house, service, *letter), "this fact set aside")
    put_away(run)

    assert logged(house, "registration", '"request.failed"', '"ValidationError"')
    assert logged(house, "registration", '"status": 422')
    assert len(one.words) > 25
    assert in_logs(house, one.words) == {}
    quoted = "".join(traceback.format_exception(error.value))
    assert canaries.found(one.words, quoted.encode()) == {status["status"]}, "what a log that quotes errors would hold"
