"""A whole house that is overrun, loses its stream, or is told nonsense: nothing lost, nothing twice, nobody waits."""

import asyncio
import os
import re
import shutil
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import nats
import pytest

from deploy import manage
from deploy.children import await_until, listening
from deploy.layout import Layout
from deploy.local import provision
from tests.house import House
from tests.journeys.story import Story, an_application, eventually

PROGRAMME, EDITION = "/api/programme/v1", "raict-2026"
PLACES = 10
TOLD = "rencontres.registration.confirmed.v1"


@pytest.fixture
def session(story: Story) -> str:
    """A released session with few places."""
    id = f"few-{uuid4().hex[:8]}"
    draft = story.api.get(f"{PROGRAMME}/editions/{EDITION}/draft").json()
    pattern = next(one for one in draft["sessions"] if one["id"] == "2026-02")
    draft["sessions"].append({**pattern, "id": id, "capacity": PLACES, "room": None, "speakers": []})
    story.api.put(f"{PROGRAMME}/editions/{EDITION}", json=draft).raise_for_status()
    story.api.post(f"{PROGRAMME}/releases", json={"edition": EDITION}).raise_for_status()
    eventually(lambda: places_left(story, id) == PLACES, "the session on the form")
    return id


def places_left(story: Story, session: str) -> int | None:
    listed = story.api.get("/api/registration/v1/form").json()["sessions"]
    return next((one["places_left"] for one in listed if one["id"] == session), None)


def send(story: Story, application: dict[str, Any], key: str) -> httpx.Response:
    """Register, again and again while there is no answer or the service is away."""

    def post() -> httpx.Response | None:
        headers = {"Idempotency-Key": key}
        answer = story.api.post("/api/registration/v1/registrations", json=application, headers=headers)
        return None if answer.is_server_error else answer

    return eventually(post, "an answer")


def test_the_last_places_are_given_once_though_the_service_dies_meanwhile(story: Story, house: House, session: str):
    wanted = [(an_application(sessions=[session]), uuid4().hex) for _ in range(6 * PLACES)]
    with ThreadPoolExecutor(20) as pool:
        answering = [pool.submit(send, story, *pair) for pair in wanted]
        os.kill(house.pid("registration"), signal.SIGKILL)
        answers = [one.result() for one in answering]
        again = [*pool.map(lambda pair: send(story, *pair), wanted)]
    assert Counter(one.status_code for one in answers) == {201: PLACES, 409: 5 * PLACES}
    confirmed = [one.text for one in answers if one.is_success]
    assert [one.text for one in again if one.is_success] == confirmed
    eventually(lambda: places_left(story, session) == 0, "no place on the form", seconds=5)

    ids = [one.json()["id"] for one in answers if one.is_success]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(story.cancel, 3 * ids))
    eventually(lambda: places_left(story, session) == PLACES, "the places back", seconds=5)


def test_a_wiped_stream_is_told_again_and_mails_nobody_twice(story: Story, house: House, layout: Layout):
    story.register(early := an_application())
    story.await_mail(early["email"])
    hold = house.var / "run/nats.hold"
    hold.touch()
    os.kill(house.pid("nats"), signal.SIGKILL)
    await_until(lambda: house.pid("nats") == 0, "the end of nats")
    shutil.rmtree(house.var / "nats/jetstream")
    registered = story.register(late := an_application())
    hold.unlink()
    await_until(lambda: listening(layout.ports["nats"]), "nats again", limit=60)
    provision(layout)
    house.await_ready()

    assert manage.main(["replay"]) == 0

    assert story.badge(registered["id"])["state"] == "active"
    story.await_mail(late["email"])
    story.register(last := an_application())  # told after everything else: once its mail is there, the rest was read
    story.await_mail(last["email"])
    assert [len(story.mails(one["email"])) for one in (early, late, last)] == [1, 1, 1]


def test_nonsense_is_set_aside_and_nobody_waits_behind_it(story: Story, layout: Layout):
    nonsense = (b"garbage{", b"\xff\xfe", b"[" * 9999, b"")
    with story.house.visitor() as staff:
        form = {"email": story.house.staff_email, "password": story.house.staff_password}
        staff.post("/equipe/connexion", data=form)
        more = {service: set_aside(staff, service) + len(nonsense) for service in ("notifications", "badges")}
        asyncio.run(_tell(layout.nats_admin_url, *nonsense))

        story.register(application := an_application())
        story.await_mail(application["email"])

        eventually(lambda: {service: set_aside(staff, service) for service in more} == more, "both say so")


def set_aside(staff: httpx.Client, service: str) -> int:
    """How many messages this service has set aside, as its card says."""
    said = re.search(
        r"mis de côté parce qu’ils ont échoué\s:\s(\d+)", staff.get(f"/equipe/fragments/{service}/health").text
    )
    return int(said[1]) if said else 0


async def _tell(url: str, *bodies: bytes) -> None:
    client = await nats.connect(url)
    for body in bodies:
        headers = {"ce-type": TOLD, "ce-id": f"nonsense-{uuid4().hex}"}
        await client.jetstream().publish(f"{TOLD}.x", body, headers=headers)
    await client.close()
