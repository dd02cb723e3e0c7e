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


def partner(story: Story, **more: Any) -> dict[str, Any]:
    """Somebody who comes as a partner, or waits to."""
    body = an_application(category="partenaire", sessions=[], wait=True, **more)
    answer = story.api.post("/api/registration/v1/registrations", json=body)
    assert answer.status_code == 201, answer.text
    return {**answer.json(), "email": body["email"]}


def is_offered(story: Story, id: str) -> bool:
    found = story.api.get(f"/api/registration/v1/registrations/{id}").json()
    return bool(found["status"] == "offered")


def test_a_freed_place_is_offered_in_order_and_taken_on_its_page(story: Story) -> None:
    first, second, third = partner(story), partner(story), partner(story)
    assert [one["status"] for one in (first, second, third)] == ["confirmed", "waitlisted", "waitlisted"]
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
