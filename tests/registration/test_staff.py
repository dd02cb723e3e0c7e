"""The team's pages, for those who may."""

from html import unescape

import pytest

from services.registration import actions
from services.registration.domain.registrations import Organisation, Person
from shared.ids import new_id
from shared.web import staff_cookie_name
from tests.registration.conftest import EDITION, a_category, a_word, an_application, manage_url, opened

PAGES = [
    "/equipe/inscriptions",
    "/equipe/inscriptions/{id}",
    "/equipe/inscriptions/{id}/annuler",
    "/equipe/fragments/registration/person/{id}",
]


async def a_person(store, family="Kervadec", given="Solène", **changes):
    person = Person(given, family, f"{family.lower()}@mairie.example", "fr", "Maire")
    application = an_application(person=person, **changes)
    answer = await actions.register(store, application, id=new_id(), key=None, manage_url=manage_url)
    return answer.id


@pytest.mark.parametrize("path", PAGES)
async def test_pages_take_a_sign_in_with_the_role(visitor, store, signer, path):
    address = path.format(id=await a_person(store))
    asked = await visitor.get(address)
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/equipe/connexion?suite=")
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, "programme", kind="staff"))
    assert (await visitor.get(address)).status_code == 403


@pytest.mark.parametrize("path", PAGES)
async def test_pages_open_for_the_role_and_are_never_stored(team, store, path):
    page = await team.get(path.format(id=await a_person(store)))
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "Kervadec" in page.text


async def test_list_finds_by_name_organisation_and_address(team, store):
    assert "Aucune inscription encore" in (await team.get("/equipe/inscriptions")).text
    await a_person(store, "Kervadec")
    await a_person(store, "Éluard", organisation=Organisation("Ville de Pécs", "other", "HU"))
    for q, found in (("eluard", "Éluard"), ("pecs", "Éluard"), ("kervadec@", "Kervadec"), ("sol ker", "Kervadec")):
        page = unescape((await team.get("/equipe/inscriptions", params={"q": q})).text)
        assert f"{found}, Solène" in page
        assert "1 résultat<" in page
    nobody = unescape((await team.get("/equipe/inscriptions", params={"q": "zzz"})).text)
    assert "Personne ne correspond" in nobody


async def test_one_person_twice_at_one_address_is_marked_on_both_and_an_office_on_neither(team, store):
    first = await a_person(store)
    office = await a_person(store, given="Yann")
    page = (await team.get("/equipe/inscriptions")).text
    assert (page.count("Même nom et même adresse"), page.count("Adresse partagée")) == (0, 1)
    again = await a_person(store, given="SOLENE")
    page = (await team.get("/equipe/inscriptions")).text
    assert (page.count("Même nom et même adresse"), page.count("Adresse partagée")) == (2, 1)
    for id, marked in ((first, True), (again, True), (office, False)):
        card = (await team.get(f"/equipe/inscriptions/{id}")).text
        assert ("Même nom et même adresse" in card) is marked
    await actions.cancel(store, again, manage_url=manage_url)
    assert "Même nom" not in (await team.get("/equipe/inscriptions")).text


async def test_list_narrows_to_state_and_category(team, store):
    await opened(store, categories=(a_category(), a_category("presse")))
    cancelled = await a_person(store, "Annulée")
    await a_person(store, "Présente", category="presse")
    await actions.cancel(store, cancelled, manage_url=manage_url)
    store.pages.forget()
    by_state = (await team.get("/equipe/inscriptions", params={"etat": "annulee"})).text
    by_category = (await team.get("/equipe/inscriptions", params={"categorie": "presse"})).text
    assert "Annulée, Solène" in by_state
    assert "Présente, Solène" not in by_state
    assert "Présente, Solène" in by_category
    assert "Annulée, Solène" not in by_category


async def test_list_goes_on_to_the_next_page(team, store):
    for number in range(52):
        await a_person(store, f"Nom{number:02}")
    first = unescape((await team.get("/equipe/inscriptions", params={"q": "nom"})).text)
    assert first.count('role="row"') == 51
    following = first.split('<a class="button" href="?')[1].split('"')[0]
    second = (await team.get(f"/equipe/inscriptions?{following}")).text
    assert second.count('role="row"') == 3
    assert "Nom51, Solène" in second


async def test_card_shows_needs_and_asks_the_other_services(team, store):
    id = await a_person(store, needs=("lsf",), sessions=("2026-01",))
    page = unescape((await team.get(f"/equipe/inscriptions/{id}")).text)
    for part in (
        "Interprétation en langue des signes française",
        "Atelier 2026-01",
        f'hx-get="/equipe/fragments/badges/person/{id}"',
        f'hx-get="/equipe/fragments/notifications/person/{id}"',
    ):
        assert part in page


async def test_cancelling_says_to_whom_it_writes_and_is_audited(team, store):
    id = await a_person(store)
    asked = unescape((await team.get(f"/equipe/inscriptions/{id}/annuler")).text)
    assert "kervadec@mairie.example" in asked
    assert "Annuler et écrire à 1 personne" in asked
    done = await team.post(f"/equipe/inscriptions/{id}/annuler")
    assert done.headers["location"] == f"/equipe/inscriptions/{id}"
    entry = await store.database.audit.find_one({"action": "registration.cancel"})
    assert (entry["actor"], entry["subject"]) == ("staff:claire", id)


async def test_cancelling_takes_the_role(visitor, store, signer):
    id = await a_person(store)
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, "press", kind="staff"))
    assert (await visitor.post(f"/equipe/inscriptions/{id}/annuler")).status_code == 403
    assert await store.database.registrations.count_documents({"status": "cancelled"}) == 0


async def test_home_card_counts_for_any_account(visitor, store, signer):
    await a_person(store)
    store.pages.forget()
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, "press", kind="staff"))
    card = unescape((await visitor.get("/equipe/fragments/registration/home")).text)
    assert "<strong>1</strong> inscription confirmée sur 600 places" in card
    assert "1 reçue depuis 24 heures" in card
    assert "/equipe/inscriptions" not in card


async def test_home_card_looks_for_a_person_for_whoever_may_see_them(visitor, signer):
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, "registrations", kind="staff"))
    card = unescape((await visitor.get("/equipe/fragments/registration/home")).text)
    assert '<form class="filters" method="get" action="/equipe/inscriptions" role="search"' in card
    assert '<input class="input" id="personne" name="q"' in card


async def test_list_reads_index_pages_not_everything(store):
    await a_person(store)
    plan = await store.database.command(
        "explain",
        {"find": "registrations", "filter": {"edition": EDITION}, "sort": {"sort": 1, "_id": 1}, "limit": 51},
    )
    assert "SORT" not in str(plan["queryPlanner"]["winningPlan"]).replace("'sort'", "")
    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])
