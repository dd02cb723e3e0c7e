"""The story of one participant, with processes killed in the middle: it must end the same, nothing lost, nothing twice.

Shows I1, I2, I5 and I6 at the named failpoints of each service, and for every program killed between two steps.
"""

from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.house import House
from tests.journeys.story import Story, an_application, attachment, eventually, printed_code

ROUNDS = [
    {"registration": "before-commit", "badges": "before-commit", "notifications": "before-commit"},
    {"registration": "after-commit", "badges": "after-commit", "notifications": "after-commit"},
    {"registration": "after-publish", "badges": "after-publish", "notifications": "before-ack"},
    {"registration": "before-ack", "badges": "before-ack", "notifications": "mail-before-data"},
    {"programme": "after-commit", "notifications": "mail-after-data"},
    {"programme": "before-commit", "notifications": "after-publish"},
]
"""Where a service dies, once each; several services in one round, since each must bear its neighbours' deaths too."""

KILLED = [("mongod",), ("nats",), ("mail", "caddy"), ("registration", "programme", "notifications", "badges")]
"""Programs that get `kill -9`, all of a row at the same moment."""


def sign_in(story: Story) -> None:
    """Staff sign in, again if the answer is lost."""
    form = {"email": story.house.staff_email, "password": story.house.staff_password, "suite": "/equipe"}

    def post() -> bool:
        answer = story.http.post("/equipe/connexion", data=form)
        return answer.is_success and "rencontres_staff" in story.http.cookies

    eventually(post, "a sign-in")


def has_badge(mail: EmailMessage) -> bool:
    return any(part.get_content_type() == "application/pdf" for part in mail.iter_attachments())


def code_of(story: Story, registration: str, mail: EmailMessage) -> str:
    """The code on the paper, or, when the mail had to leave without it, the one that was issued."""
    if has_badge(mail):
        return printed_code(attachment(mail, "application/pdf"))
    return str(story.badge(registration)["code"])


def at_the_door_and_back(story: Story, registration: str, code: str) -> None:
    """Scanned twice, cancelled, scanned again."""
    nonce = uuid4().hex
    first = story.check_in(code, nonce)
    assert (first["result"], first["rehearsal"]) == ("admitted", True)
    assert story.check_in(code, nonce)["result"] == "admitted", "the same scan, sent again, has the same answer"
    again = story.check_in(code)
    assert again["result"] == "already"
    assert again["first_seen"]
    story.cancel(registration)
    eventually(lambda: story.check_in(code)["result"] == "revoked", "the cancelled badge refused")


def nothing_lost_nothing_twice(story: Story, registration: str, address: str, *, died_after_data: bool = False) -> None:
    """One registration, one badge, one confirmation and one cancellation by mail."""
    found = listed(story, "/api/registration/v1/registrations", q=address)
    assert [(item["id"], item["status"]) for item in found] == [(registration, "cancelled")]
    badges = listed(story, "/api/badges/v1/badges", registration=registration)
    assert [badge["state"] for badge in badges] == ["revoked"]
    states = eventually(lambda: settled(story, address), "every mail settled")
    mails = story.mails(address)
    if died_after_data:  # I8: the one case in which a mail may come twice, then with the same Message-ID
        assert len({str(mail["Message-ID"]) for mail in mails}) == 2
        assert set(states.values()) <= {"sent", "unknown", "expired"}
    else:
        assert len(mails) == 2
        assert set(states.values()) == {"sent"}


def listed(story: Story, path: str, **params: str) -> list[dict[str, Any]]:
    """What a list holds, asked until it answers: a program may just have been killed."""

    def get() -> list[dict[str, Any]]:
        answer = story.api.get(path, params=params)
        answer.raise_for_status()
        return list(answer.json()["items"])

    return eventually(get, f"an answer of {path}")


def settled(story: Story, address: str) -> dict[str, str]:
    """The state of each template's delivery once none is under way; a template delivered twice fails."""
    answer = story.api.get("/api/notifications/v1/deliveries", params={"recipient": address})
    answer.raise_for_status()
    deliveries = answer.json()["items"]
    states = {delivery["template"]: delivery["state"] for delivery in deliveries}
    assert len(states) == len(deliveries)
    under_way = [one for one in deliveries if one["state"] == "sending" or one["due_at"]]  # also of unknown outcome
    return states if {"confirmation", "cancellation"} <= set(states) and not under_way else {}


@pytest.mark.parametrize("places", ROUNDS, ids=lambda places: ",".join(f"{k}:{v}" for k, v in places.items()))
def test_the_story_ends_the_same_when_services_die_at(story: Story, house: House, places: dict[str, str]):
    for service, place in places.items():
        house.arm(service, place)
    application, key = an_application(), uuid4().hex
    registered = story.register(application, key)
    assert story.register(application, key) == registered
    sign_in(story)
    code = code_of(story, registered["id"], story.await_mail(application["email"]))
    at_the_door_and_back(story, registered["id"], code)
    nothing_lost_nothing_twice(
        story, registered["id"], application["email"], died_after_data="mail-after-data" in places.values()
    )
    alive = [f"{service}:{place}" for service, place in places.items() if house.is_armed(service, place)]
    assert alive == [], "never reached: for these the test showed nothing"


@pytest.mark.parametrize("programs", KILLED, ids="+".join)
def test_the_story_ends_the_same_when_programs_are_killed(story: Story, house: House, programs: tuple[str, ...]):
    application, key = an_application(), uuid4().hex
    registered = story.register(application, key)
    house.kill(*programs)
    assert story.register(application, key) == registered
    mail = story.await_mail(application["email"])
    code = code_of(story, registered["id"], mail)
    at_the_door_and_back(story, registered["id"], code)
    house.kill(*programs)
    nothing_lost_nothing_twice(
        story, registered["id"], application["email"], died_after_data=bool({"mail", "notifications"} & set(programs))
    )


def test_the_same_key_with_another_body_is_refused_and_changes_nothing(story: Story):
    application, key = an_application(), uuid4().hex
    registered = story.register(application, key)
    other = {**application, "given_name": "Maëlle"}
    answer = story.http.post("/api/registration/v1/registrations", json=other, headers={"Idempotency-Key": key})
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    found = story.api.get("/api/registration/v1/registrations", params={"q": application["email"]}).json()["items"]
    assert [item["id"] for item in found] == [registered["id"]]
