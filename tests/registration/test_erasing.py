"""A person is forgotten: places free, nothing found, nothing brought back by what is sent or told again."""

import asyncio
from dataclasses import replace

import pytest

from services.registration import actions
from services.registration.actions import Key
from services.registration.actions.erasing import erasing
from services.registration.domain.refusals import Forgotten
from services.registration.domain.registrations import Organisation
from services.registration.store import LOOKUPS, PLACES
from shared import outbox, tombstones
from shared.clock import now
from shared.deadletters import DeadLetters
from shared.erasures import Erasing, last_words
from shared.errors import NotFound
from shared.events import badges, notifications
from shared.events.badges import Issued
from shared.events.registration import Erased, Offered
from shared.ids import new_id
from tests.canaries import found as found_in
from tests.canaries import places as places_of
from tests.registration.conftest import EDITION, a_session, an_application, an_envelope, manage_url, opened
from tests.registration.lists import a_line, sent, states
from tests.registration.test_actions import facts, registering
from tests.registration.test_waiting import A, full, people, promote, somebody  # noqa: F401 - `full` is a fixture

WORDS = ("Kanariname", "kanarimail", "Kanarifunction", "Kanariplace", "0699887766", "Kanarineed", "KANARICODE")


def an_issued(registration: str) -> Issued:
    link = "https://raict.example/badge/x.pdf"
    return Issued(registration=registration, edition=EDITION, generation=1, code="KANARICODE", link=link, pdf="")


@pytest.fixture
async def known(store):
    """Somebody of whom every field is a word of its own, known to every part of the service."""
    person = replace(an_application().person, family_name=WORDS[0], email=f"{WORDS[1]}@x.example", function=WORDS[2])
    organisation = Organisation(WORDS[3], "other", "FR")
    application = an_application(
        person=person, organisation=organisation, phone=WORDS[4], needs_other=WORDS[5], sessions=(A,)
    )
    key = Key("key", "body of " + WORDS[0])
    answer = await actions.register(store, application, id=new_id(), key=key, manage_url=manage_url)
    issued = an_issued(answer.id)
    await actions.project_badge(store, an_envelope(issued), issued)
    await actions.request_link(store, EDITION, person.email)
    letters = DeadLetters(store.database)
    subject, poison = f"rencontres.badges.issued.v1.{answer.id}", WORDS[0].encode()
    await letters.park("registration_badges:x", subject=subject, headers={}, body=poison, reason="", attempts=1)
    await letters.count_attempt(f"registration_badges:badges:{answer.id}:7")
    await letters.count_attempt(f"registration_badges:badges:{last_words(answer.id)}:1")
    return answer.id, application, key


async def erase(store, id, **about):
    await actions.erase(store, id, **about)
    await erasing(store).step()


async def test_an_erasure_that_fails_holds_nobody_up(store):
    stones = [tombstones.tombstone(id, EDITION, now()) for id in ("first", "second", "third")]
    await store.database[tombstones.COLLECTION].insert_many(stones)

    async def sweep(tombstone):
        if tombstone["_id"] == "first":
            raise RuntimeError
        return tombstone["_id"] != "second"  # it waits for something

    await Erasing(store, sweep).step()
    left = store.database[tombstones.COLLECTION].find({"open": True})
    assert sorted([one["_id"] async for one in left]) == ["first", "second"]


async def test_nothing_of_the_person_is_left_in_the_database(store, known):
    assert set().union(*(await places_of(store.database, WORDS)).values()) == set(WORDS)
    await erase(store, known[0])
    assert await places_of(store.database, WORDS) == {}
    (stone,) = await store.database[tombstones.COLLECTION].find().to_list(None)
    assert (stone["_id"], stone["category"], stone["status"], stone["open"]) == (known[0], "elu", "confirmed", False)
    assert await store.database["attempts"].count_documents({}) == 0


async def test_lines_of_the_mailbox_go_with_the_last_who_had_it(store, team):
    """However a list writes the name: confirmed later, it would register and mail who asked to be forgotten."""
    person = an_application().person
    first, second = [
        await registering(store, an_application(person=replace(person, given_name=name))) for name in ("Solène", "Yann")
    ]
    await sent(team, a_line("Autrement", **{"Adresse électronique": person.email.upper()}), a_line("Goff"))
    await erase(store, first.id)
    assert len(await states(store)) == 2, "another one has this mailbox"
    await erase(store, second.id)
    assert len(await states(store)) == 1


async def test_only_the_erasure_is_told_and_it_names_nobody(store, known):
    await erase(store, known[0], asked_by="staff", actor="staff:claire")
    (entry,) = await store.database[outbox.COLLECTION].find({"key": known[0]}).to_list(None)
    assert entry["headers"]["ce-type"] == Erased.type()
    (fact,) = await facts(store, Erased, known[0])
    assert (fact.registration, fact.edition, fact.actor) == (known[0], EDITION, "staff")
    audited = await store.database["audit"].find({"action": "registration.erase"}).to_list(None)
    assert [(one["actor"], one["subject"], one["fields"]) for one in audited] == [("staff:claire", known[0], [])]


async def test_erased_twice_or_at_once_is_erased_once(store, known):
    done = await asyncio.gather(*(actions.erase(store, known[0], actor="staff:claire") for _ in range(5)))
    assert sorted(done) == [False, False, False, False, True]
    assert await actions.erase(store, known[0], actor="staff:claire") is False
    assert len(await facts(store, Erased, known[0])) == 1
    assert await store.database["audit"].count_documents({"action": "registration.erase"}) == 1


async def test_the_link_opens_nothing_and_nothing_can_be_done_any_more(store, visitor, desk, known):
    page = f"/mon-inscription/{desk.links.make(known[0], 1)}"
    assert (await visitor.get(page)).status_code == 200
    await erase(store, known[0])
    unknown = await visitor.get(f"/mon-inscription/{desk.links.make(new_id(), 1)}")
    gone = await visitor.get(page)
    assert (gone.status_code, len(gone.text)) == (unknown.status_code, len(unknown.text)) == (404, len(gone.text))
    with pytest.raises(NotFound):
        await actions.cancel(store, known[0], manage_url=manage_url)
    with pytest.raises(NotFound):
        await actions.erase(store, known[0], generation=1)
    with pytest.raises(NotFound):
        await actions.erase(store, new_id())


async def test_the_same_request_again_registers_nobody(store, known):
    id, application, key = known
    await erase(store, id)
    for body in (key.body, "another"):
        with pytest.raises(Forgotten):
            await actions.register(store, application, id=new_id(), key=Key(key.id, body), manage_url=manage_url)
    assert await actions.answered(store, key) is None
    assert await store.database["registrations"].count_documents({}) == 0


async def test_a_badge_told_late_is_not_kept(store, known):
    await erase(store, known[0])
    issued = an_issued(known[0])
    await actions.project_badge(store, an_envelope(issued, 2), issued)
    assert await places_of(store.database, WORDS) == {}


async def test_without_its_tombstone_a_badge_told_late_would_be_kept(store, known, monkeypatch):
    await erase(store, known[0])
    issued = an_issued(known[0])
    monkeypatch.setattr("shared.store.tombstones.COLLECTION", "nowhere")
    await actions.project_badge(store, an_envelope(issued, 2), issued)
    assert await store.pages.badge(known[0])


async def test_a_message_that_fails_late_is_not_kept(store, known):
    await erase(store, known[0])
    letters = DeadLetters(store.database)
    subject, poison = f"rencontres.badges.issued.v1.{known[0]}", WORDS[0].encode()
    await letters.park("registration_badges:y", subject=subject, headers={}, body=poison, reason="", attempts=1)
    assert await places_of(store.database, WORDS) == {}
    assert await letters.count() == 0


async def test_their_places_go_to_who_waits(store, full):  # noqa: F811 - the fixture
    first, second, _ = full
    await erase(store, first)
    await promote(store)
    assert len(await facts(store, Offered, second)) == 1


@pytest.mark.parametrize("end", ["confirmed", "waiting", "offered", "cancelled"])
async def test_counts_and_lists_are_as_if_they_had_never_come(store, full, end):  # noqa: F811 - the fixture
    first, second, third = full
    who = {"confirmed": first, "cancelled": first, "waiting": third, "offered": second}[end]
    if end == "offered":
        await actions.cancel(store, first, manage_url=manage_url)
        await promote(store)
    if end == "cancelled":
        await actions.cancel(store, first, manage_url=manage_url)
    await erase(store, who)
    places = await store.database[PLACES].find_one({})
    left = await store.database["registrations"].find().to_list(None)
    lives = [one for one in left if one["status"] == "confirmed"]
    assert places["taken"] == len(lives) == places["categories"]["elu"]
    assert places["cancelled"] == len(left) - len(lives)
    assert places["sessions"].get(A, 0) == sum(
        A in one["sessions"] or any(wish["offered_until"] for wish in one["waiting"]) for one in lives
    )
    assert places["waiting"].get(A, 0) == sum(any(not w["offered_until"] for w in one["waiting"]) for one in lives)
    assert who not in str(await store.database["queues"].find().to_list(None))


async def test_an_address_that_others_use_stays_known_for_them(store):
    first, second = await people(store, *(somebody(1), somebody(1)))
    await actions.request_link(store, EDITION, "p1@x.example")
    await erase(store, second)
    assert [one["count"] async for one in store.database["addresses"].find()] == [1]
    assert await store.database[LOOKUPS].count_documents({}) == 1
    await erase(store, first)
    assert await store.database["addresses"].count_documents({}) == 0
    assert await store.database[LOOKUPS].count_documents({}) == 0


async def test_it_is_known_who_has_forgotten_them_too(store, known):
    await erase(store, known[0])
    for kind in (badges.ErasedHere, notifications.ErasedHere, badges.ErasedHere):
        fact = kind(registration=known[0], edition=EDITION, at=now())
        await actions.erased_there(store, an_envelope(fact), fact)
    (stone,) = await store.database[tombstones.COLLECTION].find().to_list(None)
    assert sorted(stone["there"]) == ["badges", "notifications"]


async def test_a_change_at_the_same_moment_comes_before_or_not_at_all(store):
    await opened(store, a_session(capacity=10))
    ids = await people(store, *(somebody(number, sessions=(A,)) for number in range(10)))
    together = [actions.erase(store, id) for id in ids] + [
        actions.cancel(store, id, manage_url=manage_url) for id in ids
    ]
    done = await asyncio.gather(*together, return_exceptions=True)
    assert {type(one) for one in done[:10]} == {bool}
    assert {type(one).__name__ for one in done[10:]} <= {"NotFound", "Registration"}
    await erasing(store).step()
    places = await store.database[PLACES].find_one({})
    assert (places["taken"], places["cancelled"], places["sessions"][A]) == (0, 0, 0)
    assert await store.database["registrations"].count_documents({}) == 0


async def test_the_person_asks_for_it_on_their_page(store, visitor, desk, known):
    page = f"/mon-inscription/{desk.links.make(known[0], 1)}"
    assert f"{page}/effacer" in (await visitor.get(page)).text
    asked = await visitor.get(f"{page}/effacer")
    assert "Ce qui reste" in asked.text
    assert await facts(store, Erased, known[0]) == []
    done = await visitor.post(f"{page}/effacer")
    assert "Vos données sont effacées" in done.text
    assert (await facts(store, Erased, known[0]))[0].actor == "person"
    assert (await visitor.post(f"{page}/effacer")).status_code == 404


async def test_the_team_asks_for_it_and_sees_where_it_is_done(store, team, known):
    page = f"/equipe/inscriptions/{known[0]}/effacer"
    assert WORDS[0] in (await team.get(page)).text
    shown = await team.post(page, follow_redirects=True)
    assert shown.text.count("En cours") == 3
    await erasing(store).step()
    assert (await team.get(page)).text.count("En cours") == 2
    assert (await team.get(f"/equipe/inscriptions/{new_id()}/effacer")).status_code == 404


async def test_whoever_holds_the_link_gets_what_is_held(visitor, desk, known):
    token = desk.links.make(known[0], 1)
    file = await visitor.post("/api/registration/v1/export", data={"link": token})
    assert "attachment" in file.headers["content-disposition"]
    assert found_in([word for word in WORDS if word != "KANARICODE"], file.content) == {*WORDS} - {"KANARICODE"}
    held = file.json()
    assert (held["badge"]["code"], held["needs"]["other"]) == ("KANARICODE", "Kanarineed")
    assert "link" not in held["badge"]
    for other in (
        "",
        token[:-1] + chr(ord(token[-1]) ^ 1),
        f"{known[0]}.1",
        desk.links.make(known[0], 2),
        desk.links.make(new_id(), 1),
    ):
        assert (await visitor.post("/api/registration/v1/export", data={"link": other})).status_code == 404


async def test_the_team_gets_it_too_and_the_journal_remembers(store, team, known):
    file = await team.post(f"/api/registration/v1/registrations/{known[0]}/export")
    assert file.json()["registration"]["person"]["family_name"] == "Kanariname"
    (entry,) = await store.database["audit"].find({"action": "person.export"}).to_list(None)
    assert (entry["subject"], entry["fields"]) == (known[0], [])


@pytest.mark.parametrize("left_out", ["forget_answers", "sweep_plumbing", "tombstone"])
async def test_with_a_step_left_out_something_is_found(store, known, monkeypatch, left_out):
    async def nothing(*_about):
        return None

    if left_out == "forget_answers":
        monkeypatch.setattr(store, "forget_answers", nothing)
    if left_out == "sweep_plumbing":
        monkeypatch.setattr("shared.erasures.sweep_plumbing", nothing)
    await erase(store, known[0])
    if left_out == "tombstone":
        await store.database[tombstones.COLLECTION].delete_many({})
    issued = an_issued(known[0])
    await actions.project_badge(store, an_envelope(issued, 2), issued)
    assert await places_of(store.database, WORDS) != {}
