"""Someone cancels: the first in line is offered the place within moments, takes it, and gets the badge by mail."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.house import House
from tests.journeys.story import Story, an_application, eventually

SAMPLE = json.loads((Path(__file__).parents[2] / "deploy/sample/raict-2026.json").read_text())


@pytest.fixture
def story(house: House) -> Iterator[Story]:
    """The house with one place for partners, and its rules as they were afterwards."""
    house.await_ready()
    told = Story(house)
    set_partners(told, 1)
    yield told
    set_partners(told, None)
    told.close()


def set_partners(story: Story, quota: int | None) -> None:
    """The sample's rules with this many places for partners."""
    rules = SAMPLE["registration"]
    categories = [{**one, **({"quota": quota} if one["id"] == "partenaire" else {})} for one in rules["categories"]]
    answer = story.api.put("/api/registration/v1/editions/raict-2026", json={**rules, "categories": categories})
    assert answer.status_code == 204, answer.text


def offered_by_mail(story: Story, address: str, offer: str) -> bool:
    """Whether a mail holds the link to the offer."""
    bodies = [mail.get_body(("plain",)) for mail in story.mails(address)]
    return any(body is not None and offer in body.get_content() for body in bodies)


@pytest.fixture
def three(story: Story) -> Iterator[list[dict[str, Any]]]:
    """Three partners: one has the place, two wait. In the end none of them comes."""
    made = [partner(story) for _ in range(3)]
    assert [one["status"] for one in made] == ["confirmed", "waitlisted", "waitlisted"]
    yield made
    for one in made:
        story.cancel(one["id"])


def partner(story: Story) -> dict[str, Any]:
    """Somebody who comes as a partner, or waits to."""
    body = an_application(category="partenaire", sessions=[], wait=True)
    answer = story.api.post("/api/registration/v1/registrations", json=body)
    assert answer.status_code == 201, answer.text
    return {**answer.json(), "email": body["email"]}


def is_offered(story: Story, id: str) -> bool:
    found = story.api.get(f"/api/registration/v1/registrations/{id}").json()
    return bool(found["status"] == "offered")


def test_a_freed_place_is_offered_in_order_and_taken_on_its_page(story: Story, three: list[dict[str, Any]]) -> None:
    first, second, third = three
    story.cancel(first["id"])
    eventually(lambda: is_offered(story, second["id"]), "an offer", seconds=20)
    assert not is_offered(story, third["id"])
    offer = second["manage_url"] + "/offre/place"
    assert "Une place" in story.http.get(offer).text
    assert is_offered(story, second["id"]), "looking takes nothing"
    story.http.post(offer, data={"reponse": "oui"})
    assert story.badge(second["id"])["state"] == "active"
    mail = story.await_mail(second["email"], "onfirm")
    assert any(part.get_content_type() == "application/pdf" for part in mail.iter_attachments())
    story.cancel(second["id"])
    eventually(lambda: is_offered(story, third["id"]), "the next offer", seconds=20)


def test_an_offer_nobody_answers_goes_to_the_next_and_says_so(story: Story, three: list[dict[str, Any]]) -> None:
    first, second, third = three
    story.cancel(first["id"])
    offer = second["manage_url"] + "/offre/place"
    eventually(lambda: offered_by_mail(story, second["email"], offer), "the offer by mail")
    story.house.pass_time(hours=25)
    eventually(lambda: is_offered(story, third["id"]), "the next offer", seconds=20)
    late = story.http.post(offer, data={"reponse": "oui"})
    assert "Elle est passée à la personne suivante" in late.text
    taken = story.http.post(third["manage_url"] + "/offre/place", data={"reponse": "oui"})
    assert "Confirmée" in taken.text
    told = story.api.get(f"/api/registration/v1/registrations/{second['id']}").json()
    assert told["status"] == "cancelled"
