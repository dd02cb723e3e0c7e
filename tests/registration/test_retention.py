"""What was promised to be deleted is deleted, on its day and not before."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from services.registration import actions
from services.registration.actions.rebuilding import rebuilt
from services.registration.retention import retention
from shared import retention as shared
from shared.clock import now
from shared.i18n import dates
from shared.ids import new_id
from shared.purposes import ATTENDING, LIST, NEEDS, REGISTER, SIGNING_IN, WRITING, Kept
from shared.rebuild import History
from tests.registration.conftest import (
    NOW,
    an_application,
    an_envelope,
    manage_url,
    today,
    today_edition,
    told_edition,
)

PARIS = ZoneInfo("Europe/Paris")


async def work(job):
    """What the loop does: one step after the other, while there is more."""
    while await job.step():
        pass


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
    await work(retention(store, lambda: datetime.combine(last + timedelta(days=days), time(3), UTC)))
    assert await store.database.needs.count_documents({}) == needs
    assert await store.database.registrations.count_documents({"phone": {"$ne": ""}}) == phone
    assert await store.database.registrations.count_documents({}) == 1


async def test_people_are_erased_after_three_months_and_nobody_is_written_to(store, monkeypatch):
    monkeypatch.setattr(shared, "AT_ONCE", 2)
    people = [await a_person(store) for _ in range(5)]
    last = max(today_edition()["dates"])
    day = ATTENDING.kept.over(last)
    keeping = retention(store, lambda: datetime.combine(day - timedelta(days=1), time(3), UTC))
    await work(keeping)
    assert await store.database.registrations.count_documents({}) == 5

    forgetting = retention(store, lambda: datetime.combine(day, time(3), UTC))
    await work(forgetting)
    await work(forgetting)
    assert await store.database.registrations.count_documents({}) == 0
    told = await store.database.outbox.find({"subject": {"$regex": "erased"}}).to_list(None)
    assert sorted(one["key"] for one in told) == sorted(one.id for one in people)
    assert all('"actor":"system"' in one["body"] for one in told)
    noted = {one["purpose"]: one["count"] for one in await forgetting.purges()}
    assert noted == {"needs": 5, "phones": 5, "attending": 5}


async def test_a_mistyped_year_erases_nobody(store):
    await a_person(store)
    last = max(today_edition()["dates"])
    await store.database.identities.update_many(
        {}, {"$set": {"fact.dates": [(last - timedelta(days=366)).isoformat()]}}
    )
    await work(retention(store))
    assert await store.database.registrations.count_documents({}) == 1


async def held(store):
    """How many needs and telephone numbers are still there."""
    phones = await store.database.registrations.count_documents({"phone": {"$ne": ""}})
    return await store.database.needs.count_documents({}), phones


async def told(store, sequence, **changes):
    """The edition is told anew, 40 days over unless its dates are among the changes."""
    over = today() - timedelta(days=40)
    fact = told_edition(**{"dates": (over - timedelta(days=1), over), **changes})
    await actions.project_edition(store, an_envelope(fact, sequence), fact)


def in_hours(store, hours):
    return retention(store, lambda: now() + timedelta(hours=hours))


async def test_a_day_that_was_mistyped_deletes_nothing_for_a_day(store, clock):
    await a_person(store)
    await told(store, 1_000_000)
    for hours in (0, 1, 23):
        await work(in_hours(store, hours))
    assert await held(store) == (1, 1)

    clock(hours=20)
    await told(store, 1_000_001, short="RAICT, même jour")  # another change does not begin the day anew
    await told(store, 1_000_002, **today_edition())
    await work(in_hours(store, 48))
    assert await held(store) == (1, 1), "it was mended in time"


async def test_a_day_that_stays_is_acted_on_a_day_later(store, clock):
    await a_person(store)
    await told(store, 1_000_000)
    clock(hours=20)
    await told(store, 1_000_001, short="RAICT, même jour")
    await work(in_hours(store, 25))
    assert await held(store) == (0, 0)
    assert await store.database.registrations.count_documents({}) == 1


async def test_without_the_day_of_grace_a_slip_deletes_at_once(store, monkeypatch):
    monkeypatch.setattr(shared, "SETTLED", timedelta())
    await a_person(store)
    await told(store, 1_000_000)
    await work(in_hours(store, 0.01))
    assert await held(store) == (0, 0)


async def test_a_rebuilt_edition_keeps_the_moment_of_its_day(store):
    kept_on, moved_on = NOW - timedelta(days=3), NOW
    facts = [(told_edition(), kept_on), (told_edition(dates=(date(2025, 7, 9),)), moved_on)]
    facts.append((told_edition(dates=(date(2025, 7, 9),), short="Autre"), NOW + timedelta(days=1)))
    heard = [(fact, replace(an_envelope(fact, n), time=at)) for n, (fact, at) in enumerate(facts, 1)]
    (identity,) = rebuilt(History([], heard, NOW))["identities"]
    assert (identity["known_since"], identity["fact"]["short"]) == (moved_on, "Autre")


async def test_the_register_says_what_a_new_last_day_will_delete(store, team):
    quiet = unescape((await team.get("/equipe/inscriptions/registre")).text)
    await told(store, 1_000_000)
    page = unescape((await team.get("/equipe/inscriptions/registre")).text)
    assert "vient de changer" not in quiet
    assert "Le dernier jour de cette édition vient de changer" in page
    settled = now() + timedelta(hours=24)
    assert f"effacé à partir du {dates.day(settled, 'fr')}, {settled.astimezone(PARIS):%-H h}" in page.replace(
        "\xa0", " "
    )


async def test_the_journal_is_kept_for_a_year(store):
    moments = [now() - timedelta(days=days) for days in (1, 300, 367, 800)]
    await store.database.audit.insert_many([{"_id": str(at), "at": at} for at in moments])
    forgetting = retention(store)
    await work(forgetting)
    left = await store.database.audit.count_documents({"_id": {"$in": [str(at) for at in moments]}})
    assert left == 2
    assert [(one["purpose"], one["count"]) for one in await forgetting.purges()] == [("journal", 2)]


async def test_every_promise_of_the_register_has_its_job(store):
    """`erased` reaches badges and notifications; the list and the badge's mark are fields of the registration."""
    told_by_erasure = {ATTENDING, WRITING, LIST}
    jobs = {rule.purpose for rule in retention(store).rules} | {SIGNING_IN}
    assert {one for one in REGISTER if one.kept} - told_by_erasure == jobs - told_by_erasure
    assert ATTENDING in jobs
    assert len({one.kept for one in told_by_erasure}) == 1


@pytest.mark.parametrize(
    ("day", "kept", "over"),
    [
        (date(2026, 7, 8), Kept(days=7), date(2026, 7, 15)),
        (date(2026, 11, 30), Kept(months=3), date(2027, 2, 28)),
        (date(2026, 12, 31), Kept(months=12), date(2027, 12, 31)),
    ],
)
def test_terms_are_counted_in_days_and_calendar_months(day, kept, over):
    assert kept.over(day) == over
    assert kept.cutoff(over) <= day


async def test_notice_and_register_say_the_terms_and_what_was_deleted(visitor, team):
    notice = unescape((await visitor.get("/confidentialite")).text)
    assert "7 jours après les Rencontres" in notice
    assert "3 mois après les Rencontres" in notice
    page = unescape((await team.get("/equipe/inscriptions/registre")).text)
    assert str(NEEDS.kept.over(max(today_edition()["dates"])).day) in page
    assert "Kept" not in page + notice


async def test_a_cancellation_still_works_after_the_phone_is_gone(store):
    answer = await a_person(store)
    last = max(today_edition()["dates"])
    await work(retention(store, lambda: datetime.combine(last + timedelta(days=30), time(3), UTC)))
    cancelled = await actions.cancel(store, answer.id, manage_url=manage_url)
    assert (cancelled.status, cancelled.phone) == ("cancelled", "")


async def test_nothing_is_deleted_while_the_edition_is_to_come(store):
    await a_person(store)
    await work(retention(store, now))
    assert await store.database.needs.count_documents({}) == 1
