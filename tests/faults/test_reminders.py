"""What time does by itself: reminders reach everybody once, and what is deleted is meant, and noted.

Shows I1, I8 and I13 in a house of its own: its clock is moved to two days before the opening, and beyond.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.purposes import JOURNAL
from tests.faults.losing import mongo
from tests.faults.town import EDITION
from tests.house import House, running_house
from tests.journeys.story import Story, an_application, eventually

PEOPLE = {"anna@reminders.example": "en", "blas@reminders.example": "es", "chloe@reminders.example": "fr"}


@pytest.fixture(scope="module")
def lonely_house(scratch: Path) -> Iterator[House]:
    """A house in which time may pass without disturbing other stories."""
    with running_house(scratch / "reminders") as one:
        yield one


def opening(house: House) -> datetime:
    """When the first session begins."""
    with house.visitor() as http:
        days = http.get("/programme/schedule.json").json()["schedule"]["conference"]["days"]
    return min(
        datetime.fromisoformat(talk["date"]) for day in days for talks in day["rooms"].values() for talk in talks
    )


def test_a_reminder_arrives_once_in_each_language_although_its_sender_died(lonely_house: House):
    house = lonely_house
    story = Story(house)
    for email, language in PEOPLE.items():
        story.register(an_application(email=email, language=language, phone="+33 6 12 34 56 78"))
    story.close()
    for email in PEOPLE:
        house.await_mails(email)

    before = house.pid("notifications")
    house.arm("notifications", "reminders-queued")
    ahead = opening(house) - timedelta(days=2) - datetime.now(UTC)
    house.pass_time(seconds=ahead.total_seconds() + 2)
    house.await_restart("notifications", before, limit=40)
    assert not house.is_armed("notifications", "reminders-queued")
    for email in PEOPLE:
        house.await_mails(email, 2, limit=40)

    house.kill("notifications")
    with house.program() as api:
        reminders = api.get("/api/notifications/v1/deliveries?template=reminder-edition").json()["items"]
    assert [(one["state"], one["possibly_twice"]) for one in reminders] == [("sent", False)] * len(PEOPLE)
    languages = {email: [mail["Content-Language"] for mail in house.mails(email)] for email in PEOPLE}
    assert languages == {email: [language, language] for email, language in PEOPLE.items()}


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
        house.kill("registration")
        eventually(lambda: not journal.find_one({"_id": "old"}), "the end of what is due")
    assert not house.is_armed("registration", "purged")


def a_year_too_early(draft: dict[str, Any]) -> dict[str, Any]:
    """The edition with a mistyped year, whole weeks before."""

    def before(day: str) -> str:
        return (datetime.fromisoformat(day) - timedelta(weeks=52)).date().isoformat()

    sessions = [{**one, "date": before(one["date"])} for one in draft["sessions"]]
    return {**draft, "dates": [before(day) for day in draft["dates"]], "sessions": sessions}


def test_a_mistyped_year_deletes_nothing_before_it_was_meant_and_a_day_has_passed(lonely_house: House):
    house, everybody = lonely_house, len(PEOPLE)
    address = f"/api/programme/v1/editions/{EDITION}"
    with house.program() as api:
        wrong = a_year_too_early(api.get(f"{address}/draft").json())
        refused = api.put(address, json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (409, "past-last-day")
        last_day = max(wrong["dates"])
        assert api.put(address, json=wrong, params={"last_day": last_day}).is_success

    def has_heard() -> bool:
        with mongo(house) as client:
            return max(client.registration.identities.find_one(EDITION)["fact"]["dates"]) == last_day

    eventually(has_heard, "the new last day in registration")
    look_at_the_calendar(house)
    assert held(house) == (everybody, everybody, everybody), "it may still be a slip"

    house.pass_time(hours=25)
    look_at_the_calendar(house, dying=True)
    assert held(house) == (everybody, 0, 0)
    with mongo(house) as client:
        noted = {one["purpose"]: one["count"] for one in client.registration.purges.find({"edition": EDITION})}
    assert noted == {"needs": everybody, "phones": everybody}
