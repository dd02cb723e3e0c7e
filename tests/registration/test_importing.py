"""A list that the team confirmed: whom it brings in, under which rules, and each line once."""

import asyncio
import re
from dataclasses import replace
from html import unescape

import pytest

from services.registration.actions import importing as importing_
from services.registration.actions.importing import importing
from services.registration.actions.rebuilding import rebuilt
from services.registration.domain.registrations import Person
from services.registration.store import Store, documents
from shared.clock import now
from shared.events import Envelope
from shared.events.registration import Confirmed, Waitlisted
from shared.rebuild import History
from tests.registration.conftest import (
    a_category,
    a_session,
    an_application,
    manage_url,
    opened,
    ruled,
)
from tests.registration.lists import YES, a_line, carry_out, imported, sent, shown, states, told
from tests.registration.test_actions import facts, places
from tests.registration.test_staff import a_person


async def test_people_of_a_list_are_registered_as_by_the_team(team, store):
    await opened(store, a_session(), a_session("2026-02", hour=15))
    await imported(
        team,
        store,
        a_line(
            **{
                "Pays": "Hongrie",
                "Téléphone mobile": "+36 1 234 5678",
                "Langue": "espagnol",
                "Séances": "Atelier 2026-01 | 2026-02",
                "Accord pour l’image": "oui",
                "Accueil": "Repas végétarien",
                "Autre besoin": "noix",
                "Référence externe": "CRM-7",
            }
        ),
    )
    (document,) = await store.database.registrations.find().to_list(None)
    one = await store.pages.registration(document["_id"])
    needs = await store.pages.needs(one.id)
    assert one.person == Person("Solène", "Kervadec", "kervadec@mairie.example", "es", "Maire")
    assert (one.status, one.category, one.sessions) == ("confirmed", "elu", ("2026-01", "2026-02"))
    assert (one.organisation.name, one.organisation.country) == ("Association (fictive)", "HU")
    assert (one.phone, one.consents.image, one.consents.participants_list) == ("+36 1 234 5678", True, False)
    assert (needs.codes, needs.other, one.reference) == (("vegetarian",), "noix", "CRM-7")
    (fact,) = await facts(store, Confirmed)
    assert (fact.actor, fact.quiet, fact.reference) == ("staff", False, "CRM-7")
    assert (await places(store))["taken"] == 1


@pytest.mark.parametrize(("mails", "quiet"), [("yes", False), ("no", True)])
async def test_whether_confirmations_leave_is_said_by_the_fact(team, store, mails, quiet):
    await imported(team, store, a_line(), mails=mails)
    assert [fact.quiet for fact in await facts(store, Confirmed)] == [quiet]


async def test_it_must_be_said_whether_confirmations_leave_and_that_people_know(team, store):
    address = await sent(team, a_line())
    for form, words in (
        ({"informed": "yes"}, "Dites si une confirmation part à chaque personne."),
        ({"mails": "yes"}, "Cochez que ces personnes savent"),
    ):
        answer = await team.post(address, data={**form, "full": "wait"})
        page = unescape(answer.text)
        assert answer.status_code == 422
        assert words in page
        assert re.search(r'value="wait" checked', page)
        for link in re.findall(r'<li><a href="#([^"]+)">', page):
            assert f'id="{link}"' in page
    await carry_out(store)
    assert await store.database.registrations.count_documents({}) == 0


async def test_good_lines_are_imported_and_the_others_left_when_the_person_says_so(team, store):
    address = await sent(
        team, a_line("Un"), a_line("Deux", Fonction=""), a_line("Trois"), a_line("Quatre", Catégorie="")
    )
    assert "Importer les 2 lignes bonnes, laisser les autres (2)" in await shown(team, address)
    await team.post(address, data=YES)
    await carry_out(store)
    assert await states(store) == {2: "done", 3: "faulty", 4: "done", 5: "faulty"}
    page = await shown(team, address)
    assert "2 personnes inscrites" in page
    assert [row[0] for row in told(page)] == ["3", "5"]


async def test_list_can_be_mended_and_sent_again_as_a_whole(team, store):
    lines = [a_line("Un"), a_line("Deux", Fonction=""), a_line("Trois", **{"Référence externe": "3"})]
    await imported(team, store, *lines)
    lines[1]["Fonction"] = "Maire"
    page = await shown(team, await imported(team, store, *lines))
    assert "1 personne inscrite" in page
    assert await store.database.registrations.count_documents({}) == 3
    assert sorted((await states(store)).items()) == sorted({2: "twin", 3: "done", 4: "known"}.items())


async def test_same_reference_is_the_same_registration_whatever_else_changed(team, store):
    await imported(team, store, a_line("Un", **{"Référence externe": "A"}))
    other = a_line("Autre", **{"Référence externe": "A"})
    page = await shown(team, await sent(team, other))
    assert "Déjà inscrites" in page
    assert "Importer 1 ligne" not in page
    await imported(team, store, other)
    assert [one["person"]["family_name"] async for one in store.database.registrations.find()] == ["Un"]


async def test_two_lists_with_one_reference_sent_before_either_is_confirmed_register_once(team, store):
    first = await sent(team, a_line("Un", **{"Référence externe": "A"}))
    second = await sent(team, a_line("Autre", **{"Référence externe": "A"}))
    for address in (first, second):
        await team.post(address, data=YES)
    await carry_out(store)
    assert await store.database.registrations.count_documents({}) == 1


async def test_same_person_is_flagged_as_a_duplicate_and_left_out_unless_wanted(team, store):
    known = await a_person(store)
    lines = [a_line(Prénom="SOLENE"), a_line("Autre", **{"Adresse électronique": "kervadec@mairie.example"})]
    lines += [a_line("Deux"), a_line("DEUX")]
    page = await shown(team, await sent(team, *lines))
    duplicates = page[page.index('id="t-doublons"') : page.rindex("<h2>Importer")]
    assert f'href="/equipe/inscriptions/{known}">SOLENE Kervadec' in duplicates
    assert duplicates.count("<li ") == 2
    assert "deux fois dans ce fichier" in duplicates
    await imported(team, store, *lines)
    assert await store.database.registrations.count_documents({}) == 3
    await imported(team, store, *lines, twins="yes")
    assert await store.database.registrations.count_documents({}) == 3 + 4


async def test_who_registers_between_the_look_and_the_import_is_not_registered_twice(team, store):
    address = await sent(team, a_line(), a_line("Autre"))
    await a_person(store)
    await team.post(address, data=YES)
    await carry_out(store)
    assert await states(store) == {2: "twin", 3: "done"}
    assert await store.database.registrations.count_documents({}) == 2


@pytest.mark.parametrize(
    ("full", "became", "taken", "waiting"),
    [("refuse", "refused", 1, 0), ("wait", "done", 1, 1), ("beyond", "done", 2, 0)],
)
async def test_quota_holds_as_the_person_chose(team, store, full, became, taken, waiting):
    await ruled(store, quota=1, closes_days_before=40)
    address = await imported(team, store, a_line("Un"), a_line("Deux"), full=full)
    counted = await places(store)
    assert (counted["taken"], sum(counted["queued"].values())) == (taken, waiting)
    assert (await states(store))[3] == became
    assert len(await facts(store, Waitlisted)) == waiting
    entries = await store.database.audit.find({"action": "registration.import"}).to_list(None)
    assert sorted(map(str, (one["fields"] for one in entries))) == sorted(
        ["[]"] * (1 + waiting) + ["['beyond-quota']"] * (full == "beyond")
    )
    if full == "refuse":
        assert "Complet : toutes les places de cette édition sont prises." in (await shown(team, address))


async def test_full_session_means_its_waiting_list_and_categories_that_are_not_public_are_open(team, store):
    await opened(store, a_session(capacity=1))
    await imported(team, store, a_line("Un", Séances="2026-01", Catégorie="equipe"), a_line("Deux", Séances="2026-01"))
    counted = await places(store)
    assert (counted["sessions"], counted["waiting"]) == ({"2026-01": 1}, {"2026-01": 1})
    assert counted["categories"] == {"equipe": 1, "elu": 1}


async def test_category_gone_since_the_look_is_told_on_its_line(team, store):
    await opened(store, categories=(a_category(), a_category("presse")))
    address = await sent(team, a_line("Un", Catégorie="presse"), a_line("Deux"))
    await ruled(store)
    await team.post(address, data=YES)
    await carry_out(store)
    assert await states(store) == {2: "refused", 3: "done"}
    assert told(await shown(team, address)) == [
        ("2", "Catégorie", "vide", "Choisissez la catégorie qui vous correspond.")
    ]


async def test_progress_is_followed_without_scripts_and_can_be_held(team, store):
    address = await sent(team, *(a_line(f"Nom{n}") for n in range(150)))
    assert "refresh" not in (await team.get(address)).headers
    await team.post(address, data=YES)
    await importing(store, manage_url)()
    answer = await team.get(address)
    assert answer.headers["refresh"] == "2"
    assert "100 inscrites sur 150" in unescape(answer.text)
    held = await team.get(f"{address}?pause=oui")
    assert "refresh" not in held.headers
    assert "Reprendre l’actualisation" in unescape(held.text)
    await carry_out(store)
    answer = await team.get(address)
    assert "refresh" not in answer.headers
    assert "150 personnes inscrites" in unescape(answer.text)


async def test_confirmed_twice_it_is_carried_out_once_and_nobody_changes_it_under_way(team, store):
    address = await sent(team, a_line())
    for _ in range(2):
        assert (await team.post(address, data=YES)).status_code == 303
    other = await team.post(address, data={**YES, "mails": "no"})
    assert (other.status_code, "déjà lancé" in unescape(other.text)) == (409, True)
    assert (await team.post(f"{address}/effacer")).status_code == 409
    await carry_out(store)
    assert (await team.post(address, data=YES)).status_code == 303
    await carry_out(store)
    assert await store.database.registrations.count_documents({}) == 1


async def test_journal_has_each_act_once(team, store):
    address = await sent(team, a_line("Un"), a_line("Deux", Fonction=""))
    id = address.rpartition("/")[2]
    for _ in range(2):
        await team.post(address, data={"mails": "no", "informed": "yes"})
    await carry_out(store)
    await team.post(f"{address}/effacer")
    entries = await store.database.audit.find({"actor": "staff:claire"}).sort("at", 1).to_list(None)
    (made,) = await store.database.registrations.find().to_list(None)
    assert [(one["action"], one["subject"], one["fields"]) for one in entries] == [
        ("import.send", id, ["lines:2"]),
        ("import.confirm", id, ["lines:1", "left:1", "mails:false", "twins:false", "full:refuse"]),
        ("registration.import", made["_id"], []),
        ("import.discard", id, []),
    ]


async def test_line_that_breaks_us_holds_nobody_up(team, store, monkeypatch):
    address = await sent(team, a_line("Un"), a_line("Deux"))
    await team.post(address, data=YES)
    bring = importing_.domain.bring

    def broken(application, *rest, **more):
        if application.person.family_name == "Un":
            raise ZeroDivisionError
        return bring(application, *rest, **more)

    monkeypatch.setattr(importing_.domain, "bring", broken)
    await carry_out(store)
    assert await states(store) == {2: "refused", 3: "done"}
    assert "Une erreur de notre part" in await shown(team, address)


async def turn(store: Store) -> None:
    """The turn of the one line of the one list that is carried out."""
    made = await store.imports.running()
    (document,) = await store.database.import_lines.find().to_list(None)
    line = replace(documents.line(document), application=an_application())
    await asyncio.gather(*(importing_.register_line(store, made, line, manage_url=manage_url) for _ in range(5)))


async def test_line_whose_turn_comes_several_times_is_registered_once(team, store):
    await team.post(await sent(team, a_line()), data=YES)
    await turn(store)
    await turn(store)
    assert await store.database.registrations.count_documents({}) == 1
    assert len(await facts(store, Confirmed)) == 1


async def test_without_the_mark_of_its_line_somebody_would_be_registered_again(team, store):
    await team.post(await sent(team, a_line()), data=YES)
    await turn(store)
    await store.database.import_lines.update_many({}, {"$set": {"state": "ready"}})
    await turn(store)
    assert await store.database.registrations.count_documents({}) == 2


async def test_lost_database_remembers_references(team, store):
    await imported(team, store, a_line(**{"Référence externe": "A"}))
    told = [
        (fact, Envelope.from_headers(entry["headers"]))
        async for entry in store.database.outbox.find({"headers.ce-type": Confirmed.type()})
        for fact in [Confirmed.model_validate_json(entry["body"])]
    ]
    made = rebuilt(History(told, [], now()))
    kept = await store.database.references.find({}, {"rev": 0}).to_list(None)
    assert (made["references"], made["registrations"][0]["reference"]) == (kept, "A")
