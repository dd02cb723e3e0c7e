"""What a list says of people is gone when it has served, when they are erased, and after two days."""

from datetime import timedelta

from services.registration import actions, exporting
from services.registration.retention import retention
from services.registration.store import documents
from shared.clock import now
from tests import canaries
from tests.registration.lists import PATH, YES, a_line, carry_out, imported, sent, states
from tests.registration.test_erasing import erase
from tests.registration.test_staff import a_person


async def test_discarded_list_leaves_nothing(team, store):
    address = await sent(team, *(a_line(f"Nom{n}") for n in range(130)))
    assert (await team.post(f"{address}/effacer")).headers["location"] == PATH
    assert (await team.get(address)).status_code == 404
    assert await store.database.import_lines.count_documents({}) == 0
    assert await store.database.imports.count_documents({}) == 0


def a_canary(**changes: str) -> dict[str, str]:
    """A line of which every text is a word of its own."""
    line = a_line(WORDS[0], Prénom=WORDS[1], Fonction=WORDS[2], Structure=WORDS[3])
    line |= {"Adresse électronique": f"{WORDS[4]}@mairie.example", "Autre besoin": WORDS[5]}
    return {**line, "Référence externe": WORDS[6], **changes}


WORDS = ("Kanariname", "Kanarigiven", "Kanarifunction", "Kanariplace", "kanarimail", "Kanarineed", "Kanarireference")


async def test_line_says_nothing_any_more_once_its_person_is_registered(team, store):
    await sent(team, a_canary())
    assert (await canaries.places(store.database, WORDS))["import_lines"] == set(WORDS)
    await imported(team, store, a_canary(Nom="Kanarizwei"))
    held = await canaries.places(store.database, [*WORDS, "Kanarizwei"])
    assert held["import_lines"] == set(WORDS)  # those of the first list
    assert "Kanarizwei" in held["registrations"]


async def test_erased_person_is_in_no_line_and_no_reference(team, store):
    await imported(team, store, a_canary(), a_line("Autre"))
    (document,) = await store.database.registrations.find({"person.family_name": WORDS[0]}).to_list(None)
    await sent(team, a_canary(**{"Référence externe": "B"}), a_line("Autre", Fonction=""))
    await sent(team, a_canary(Fonction="", **{"Référence externe": "C"}))
    await erase(store, document["_id"], actor="staff:claire")
    assert await canaries.places(store.database, WORDS) == {}
    assert document["_id"] not in str(await store.database.import_lines.find().to_list(None))
    assert await store.database.references.count_documents({}) == 0
    assert sorted([one["state"] async for one in store.database.import_lines.find()]) == ["done", "faulty"]


async def test_without_the_look_into_lists_they_would_remember_an_erased_person(team, store, monkeypatch):
    known = await a_person(store, WORDS[0])
    await sent(team, a_line(WORDS[0]))
    monkeypatch.setattr("services.registration.actions.erasing._forget_in_lists", lambda *_, **__: None)
    await erase(store, known)
    assert await canaries.places(store.database, WORDS[:1]) != {}


async def test_person_who_is_erased_while_a_list_waits_is_not_brought_back_by_it(team, store):
    known = await a_person(store)
    address = await sent(team, a_line(), a_line("Autre"))
    await team.post(address, data={**YES, "twins": "yes"})
    await erase(store, known)
    await carry_out(store)
    assert [one["person"]["family_name"] async for one in store.database.registrations.find()] == ["Autre"]


async def test_person_has_what_lists_say_of_them(team, store):
    known = await a_person(store)
    await sent(team, a_line())
    held = await exporting.export(store, known)
    ((line, application),) = [(one["number"], one["application"]) for one in held["lists_of_the_team"]]
    assert (line, application["person"]["email"]) == (2, "kervadec@mairie.example")


async def test_somebody_who_is_only_in_a_list_can_be_forgotten_by_their_address(team, store):
    await sent(team, a_canary(), a_line("Autre"))
    assert len(await store.imports.about(address=documents.address_hash("KANARIMAIL@mairie.example"))) == 1
    assert await actions.forget_lines(store, "KANARIMAIL@mairie.example", actor="manage") == 1
    assert await canaries.places(store.database, WORDS) == {}
    assert [*(await states(store)).values()] == ["ready"]


async def test_lists_are_gone_after_two_days_whatever_became_of_them(team, store):
    await imported(team, store, a_canary(), a_canary(Nom="Zwei", Fonction="", **{"Référence externe": "2"}))
    await sent(team, a_canary(Nom="Drei", **{"Référence externe": "3"}))
    soon, later = (retention(store, lambda days=days: now() + timedelta(days=days)) for days in (1, 4))
    while await soon.step():
        pass
    assert await store.database.import_lines.count_documents({}) == 3
    while await later.step():
        pass
    assert await store.database.import_lines.count_documents({}) == 0
    assert await store.database.imports.count_documents({}) == 0
    assert await store.database.registrations.count_documents({}) == 1
