"""A house in which everything has happened once: waiting, offers, a skip, a transfer, a release, a day at the door."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from deploy.layout import Layout
from deploy.topology import SERVICES
from deploy.verify.seen import Environments, Seen, look
from shared.rebuild import journal_begins
from tests.house import House, running_house
from tests.journeys.story import Story, an_application, eventually

SAMPLE = json.loads((Path(__file__).parents[2] / "deploy/sample/raict-2026.json").read_text())
EDITION, ATELIER = "raict-2026", "2026-08"


class Life(Story):
    """The people of this house by name, and what happens to them."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.ids: dict[str, str] = {}
        self.links: dict[str, str] = {}

    def comes(self, name: str, **choice: Any) -> str:
        """Register somebody; the status they got."""
        body = {"given_name": name, "email": f"{name}-{uuid4().hex[:8]}@mairie.example", "sessions": [], **choice}
        made = self.api.post(
            "/api/registration/v1/registrations",
            json=an_application(**body),
            headers={"Idempotency-Key": f"verify-{name}"},
        ).json()
        self.ids[name], self.links[name] = made["id"], made["manage_url"]
        return str(made["status"])

    def set_rules(self, **rules: Any) -> None:
        """The sample's rules with these, and one place for partners."""
        sample = SAMPLE["registration"]
        categories = [{**one, **({"quota": 1} if one["id"] == "partenaire" else {})} for one in sample["categories"]]
        body = {**sample, "categories": categories, **rules}
        self.api.put(f"/api/registration/v1/editions/{EDITION}", json=body).raise_for_status()

    def release(self, **changes: Any) -> None:
        """Change the atelier, and tell everybody."""
        address = f"/api/programme/v1/editions/{EDITION}"
        draft = self.api.get(f"{address}/draft").json()
        for session in draft["sessions"]:
            session.update(changes if session["id"] == ATELIER else {})
        self.api.put(address, json=draft).raise_for_status()
        self.api.post("/api/programme/v1/releases", json={"edition": EDITION}).raise_for_status()

    def places_left(self) -> int | None:
        """In the atelier, as the form says."""
        form = self.http.get("/api/registration/v1/form").json()
        return next(one["places_left"] for one in form["sessions"] if one["id"] == ATELIER)  # type: ignore[no-any-return]

    def is_offered(self, name: str) -> bool:
        """Whether a place is held for them, at the edition or in the atelier."""
        found = self.api.get(f"/api/registration/v1/registrations/{self.ids[name]}").json()
        held = [one for one in found["waiting"] if one["offered_until"]] if "waiting" in found else []
        return bool(found["status"] == "offered" or held)

    def hands_over(self, name: str, successor: str) -> None:
        """The place in other hands."""
        form = {
            "given_name": successor,
            "family_name": "Autret",
            "email": f"{successor}-{uuid4().hex[:8]}@mairie.example",
            "language": "fr",
            "function": "Maire",
            "organisation_name": "Montreuil",
            "organisation_kind": "commune",
            "organisation_code": "93048",
            "organisation_country": "FR",
            "privacy": "on",
            "confirmed": "yes",
        }
        self.http.post(f"{self.links[name]}/transmettre", data=form).raise_for_status()

    def prints(self, *, forgets: bool = False) -> None:
        """All badges there are, in one batch."""
        address = "/equipe/badges/tirages"
        with closing(self.house.visitor()) as team:
            team.post(
                "/equipe/connexion", data={"email": self.house.staff_email, "password": self.house.staff_password}
            )

            def press() -> str | None:
                page = team.get(address, params={"lesquels": "all"}).text
                fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
                made = team.post(address, data=fields)
                return made.url.path if made.history else None  # it leads to the batch

            batch = eventually(press, "a batch")
            if forgets:
                team.post(f"{batch}/ecarter")


def live(life: Life) -> None:
    """What happens, once each."""
    life.release(capacity=1)
    eventually(lambda: life.places_left() == 1, "the one place at the form")
    life.set_rules(quota=4)
    first = [life.comes("Ana", sessions=[ATELIER]), life.comes("Bo", category="partenaire"), life.comes("Clara")]
    assert first == ["confirmed"] * 3
    assert life.comes("Dan", waiting=[ATELIER]) == "confirmed"
    assert life.comes("Ewa", category="partenaire", wait=True) == "waitlisted"
    assert life.comes("Fay", wait=True) == "waitlisted"
    life.set_rules(quota=5)  # one more place: not for a second partner
    eventually(lambda: life.is_offered("Fay"), "an offer past somebody whose category is full")
    life.http.post(f"{life.links['Fay']}/offre/place", data={"reponse": "oui"}).raise_for_status()
    token = life.badge(life.ids["Ana"])["token"]
    assert life.check_in(token)["result"] == "admitted"
    life.cancel(life.ids["Ana"])
    eventually(lambda: life.check_in(token)["result"] == "revoked", "the cancelled badge refused")
    eventually(lambda: life.is_offered("Dan"), "the freed place in the atelier")
    life.comes("Hal", sessions=["2026-02"])
    assert life.check_in(life.badge(life.ids["Hal"])["token"])["result"] == "admitted"
    life.api.post(f"/api/registration/v1/registrations/{life.ids['Hal']}/erase").raise_for_status()
    life.hands_over("Clara", "Gwenn")
    life.release(room="monge")
    life.prints()
    life.prints(forgets=True)
    assert life.check_in(life.badge(life.ids["Fay"])["token"])["result"] == "admitted"


@pytest.fixture(scope="package")
def lived(scratch: Path) -> Iterator[House]:
    """The house after all of that, running."""
    with running_house(scratch / "verified") as house:
        with closing(Life(house)) as life:
            live(life)
        yield house


@pytest.fixture(scope="package")
def reachable(lived: House) -> Environments:
    """What the command finds beside this house."""
    layout = Layout.running({"VAR": str(lived.var)})
    return {service: layout.service_environment(service) for service in SERVICES}


@pytest.fixture(scope="package")
def stream_url(lived: House) -> str:
    """NATS as the user who may read the stream."""
    return Layout.running({"VAR": str(lived.var)}).nats_admin_url


@pytest.fixture(scope="package")
def settled(reachable: Environments, stream_url: str) -> Seen:
    """One look at it, once everything was told and taken in. Tests work on copies."""

    def quiet() -> Seen | None:
        """A look that the next one finds unchanged: nothing happened while it read one database after another."""
        seen = look(reachable, stream_url)
        erasing = any(one["open"] for service in SERVICES for one in seen.of(service, "erasures"))
        there = all(len(one["there"]) == 2 for one in seen.of("registration", "erasures"))
        if seen.busy or erasing or not there:
            return None
        return seen if look(reachable, stream_url).entries == seen.entries else None

    return eventually(quiet, "a house at rest")


@pytest.fixture
def seen(settled: Seen) -> Seen:
    """A copy of that look, to be hurt; nothing it has worked out is kept."""
    return replace(deepcopy(settled))


def rebuilt(seen: Seen, service: str, at: datetime | None = None) -> None:
    """The database was lost, and came back from facts: its journal begins anew."""
    seen.of(service, "audit")[:] = [journal_begins(service, at or seen.at)]
    for one in seen.of(service, "check_ins") if service == "badges" else ():
        one["actor"] = "rebuilt"
    if service == "badges":
        seen.of(service, "batches").clear()
