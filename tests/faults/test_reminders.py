"""A reminder reaches everybody once, although the service dies while it queues them.

Shows I1, I8 and I13 in a house of its own: its clock is moved to two days before the opening.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.house import House, running_house
from tests.journeys.story import Story, an_application

PEOPLE = {"anna@reminders.example": "en", "blas@reminders.example": "es", "chloe@reminders.example": "fr"}


@pytest.fixture
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
        story.register(an_application(email=email, language=language))
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
