"""What is taken away by hand or by time comes back by itself, and what time deletes is meant, and noted.

Shows I1, I8 and I13 in a house of its own, each test after the one above it: the clock is moved to two days before the
opening, and beyond.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.js import JetStreamContext

from deploy.children import await_until, listening
from deploy.local import provision
from deploy.provision import consumer_configs
from deploy.topology import SERVICES
from shared.outbox import STREAM
from shared.purposes import JOURNAL
from tests.faults.losing import administration, differing, known, manage, mongo
from tests.faults.town import EDITION, FEW, Town, few_places, opening
from tests.house import House, running_house
from tests.journeys.story import eventually

OFFER = "une place vous est proposée"
REMINDED = {"bryn": "fr", "carmen": "fr", "denis": "es", "emil": "en"}
"""Who has a place two days before the opening, and their languages."""
PHONE = "+33 6 12 34 56 78"


@pytest.fixture(scope="module")
def town(scratch: Path) -> Iterator[Town]:
    with running_house(scratch / "healing", CHANGE_QUIET_SECONDS="1") as house:
        story = Town(house)
        few_places(story)
        story.registers("ana", sessions=[FEW])
        for name in ("bryn", "carmen", "denis"):
            story.registers(name, waiting=[FEW], language=REMINDED[name], phone=PHONE)
        for address in story.mail.values():
            story.await_mail(address)
        story.settle()
        yield story
        story.close()


async def _stream(house: House) -> tuple[nats.NATS, JetStreamContext]:
    client = await nats.connect(administration(house).nats_url)
    return client, client.jetstream()


def test_a_consumer_deleted_or_changed_by_hand_is_put_back_and_nobody_is_told_twice(town: Town):
    mails = town.counts()
    wanted = {config.durable_name: config for config in consumer_configs()}

    async def hurt() -> None:
        client, stream = await _stream(town.house)
        await stream.delete_consumer(STREAM, "notifications_registration")
        await stream.add_consumer(STREAM, wanted["badges_registration"].evolve(ack_wait=99, max_ack_pending=7))
        await client.close()

    async def settings() -> tuple[float | None, int | None]:
        client, stream = await _stream(town.house)
        found = (await stream.consumer_info(STREAM, "badges_registration")).config
        await client.close()
        return found.ack_wait, found.max_ack_pending

    asyncio.run(hurt())
    assert not town.house.is_ready("notifications")

    town.comes("emil", language=REMINDED["emil"])
    town.settle()
    config = wanted["badges_registration"]
    eventually(lambda: asyncio.run(settings()) == (config.ack_wait, config.max_ack_pending), "the settings put back")
    assert {name: count for name, count in town.counts().items() if name != "emil"} == mails


def test_a_wiped_stream_keeps_lists_and_offers_as_they_were(town: Town):
    """Somebody has an offer, others wait, a reminder is soon due: all goes on as if nothing had happened."""
    ahead = opening(town.house) - timedelta(days=2, minutes=10) - datetime.now(UTC)
    town.house.pass_time(seconds=ahead.total_seconds())
    town.cancel(town.people["ana"]["id"])
    town.await_mail(town.mail["bryn"], OFFER)
    town.settle()
    before, mails = {service: known(town.house, service) for service in SERVICES}, town.counts()
    hold = town.house.var / "run/nats.hold"
    hold.touch()
    os.kill(town.house.pid("nats"), signal.SIGKILL)
    await_until(lambda: town.house.pid("nats") == 0, "the end of nats")
    shutil.rmtree(town.house.var / "nats/jetstream")
    hold.unlink()
    layout = administration(town.house).layout
    assert layout
    await_until(lambda: listening(layout.ports["nats"]), "nats again", limit=60)
    provision(layout)
    town.house.await_ready()

    manage(town.house, "replay")

    town.settle()

    def as_before() -> bool:
        """Everybody is held against the newest release again: that comes after the quiet time of a release."""
        differences = {service: differing(before[service], known(town.house, service)) for service in SERVICES}
        assert not any(differences.values()), differences
        return True

    eventually(as_before, "every document as it was")
    assert town.counts() == mails


def test_a_reminder_arrives_once_in_each_language_although_its_sender_died(town: Town):
    house, mails = town.house, town.counts()
    before = house.pid("notifications")
    house.arm("notifications", "reminders-queued")
    with house.without("mail"):  # or it might die within a mail, whose outcome is then honestly unknown
        house.pass_time(minutes=11)
        house.await_restart("notifications", before, limit=60)
    assert not house.is_armed("notifications", "reminders-queued")
    for name in REMINDED:
        house.await_mails(town.mail[name], mails[name] + 1, limit=60)

    town.settle()  # what has just arrived is not yet noted as sent
    house.kill("notifications")
    town.settle()
    answer = town.api.get("/api/notifications/v1/deliveries", params={"template": "reminder-edition"})
    reminders = answer.raise_for_status().json()["items"]
    assert [(one["state"], one["possibly_twice"]) for one in reminders] == [("sent", False)] * len(REMINDED)
    more = {name: town.mails(to)[mails[name] :] for name, to in town.mail.items()}
    languages = {name: [mail["Content-Language"] for mail in arrived] for name, arrived in more.items() if arrived}
    assert languages == {name: [language] for name, language in REMINDED.items()}


def test_a_service_away_for_a_day_says_only_what_is_still_true(town: Town):
    """Meanwhile one offer runs out and the next is made: nobody reads of an offer that is over."""
    town.settle()
    mails = town.counts()
    with town.house.without("notifications"):
        town.house.pass_time(hours=24)
        person = town.people["carmen"]["id"]
        eventually(lambda: is_offered(town, person), "the place offered to the next")
    town.await_mail(town.mail["carmen"], OFFER)
    town.settle()

    more = {name: [str(mail["Subject"]) for mail in town.mails(to)[mails[name] :]] for name, to in town.mail.items()}
    assert {name: len(titles) for name, titles in more.items() if titles} == {"bryn": 1, "carmen": 1}
    assert OFFER in more["carmen"][0]
    assert OFFER not in more["bryn"][0]
    assert "Everything that was seen holds" in manage(town.house, "verify")


def is_offered(town: Town, id: str) -> bool:
    found = town.api.get(f"/api/registration/v1/registrations/{id}").raise_for_status().json()
    return any(wish.get("offered_until") for wish in found["waiting"])


def held(house: House) -> tuple[int, int, int]:
    """How many people registration knows, how many of their needs and telephone numbers."""
    with mongo(house) as client:
        there = client.registration
        phones = there.registrations.count_documents({"phone": {"$ne": ""}})
        return there.registrations.count_documents({}), there.needs.count_documents({}), phones


def look_at_the_calendar(house: House, *, dying: bool = False) -> None:
    """Start registration anew, and wait until its job has done all that is due; `dying`: it dies after its first part.

    What the job deletes last is what grew old in the journal.
    """
    old = datetime.now(UTC) - timedelta(days=31 * (JOURNAL.kept.months + 1))
    with mongo(house) as client:
        journal = client.registration.audit
        journal.insert_one({"_id": "old", "at": old})
        if dying:
            house.arm("registration", "purged")
        before = house.pid("registration")
        os.kill(before, signal.SIGTERM)  # asked to end, it gives back its leases: the next one begins at once
        house.await_restart("registration", before)
        eventually(lambda: not journal.find_one({"_id": "old"}), "the end of what is due")
    assert not house.is_armed("registration", "purged")


def a_year_too_early(draft: dict[str, Any]) -> dict[str, Any]:
    """The edition with a mistyped year, whole weeks before."""

    def before(day: str) -> str:
        return (datetime.fromisoformat(day) - timedelta(weeks=52)).date().isoformat()

    sessions = [{**one, "date": before(one["date"])} for one in draft["sessions"]]
    return {**draft, "dates": [before(day) for day in draft["dates"]], "sessions": sessions}


def test_a_mistyped_year_deletes_nothing_before_it_was_meant_and_a_day_has_passed(town: Town):
    house, before = town.house, held(town.house)
    everybody, needs, phones = before
    assert (everybody, needs > 0, phones) == (len(town.people), True, 3)
    address = f"/api/programme/v1/editions/{EDITION}"
    wrong = a_year_too_early(town.api.get(f"{address}/draft").json())
    refused = town.api.put(address, json=wrong)
    assert (refused.status_code, refused.json()["code"]) == (409, "past-last-day")
    last_day = max(wrong["dates"])
    assert town.api.put(address, json=wrong, params={"last_day": last_day}).is_success

    def has_heard() -> bool:
        with mongo(house) as client:
            return max(client.registration.identities.find_one(EDITION)["fact"]["dates"]) == last_day

    eventually(has_heard, "the new last day in registration")
    look_at_the_calendar(house)
    assert held(house) == before, "it may still be a slip"

    house.pass_time(hours=25)
    look_at_the_calendar(house, dying=True)
    assert held(house) == (everybody, 0, 0)
    with mongo(house) as client:
        noted = {one["purpose"]: one["count"] for one in client.registration.purges.find({"edition": EDITION})}
    assert noted == {"needs": needs, "phones": phones}
