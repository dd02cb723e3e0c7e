"""What was promised to be deleted is deleted, on its day and not before."""

from datetime import UTC, datetime, time, timedelta

import pytest

from services.registration import actions
from services.registration.retention import retention
from shared.clock import now
from shared.ids import new_id
from tests.registration.conftest import an_application, manage_url, today_edition


async def a_person(store):
    application = an_application(needs=("lsf",), phone="+33 6 12 34 56 78")
    return await actions.register(store, application, id=new_id(), key=None, manage_url=manage_url)


@pytest.mark.parametrize(
    ("days", "needs", "phone"),
    [(0, 1, 1), (6, 1, 1), (7, 0, 1), (29, 0, 1), (30, 0, 0)],
)
async def test_needs_go_after_a_week_and_phones_after_a_month(store, days, needs, phone):
    await a_person(store)
    last = max(today_edition()["dates"])
    await retention(store, lambda: datetime.combine(last + timedelta(days=days), time(3), UTC))()
    assert await store.database.needs.count_documents({}) == needs
    assert await store.database.registrations.count_documents({"phone": {"$ne": ""}}) == phone
    assert await store.database.registrations.count_documents({}) == 1


async def test_a_cancellation_still_works_after_the_phone_is_gone(store):
    answer = await a_person(store)
    await store.forget_phones("raict-2026")
    cancelled = await actions.cancel(store, answer.id, manage_url=manage_url)
    assert (cancelled.status, cancelled.phone) == ("cancelled", "")


async def test_nothing_is_deleted_while_the_edition_is_to_come(store):
    await a_person(store)
    await retention(store, now)()
    assert await store.database.needs.count_documents({}) == 1
