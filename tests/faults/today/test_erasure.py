"""I17: somebody of whom every word is a canary goes through everything, is erased, and is found nowhere.

What leaves the house is not looked at: the Maildir is the world outside. MongoDB's oplog, journal and data files
keep what they hold until it is written over (`docs/decisions/0020-erasure.md`).
"""

import asyncio
import os
import shutil
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import nats
import pytest

from deploy import manage
from deploy.children import await_until, listening
from deploy.layout import Layout
from deploy.local import provision
from deploy.verify.seen import messages
from shared.mongo import connect
from tests import canaries
from tests.house import SERVICES
from tests.journeys.story import Story, eventually

POISONED = "rencontres.registration.confirmed.v1"
PAGES = (
    "/equipe/inscriptions", "/equipe/inscriptions?q=kanari", "/equipe/inscriptions/attente",
    "/equipe/inscriptions/importer",
    "/equipe/inscriptions/{id}", "/equipe/inscriptions/{id}/modifier", "/equipe/inscriptions/{id}/effacer",
    "/equipe/fragments/registration/person/{id}",
    "/equipe/messages", "/equipe/messages?q=kanari", "/equipe/fragments/notifications/person/{id}", "/equipe/sante",
    "/equipe/badges?q=kanari", "/equipe/badges", "/equipe/fragments/badges/person/{id}", "/accueil/recherche?q=kanari",
    "/equipe/fragments/registration/badge/{id}", "/equipe/fragments/badges/arrivals", "{page}", "{page}/donnees",
    "/api/registration/v1/registrations?q=kanari&limit=500", "/api/registration/v1/registrations/{id}",
    "/api/notifications/v1/deliveries?limit=500", "/api/notifications/v1/deliveries?recipient=kanari&limit=500",
    "/api/badges/v1/badges?limit=500", "/api/badges/v1/badges?registration={id}", "/api/badges/v1/attendance",
)  # fmt: skip


@dataclass
class Canary:
    """One person whose every word stands nowhere else; `before` is who held the registration first."""

    mark: str = field(default_factory=lambda: uuid4().hex[:8])
    id: str = ""
    page: str = ""
    badge: str = ""

    def word(self, what: str) -> str:
        return f"Kanari{what}{self.mark}"

    @property
    def phone(self) -> str:
        return f"+33 6 {int(self.mark, 16) % 10**9:09}"

    @property
    def words(self) -> list[str]:
        """Everything to look for. An address is looked for by what stands before its sign."""
        texts = [self.word(f"{what}{who}") for who in ("", "2") for what in ("given", "family", "function", "mail")]
        return [*texts, *map(self.word, ("place", "need", "poison")), self.phone.split()[-1], self.badge]

    def application(self, who: str = "", **more: Any) -> dict[str, Any]:
        return {
            "category": "elu",
            "given_name": self.word(f"given{who}"),
            "family_name": self.word(f"family{who}"),
            "email": f"{self.word(f'mail{who}').lower()}@mairie.example",
            "language": "fr",
            "function": self.word(f"function{who}"),
            "organisation": {"name": self.word("place"), "kind": "other", "country": "FR"},
            "phone": self.phone,
            "sessions": ["2026-02"],
            "needs": ["vegetarian"],
            "consents": {"privacy": True, "image": False, "participants_list": True},
            **more,
        }

    def line(self) -> bytes:
        """The person once more, in a list that the team sends."""
        said = self.application()
        fields = ("given_name", "family_name", "function", "email", "category")
        values = [*(said[name] for name in fields), said["organisation"]["name"], self.word("need"), self.phone]
        headings = [*fields, "organisation_name", "needs_other", "phone"]
        return f"{';'.join(headings)}\n{';'.join(values)}\n".encode()


@pytest.fixture
def story(story: Story) -> Story:
    """Its browser is the team's."""
    form = {"email": story.house.staff_email, "password": story.house.staff_password, "suite": "/equipe"}
    story.http.post("/equipe/connexion", data=form)
    return story


@pytest.fixture
def canary(story: Story, layout: Layout) -> Canary:
    """Somebody who went through everything, and whose words are everywhere."""
    return live(story, layout)


def live(story: Story, layout: Layout) -> Canary:
    one = Canary()
    made = story.register(one.application("2"))
    one.id, page = made["id"], urlsplit(made["manage_url"]).path
    story.await_mail(one.application("2")["email"], "confirmée")
    successor = one.application()
    handed = {f"organisation_{name}": value for name, value in successor.pop("organisation").items()}
    handed |= {name: value for name, value in successor.items() if isinstance(value, str)}
    story.http.post(f"{page}/transmettre", data={**handed, "privacy": "yes", "confirmed": "yes"}).raise_for_status()
    story.await_mail(successor["email"], "transmise")
    read = story.api.get(f"/api/registration/v1/registrations/{one.id}")
    one.page = urlsplit(read.json()["manage_url"]).path
    change = {"needs_other": one.word("need"), "phone": one.phone}
    headers = {"If-Match": read.headers["ETag"]}
    story.api.patch(f"/api/registration/v1/registrations/{one.id}", json=change, headers=headers).raise_for_status()
    story.http.post("/inscription/retrouver", data={"email": successor["email"]})
    story.await_mail(successor["email"], "le lien")
    story.http.post("/equipe/inscriptions/importer", files={"file": ("liste.csv", one.line())}).raise_for_status()
    badges = story.api.get("/api/badges/v1/badges", params={"registration": one.id}).json()["items"]
    (badge,) = [each for each in badges if each["state"] == "active"]
    one.badge = badge["code"]
    assert story.check_in(badge["token"])["result"] == "admitted"
    asyncio.run(poison(layout.nats_admin_url, one))
    missing = set(one.words)
    eventually(lambda: not (missing - held(layout, one)), "every canary somewhere")
    assert not missing - in_stream(layout, one) - {one.phone.split()[-1], one.word("need")}
    return one


async def poison(url: str, one: Canary) -> None:
    """A message about the person that nobody can read: it ends as a dead letter in two services."""
    client = await nats.connect(url)
    headers = {"ce-type": POISONED, "ce-id": f"poison-{one.mark}"}
    await client.jetstream().publish(f"{POISONED}.{one.id}", f"{{{one.word('poison')}".encode(), headers=headers)
    await client.close()


def held(layout: Layout, one: Canary) -> set[str]:
    """The words that some database holds."""
    return set().union(*(words for places in in_databases(layout, one).values() for words in places.values()))


def in_databases(layout: Layout, one: Canary) -> dict[str, dict[str, set[str]]]:
    """Every document of every collection of every service, by service and collection."""

    async def look() -> dict[str, dict[str, set[str]]]:
        found = {}
        for service in SERVICES:
            client = connect(layout.service_environment(service)["MONGO_URL"])
            if places := await canaries.places(client[service], one.words):
                found[service] = places
            client.close()
        return found

    return asyncio.run(look())


def in_stream(layout: Layout, one: Canary) -> set[str]:
    """The words that some message of the stream holds, in its headers or its body."""

    async def look() -> set[str]:
        client = await nats.connect(layout.nats_admin_url)
        read = [(str(one.headers).encode(), one.data) async for one in messages(client.jetstream(timeout=10))]
        await client.close()
        return canaries.found(one.words, *(part for parts in read for part in parts))

    return asyncio.run(look())


def in_files(folder: Path, one: Canary) -> set[str]:
    files = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    return canaries.found(one.words, *files)


def in_answers(story: Story, one: Canary) -> dict[str, set[str]]:
    """The words in whatever the house answers about the person, and in its figures."""
    found = {}
    addresses = [path.format(id=one.id, page=one.page) for path in PAGES]
    inner = [f"http://127.0.0.1:{story.house.ports[service]}/metrics" for service in SERVICES]
    for address in [*addresses, *inner]:
        client: httpx.Client = story.api if address.startswith("/api/") else story.http
        answer = client.get(address)
        assert answer.status_code < 500, address
        if here := canaries.found(one.words, answer.content, str(answer.headers).encode()):
            found[address] = here
    return found


def forgotten(story: Story, one: Canary) -> bool:
    """Whether every service has said so, and the page for the team shows it."""
    page = story.http.get(f"/equipe/inscriptions/{one.id}/effacer").text
    return page.count("Effacé<") + page.count("Effacé\n") >= 3 and "En cours" not in page


def nowhere(story: Story, layout: Layout, one: Canary) -> bool:
    """Whether the person is found in no database, message, file of NATS, log, or answer."""
    assert in_databases(layout, one) == {}
    assert in_stream(layout, one) == set()
    assert in_files(layout.var / "nats", one) == set()
    assert in_files(layout.var / "log", one) == set()
    assert in_answers(story, one) == {}
    return True


@pytest.mark.parametrize("away", ["badges", "notifications"])
def test_somebody_erased_while_a_service_is_away_is_found_nowhere(
    story: Story, layout: Layout, canary: Canary, away: str
) -> None:
    assert in_answers(story, canary)
    with story.house.without(away):
        page = story.http.post(f"{canary.page}/effacer")
        assert "Vos données sont effacées" in page.text
        assert story.http.get(canary.page).status_code == 404
        assert story.http.post(f"{canary.page}/effacer").status_code == 404
        assert "En cours" in story.http.get(f"/equipe/inscriptions/{canary.id}/effacer").text
    last = story.await_mail(canary.application()["email"], "vos données sont effacées")
    assert last is not None
    eventually(lambda: forgotten(story, canary), "the erasure told by all")
    eventually(lambda: nowhere(story, layout, canary), "the person nowhere")


def test_a_wiped_stream_told_again_brings_nobody_back(story: Story, layout: Layout, canary: Canary) -> None:
    assert manage.main(["erase", "--yes", canary.application()["email"]]) == 0
    eventually(lambda: forgotten(story, canary), "the erasure told by all")
    hold = layout.var / "run/nats.hold"
    hold.touch()
    os.kill(story.house.pid("nats"), signal.SIGKILL)
    await_until(lambda: story.house.pid("nats") == 0, "the end of nats")
    shutil.rmtree(layout.var / "nats/jetstream")
    hold.unlink()
    await_until(lambda: listening(layout.ports["nats"]), "nats again", limit=60)
    provision(layout)
    story.house.await_ready()
    assert manage.main(["replay"]) == 0
    assert manage.main(["erase", "--yes", canary.id]) == 0
    other = live(story, layout)  # told after everything else: once its mails are there, the rest was read
    eventually(lambda: nowhere(story, layout, canary), "the person nowhere")
    assert held(layout, other)


def test_without_the_janitor_the_stream_remembers(story: Story, layout: Layout, canary: Canary) -> None:
    with story.house.without("janitor"):
        story.api.post(f"/api/registration/v1/registrations/{canary.id}/erase").raise_for_status()
        eventually(lambda: forgotten(story, canary), "the erasure told by all")
        assert in_stream(layout, canary)
    eventually(lambda: nowhere(story, layout, canary), "the person nowhere")
