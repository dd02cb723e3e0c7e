"""Rules of reminders are followed, once and on time, and the team sets them on a page."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import lxml.html
import pytest

from services.notifications.actions import learning, reminding
from services.notifications.domain import staleness
from services.notifications.domain.deliveries import State, Template
from services.notifications.domain.reminders import Rule
from services.notifications.reminding import Reminding
from services.notifications.store import Store
from services.notifications.store.reminders import RULES, rule_document
from tests.notifications.factories import (
    EDITION,
    NOW,
    PATIENCE,
    a_cancelled,
    a_confirmed,
    a_released,
    a_session,
    an_edition,
    an_envelope,
)
from tests.notifications.test_actions import know_edition
from tests.notifications.test_reminders import ONE_HOUR, OPENING, TWO_DAYS
from tests.notifications.test_web import a_client, send


class Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time that everybody reads, in the loop and in the store."""
    made = Clock(OPENING - timedelta(days=2))
    for module in ("shared.store", "services.notifications.reminding", "services.notifications.web.reminders"):
        monkeypatch.setattr(f"{module}.now", made)
    return made


async def people(store: Store, count: int = 3, **changes: Any) -> None:
    await know_edition(store)
    for number in range(count):
        fact = a_confirmed(registration=f"r{number}", email=f"p{number}@a.example", **changes)
        await learning.registration(store, an_envelope(fact), fact, PATIENCE)


async def rule(store: Store, *rules: Rule) -> None:
    await reminding.furnish_known(store, EDITION)
    await store.database[RULES].delete_many({})
    for one in rules:
        await store.database[RULES].insert_one({**rule_document(one), "rev": 1})


async def run(store: Store) -> None:
    loop = Reminding(store)
    while await loop.step():
        pass


async def reminders_of(store: Store) -> list[Any]:
    page = await store.page(limit=500)
    return [one for one in page.deliveries if one.template.startswith("reminder-")]


async def test_an_edition_begins_with_two_rules_of_which_one_waits(store: Store, at: Clock):
    at.moment = NOW
    await know_edition(store)
    await run(store)
    await run(store)
    rules = await store.rules(EDITION)
    assert [(one.anchor, one.amount, one.unit, one.paused) for one in rules] == [
        ("edition", 2, "days", False), ("session", 1, "days", True),
    ]  # fmt: skip
    await reminding.remove(store, rules[0].id, "staff:a1")
    await run(store)
    assert len(await store.rules(EDITION)) == 1


async def test_everybody_is_reminded_once_when_the_time_comes(store: Store, at: Clock):
    await people(store)
    await rule(store, TWO_DAYS)
    at.moment -= timedelta(seconds=1)
    await run(store)
    before = await reminders_of(store)
    at.moment += timedelta(seconds=1)
    await run(store)
    await run(store)
    after = await reminders_of(store)
    assert (before, sorted(one.registration for one in after)) == ([], ["r0", "r1", "r2"])
    assert {one.template for one in after} == {Template.REMINDER_EDITION}
    (firing,) = (await store.firings(EDITION)).values()
    assert (firing.state, firing.count) == ("done", 3)


async def test_a_batch_cut_short_by_a_crash_writes_to_nobody_twice(store: Store, at: Clock, monkeypatch):
    await people(store, 7)
    await rule(store, TWO_DAYS)
    monkeypatch.setattr("services.notifications.reminding.BATCH", 3)

    def die(_name: str) -> None:
        raise SystemExit

    with monkeypatch.context() as crash:
        crash.setattr("services.notifications.reminding.reach", die)
        with pytest.raises(SystemExit):
            await Reminding(store).step()
    assert len(await reminders_of(store)) == 3
    await run(store)
    assert sorted(one.registration for one in await reminders_of(store)) == [f"r{number}" for number in range(7)]


async def test_a_thousand_reminders_do_not_stand_before_a_confirmation(store: Store, at: Clock, monkeypatch):
    await people(store, 7)
    await rule(store, TWO_DAYS)
    monkeypatch.setattr("services.notifications.reminding.BATCH", 3)
    monkeypatch.setattr("services.notifications.reminding.WAITING", 3)
    await run(store)
    queued = len(await reminders_of(store))
    await store.database["deliveries"].update_many({}, {"$set": {"due": None, "state": "sent"}})
    await run(store)
    assert (queued, len(await reminders_of(store))) == (3, 6)


async def test_a_rule_that_is_made_late_writes_to_nobody_about_the_past(store: Store, at: Clock):
    await people(store)
    await rule(store)
    at.moment += timedelta(hours=1)
    await reminding.add(store, replace(TWO_DAYS, id="late"), "staff:a1")
    await run(store)
    assert await reminders_of(store) == []
    (firing,) = (await store.firings(EDITION)).values()
    assert (firing.state, firing.reason) == ("skipped", "made-later")


@pytest.mark.parametrize("anew", [True, False])
async def test_a_reminder_that_left_since_the_backup_leaves_again_unless_the_restore_sees_to_it(
    store: Store, at: Clock, anew: bool
):
    await people(store)
    await rule(store, TWO_DAYS)
    at.moment += timedelta(hours=1)
    if anew:
        await reminding.begin_anew(store)
    await run(store)
    (firing,) = (await store.firings(EDITION)).values()
    assert (firing.state, len(await reminders_of(store))) == (("skipped", 0) if anew else ("done", 3))


async def test_reminders_that_were_leaving_when_the_backup_was_made_do_not_go_on(store: Store, at: Clock, monkeypatch):
    await people(store, 7)
    await rule(store, TWO_DAYS)
    monkeypatch.setattr("services.notifications.reminding.BATCH", 3)
    await Reminding(store).step()
    await reminding.begin_anew(store)
    await run(store)
    (firing,) = (await store.firings(EDITION)).values()
    assert (firing.state, len(await reminders_of(store))) == ("done", 3)


async def test_a_service_that_was_stopped_for_a_day_does_not_remind_of_the_past(store: Store, at: Clock):
    await people(store)
    await rule(store, TWO_DAYS, replace(ONE_HOUR, amount=24))
    at.moment = OPENING - timedelta(hours=2)
    await run(store)
    assert await reminders_of(store) == []
    assert {one.reason for one in (await store.firings(EDITION)).values()} == {"too-late"}


async def test_an_edition_that_moves_takes_its_reminder_along(store: Store, at: Clock):
    await people(store)
    await rule(store, TWO_DAYS)
    moved = an_edition(dates=(date(2026, 9, 16), date(2026, 9, 17)))
    await learning.edition_changed(store, an_envelope(moved, 3), moved)
    await run(store)
    assert await reminders_of(store) == []
    at.moment = datetime(2026, 9, 14, 7, tzinfo=UTC)
    await run(store)
    assert len(await reminders_of(store)) == 3


async def test_a_session_that_moves_within_its_day_reminds_once(store: Store, at: Clock):
    await people(store)
    await rule(store, ONE_HOUR)
    at.moment = OPENING - timedelta(hours=1)
    await run(store)
    later = a_released(release=2, sessions=(a_session("2026-01", 8, "17:00", "18:00", "A"),))
    await learning.released(store, an_envelope(later, 3), later)
    at.moment = OPENING + timedelta(hours=1, minutes=30)
    await run(store)
    assert len(await reminders_of(store)) == 3


async def test_a_cancelled_session_or_registration_reminds_nobody(store: Store, at: Clock):
    await people(store)
    await rule(store, ONE_HOUR)
    gone = a_cancelled(registration="r0")
    await learning.registration(store, an_envelope(gone, 2), gone, PATIENCE)
    at.moment = OPENING - timedelta(hours=1)
    await run(store)
    assert sorted(one.registration for one in await reminders_of(store)) == ["r1", "r2"]
    cancelled = a_session("2026-01", 8, "14:30", "16:00", "A", status="cancelled")
    released = a_released(release=2, sessions=(cancelled,))
    await learning.released(store, an_envelope(released, 3), released)
    await run(store)
    left = await reminders_of(store)
    assert {(one.state, one.reason) for one in left} == {(State.EXPIRED, staleness.SESSION_MOVED)}


async def test_a_paused_rule_waits_and_does_not_catch_up(store: Store, at: Clock):
    await people(store)
    await rule(store, replace(TWO_DAYS, paused=True))
    await run(store)
    at.moment += timedelta(hours=1)
    await reminding.pause(store, "e", "staff:a1", paused=False)
    await run(store)
    assert await reminders_of(store) == []


async def test_a_reminder_is_short_and_shows_the_sessions(store: Store, at: Clock):
    await people(store, 1)
    await rule(store, TWO_DAYS)
    await run(store)
    (one,) = await reminders_of(store)
    sent = await send(store, one)
    content = await store.content(sent.id)
    assert content.title.startswith("RAICT 2026\N{NO-BREAK SPACE}: nous vous attendons mercredi 8 juillet, 14")
    assert "L’AICT face au changement climatique" in content.text
    assert "Salle Monge" in content.text
    assert content.files == ()
    assert sent.state is State.SENT


async def test_the_page_says_when_each_rule_writes_and_to_how_many(store: Store, at: Clock):
    at.moment = NOW
    await people(store)
    await run(store)
    async with a_client(store, "messages") as client:
        page = re.sub(r"\s+", " ", (await client.get("/equipe/messages/rappels")).text)
    assert "2 jours avant l’ouverture" in page
    assert re.search(r"<strong>Lundi 6 juillet à 14.h.30</strong>, 3 personnes", page)
    assert "1 jour avant chaque séance sur inscription" in page
    assert "Rien ne part tant que ce rappel est suspendu." in page
    assert re.search(r"Mardi 7 juillet à 14.h.30</strong>, 3 personnes", page)


async def by_id(store: Store) -> dict[str, Rule]:
    return {rule.id: rule for rule in await store.rules(EDITION)}


async def test_rules_are_added_changed_paused_and_deleted(store: Store, at: Clock):
    at.moment = NOW
    await people(store)
    await run(store)
    address = "/equipe/messages/rappels"
    async with a_client(store, "messages") as client:
        await client.post(address, data={"amount": "3", "unit": "hours", "anchor": "session"})
        (made,) = [one for one in await store.rules(EDITION) if one.unit == "hours"]
        await client.post(f"{address}/{made.id}", data={"amount": "4", "unit": "hours"})
        await client.post(f"{address}/{made.id}/suspendre")
        changed = (await by_id(store))[made.id]
        await client.post(f"{address}/{made.id}/reprendre")
        resumed = (await by_id(store))[made.id]
        await client.post(f"{address}/{made.id}/supprimer")
        gone = await client.post(f"{address}/{made.id}", data={"amount": "4", "unit": "hours"})
    assert (made.anchor, made.amount, made.by) == ("session", 3, "Claire Morvan")
    assert (changed.amount, changed.paused, resumed.paused) == (4, True, False)
    assert (made.id in await by_id(store), gone.status_code) == (False, 404)
    actions = [entry["action"] for entry in await store.database["audit"].find(sort=[("_id", 1)]).to_list(None)]
    assert actions == [f"reminder.{word}" for word in ("add", "change", "pause", "resume", "remove")]


async def test_deleting_a_rule_is_asked_first_with_how_many_would_no_longer_be_reminded(store: Store, at: Clock):
    at.moment = NOW
    await people(store)
    await run(store)
    address = "/equipe/messages/rappels"
    async with a_client(store, "messages") as client:
        page = lxml.html.fromstring((await client.get(address)).text)
        seen = await client.get(f"{address}/{EDITION}:edition/supprimer")
        kept = await by_id(store)
    edition, session = page.xpath("//details[.//form[contains(@action, '/supprimer')]]")
    assert len(page.xpath("//form[contains(@action, '/supprimer')]")) == 2
    assert [fold.get("open") for fold in (edition, session)] == [None, None]
    assert "Plus aucun message ne partira 2 jours avant l’ouverture" in spaced(edition)
    assert "3 personnes qui devaient le recevoir ne seront plus rappelées." in spaced(edition)
    assert "s’il reprenait, il écrirait à 3 personnes, qui ne seraient plus rappelées." in spaced(session)
    assert (seen.status_code, len(kept)) == (405, 2)


async def test_somebody_in_several_sessions_is_one_person_to_lose_a_reminder(store: Store):
    await people(store, sessions=("2026-01", "2026-02"))
    assert await store.how_many_in_any(EDITION, ["2026-01", "2026-02", "elsewhere"]) == 3
    assert await store.how_many_in_any(EDITION, ["elsewhere"]) == 0
    assert await store.how_many_in_any(EDITION, []) == 0
    assert await store.how_many_in_any(EDITION, [""]) == 3


def spaced(element: lxml.html.HtmlElement) -> str:
    return re.sub(r"\s+", " ", element.text_content())


@pytest.mark.parametrize(
    ("amount", "unit", "status", "reason"),
    [
        ("deux", "days", 422, "de 1 à 60 jours"),
        ("0", "days", 422, "de 1 à 60 jours"),
        ("", "hours", 422, "de 1 à 60 jours"),
        ("99", "hours", 422, "de 1 à 60 jours"),
        ("٣", "days", 422, "de 1 à 60 jours"),
        ("2", "days", 409, "existe déjà"),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused_and_stays_in_the_form(store, at, amount, unit, status, reason):
    at.moment = NOW
    await people(store, 1)
    await run(store)
    async with a_client(store, "messages") as client:
        answer = await client.post(
            "/equipe/messages/rappels", data={"amount": amount, "unit": unit, "anchor": "edition"}
        )
    assert (answer.status_code, reason in answer.text) == (status, True)
    assert f'value="{amount}"' in answer.text
    assert len(await store.rules(EDITION)) == 2


async def test_reminders_are_for_those_who_mind_messages(store: Store):
    statuses = {}
    for roles in ((), ("registrations",), ("messages",)):
        async with a_client(store, *roles) as client:
            statuses[roles] = (await client.get("/equipe/messages/rappels")).status_code
    assert statuses == {(): 303, ("registrations",): 403, ("messages",): 200}


async def test_the_page_says_what_has_left_in_three_languages(store: Store, at: Clock):
    await people(store)
    await rule(store, TWO_DAYS, replace(ONE_HOUR, id="x", amount=72))
    await run(store)
    async with a_client(store, "messages") as client:
        french = (await client.get("/equipe/messages/rappels")).text
        others = [(await client.get(f"/equipe/messages/rappels?lang={lang}")).status_code for lang in ("en", "es")]
    assert "Écrit à 3 personnes en tout." in french
    assert "n’a pas eu lieu" in french or "n’ont pas eu lieu" in french
    assert others == [200, 200]
