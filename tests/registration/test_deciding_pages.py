"""The team's pages about places: requests decided, lists in their order, people signed up, rules set."""

import re
from html import unescape

import pytest

from services.registration import actions
from shared.web import staff_cookie_name
from tests.registration.conftest import EDITION, a_category, a_session, a_word, opened
from tests.registration.test_waiting import A, manage_url, people, promote, somebody


async def status(store, id):
    return (await store.pages.registration(id)).status


async def page(team, path, **params):
    return unescape((await team.get(f"/equipe/inscriptions{path}", params=params)).text)


@pytest.fixture
async def asked(store):
    """Two who ask to come as press."""
    await opened(store, categories=(a_category(), a_category("presse", approval=True)))
    return await people(store, *(somebody(number, category="presse") for number in (1, 2)))


async def test_a_request_is_decided_from_the_card_and_touches_nobody_else(team, store, asked):
    card = await page(team, f"/{asked[0]}")
    assert "Accepter et écrire à 1 personne" in card
    assert "Refuser et écrire à 1 personne" in card
    done = await team.post(f"/equipe/inscriptions/{asked[0]}/refuser")
    assert (done.status_code, done.headers["location"]) == (303, f"/equipe/inscriptions/{asked[0]}")
    assert [await status(store, id) for id in asked] == ["refused", "pending"]
    await team.post(f"/equipe/inscriptions/{asked[1]}/accepter")
    assert [await status(store, id) for id in asked] == ["refused", "confirmed"]
    late = await team.post(f"/equipe/inscriptions/{asked[0]}/accepter")
    assert late.status_code == 409
    assert "n’attend plus de décision" in unescape(late.text)


def sessions_cell(text):
    return re.findall(r'<td role="cell" class="num is-extra">([^<]*)</td>', text)


async def test_the_list_tells_sessions_held_from_those_wished_for_and_given_back(team, store):
    categories = (a_category(), a_category("presse", approval=True))
    await opened(store, a_session(), a_session("other", day=9), categories=categories)
    both = ("2026-01", "other")
    comes, asks = await people(store, somebody(1, sessions=both), somebody(2, category="presse", sessions=both))
    assert sessions_cell(await page(team, "", q="p1@")) == ["2"]
    assert sessions_cell(await page(team, "", q="p2@")) == ["2 souhaitées"]
    assert "<dt>Séances</dt><dd>Atelier 2026-01" in await page(team, f"/{comes}")
    assert "<dt>Souhaite</dt><dd>Atelier 2026-01" in await page(team, f"/{asks}")
    await actions.cancel(store, comes, manage_url=manage_url)
    await team.post(f"/equipe/inscriptions/{asks}/refuser")
    assert sessions_cell(await page(team, "")) == ["0", "0"]
    assert "<dt>Séances rendues</dt><dd>Atelier 2026-01" in await page(team, f"/{comes}")
    assert "<dt>Séances</dt><dd>Aucune séance réservée</dd>" in await page(team, f"/{asks}")


async def test_the_api_decides_with_the_scope_and_says_the_same_again(visitor, signer, store, asked):
    address = f"/api/registration/v1/registrations/{asked[0]}/approve"
    assert (await visitor.post(address)).status_code == 401
    bearer = {"authorization": f"Bearer {a_word(signer, 'registrations')}"}
    for _ in range(2):
        answer = await visitor.post(address, headers=bearer)
        assert (answer.status_code, answer.json()["status"]) == (200, "confirmed")
    refused = await visitor.post(f"/api/registration/v1/registrations/{asked[1]}/refuse", headers=bearer)
    assert refused.json()["status"] == "refused"
    wrong = await visitor.post(f"/api/registration/v1/registrations/{asked[0]}/refuse", headers=bearer)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "not-pending")


async def test_the_list_counts_each_state_and_narrows_to_it(team, store, asked):
    await opened(store, quota=1, categories=(a_category(), a_category("presse", approval=True)))
    await people(store, somebody(3), somebody(4, wait=True))
    store.pages.forget()
    text = await page(team, "")
    for state, count in (("a-valider", 2), ("en-attente", 1), ("confirmee", 1)):
        assert re.search(rf'href="\?etat={state}"[^>]*><b>{count}</b>', text)
    assert 'href="?etat=refusee"' not in text
    narrowed = await page(team, "", etat="a-valider")
    assert ("P1" in narrowed, "P3" in narrowed) == (True, False)
    home = unescape((await team.get("/equipe/fragments/registration/home")).text)
    assert "<strong>1</strong> inscription confirmée sur 1 places" in home or "<strong>1</strong>" in home
    assert "À valider\u00a0: 2. En attente\u00a0: 1." in home


async def test_the_lists_show_their_order_offers_and_who_was_passed_over(team, store):
    await opened(store, quota=2, categories=(a_category(quota=1), a_category("agent")))
    agent = {"category": "agent"}
    _, leaves, *_ = await people(
        store, somebody(1), somebody(2, **agent), somebody(3, wait=True), somebody(4, **agent, wait=True)
    )
    store.pages.forget()
    before = await page(team, "/attente")
    assert before.index("P3") < before.index("P4")
    assert "Sa catégorie est complète" in before
    await actions.cancel(store, leaves, manage_url=manage_url)
    await promote(store)
    store.pages.forget()
    after = await page(team, "/attente")
    assert after.index("Places proposées") < after.index("P4") < after.index("En attente, dans l’ordre")
    assert "Passées, et pourquoi" in after


async def test_the_list_of_a_session_is_shown_by_its_id(team, store):
    await opened(store, a_session(capacity=1))
    await people(store, somebody(1, sessions=(A,)), somebody(2, waiting=(A,)))
    store.pages.forget()
    text = await page(team, "/attente", liste=A)
    assert "P2 Kervadec-Diallo" in text
    assert "P2 Kervadec-Diallo" in await page(team, "/attente")  # nobody waits elsewhere
    assert "prises\u00a0: 1 sur 1" in text


async def test_signing_up_warns_of_an_overlap_and_goes_on_when_confirmed(team, store):
    await opened(store, a_session(), a_session("other", minute=45), a_session("free", day=9))
    (id,) = await people(store, somebody(1, sessions=(A,)))
    address = f"/equipe/inscriptions/{id}/seances"
    assert 'value="free"' in await page(team, f"/{id}")
    assert (await team.post(address, data={"session": "free"})).status_code == 303
    asks = await team.post(address, data={"session": "other"})
    assert asks.status_code == 200
    assert "Une autre de ses séances est à la même heure" in unescape(asks.text)
    assert (await store.pages.registration(id)).sessions == (A, "free")
    await team.post(address, data={"session": "other", "sur": "oui"})
    assert (await store.pages.registration(id)).sessions == (A, "other", "free")
    entries = await store.database.audit.find({"action": "registration.sign-up"}).to_list(None)
    assert [entry["subject"] for entry in entries] == [id, id]


async def test_signing_up_to_a_full_session_puts_on_its_list(team, store):
    await opened(store, a_session(capacity=1))
    _, id = await people(store, somebody(1, sessions=(A,)), somebody(2))
    store.pages.forget()
    address = f"/equipe/inscriptions/{id}/seances"
    asks = await team.post(address, data={"session": A})
    assert "Mettre en attente et écrire à 1 personne" in unescape(asks.text)
    await team.post(address, data={"session": A, "sur": "oui"})
    assert (await store.pages.registration(id)).waiting[0].session == A


def typed(text):
    """The form of the rules as it stands."""
    fields = dict(re.findall(r'name="([a-z_.]+)" type="text" value="([^"]*)"', text))
    fields |= dict.fromkeys(re.findall(r'name="([a-z_.]+)" id="[a-z_.]+" value="yes" checked', text), "yes")
    return {**fields, "version": re.search(r'name="version" value="([^"]+)"', text).group(1)}


async def test_rules_are_set_on_a_page_and_audited_by_name(team, store):
    await opened(store, categories=(a_category(), a_category("presse")), quota=600)
    form = typed(await page(team, "/reglages"))
    assert (form["quota"], form["offer_hours"], form["elu.public"]) == ("600", "24", "yes")
    changed = {**form, "quota": "1 000", "offer_hours": "12", "presse.quota": "5", "presse.approval": "yes"}
    done = await team.post("/equipe/inscriptions/reglages", data=changed)
    assert (done.status_code, done.headers["location"]) == (303, "/equipe/inscriptions/reglages?fait=oui")
    edition = (await store.pages.shown(EDITION)).edition
    presse = edition.categories[1]
    assert (edition.quota, edition.offer_hours, presse.quota, presse.approval) == (1000, 12, 5, True)
    entries = await store.database.audit.find({"action": "edition.set-rules", "actor": {"$ne": "test"}}).to_list(None)
    assert [{*entry["fields"]} for entry in entries] == [{"quota", "offer_hours", "presse.quota", "presse.approval"}]


async def test_rules_that_are_no_numbers_are_named_and_kept(team, store):
    form = typed(await page(team, "/reglages"))
    answer = await team.post("/equipe/inscriptions/reglages", data={**form, "quota": "beaucoup", "offer_hours": ""})
    text = unescape(answer.text)
    assert answer.status_code == 422
    assert "Places de l’édition\u00a0: écrivez un nombre entier" in text
    assert "Une place proposée est tenue, en heures\u00a0: écrivez" in text
    assert 'value="beaucoup"' in text
    assert (await store.pages.shown(EDITION)).edition.quota == 600


@pytest.mark.parametrize("quota", ["1000001", "0000000019999999", "0" * 5000 + "7"])
async def test_rules_beyond_their_limits_are_refused_however_they_are_written(team, store, quota):
    form = typed(await page(team, "/reglages"))
    answer = await team.post("/equipe/inscriptions/reglages", data={**form, "quota": quota})
    assert (answer.status_code, (await store.pages.shown(EDITION)).edition.quota) == (422, 600)


async def test_rules_saved_by_somebody_else_meanwhile_are_not_written_over_unseen(team, store):
    form = typed(await page(team, "/reglages"))
    await team.post("/equipe/inscriptions/reglages", data={**form, "quota": "700"})
    late = await team.post("/equipe/inscriptions/reglages", data={**form, "quota": "800"})
    assert late.status_code == 422
    assert "Quelqu’un a enregistré ces réglages avant vous" in unescape(late.text)
    assert (await store.pages.shown(EDITION)).edition.quota == 700
    again = await team.post("/equipe/inscriptions/reglages", data=typed(unescape(late.text)))
    assert again.status_code == 303
    assert (await store.pages.shown(EDITION)).edition.quota == 800


@pytest.mark.parametrize("path", ["/attente", "/reglages"])
async def test_pages_about_places_take_the_role(visitor, signer, store, path):
    assert (await visitor.get(f"/equipe/inscriptions{path}")).status_code == 303
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, "programme", kind="staff"))
    assert (await visitor.get(f"/equipe/inscriptions{path}")).status_code == 403
