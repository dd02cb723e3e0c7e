"""Waiting and being offered a place, as people see it in a browser and programs over the API."""

import re
from html import unescape

import pytest

from services.registration import actions
from services.registration.domain.registrations import PLACE
from tests.registration.conftest import a_category, a_session, a_word, answers, opened
from tests.registration.test_waiting import A, manage_url, people, promote, somebody


def path(desk, id, *more):
    return "/".join(("/mon-inscription", desk.links.make(id, 1), *more))


@pytest.fixture
async def full(store):
    """A workshop with one place: somebody has it, two wait."""
    await opened(store, a_session(capacity=1), a_session("other", minute=45, capacity=9))
    store.pages.forget()
    first, second = somebody(1, sessions=(A,)), somebody(2, sessions=("other",), waiting=(A,))
    return await people(store, first, second, somebody(3, waiting=(A,)))


async def test_a_full_session_is_ticked_to_wait_and_its_position_shown(visitor, store, full):
    form = unescape((await visitor.get("/inscription")).text)
    assert 'name="waiting" value="2026-01"' in form
    assert "Complet, liste d’attente (2)" in form
    sent = await visitor.post("/inscription", data=answers(waiting=A))
    thanks = unescape((await visitor.get(sent.headers["location"])).text)
    assert "Inscription confirmée" in thanks
    assert "Liste d’attente, n° 3" in thanks
    thanks = unescape((await visitor.get(sent.headers["location"])).text).replace("\u00a0", " ")
    assert "Sur liste d’attente, n° 3, pour une séance" in thanks.partition("Votre confirmation part")[0]
    mine = unescape((await visitor.get(sent.headers["location"].removesuffix("/merci"))).text)
    assert "Liste d’attente, n° 3" in mine


async def test_a_session_filled_meanwhile_is_offered_to_wait_for(visitor, store, full):
    page = await visitor.post("/inscription", data=answers(sessions=A))
    assert page.status_code == 409
    text = unescape(page.text)
    assert "Envoyez de nouveau pour rejoindre sa liste d’attente" in text
    assert re.search(r'id="s-2026-01" name="waiting" value="2026-01" checked', text)


async def test_a_full_edition_is_joined_by_its_list(visitor, store):
    await opened(store, quota=1)
    await people(store, somebody(1))
    store.pages.forget()
    form = unescape((await visitor.get("/inscription")).text)
    assert "Toutes les places sont prises" in form
    assert 'type="hidden" name="wait" value="yes"' in form
    sent = await visitor.post("/inscription", data=answers(wait="yes", sessions=A))
    thanks = unescape((await visitor.get(sent.headers["location"])).text)
    assert "Vous êtes sur la liste d’attente, n° 1" in thanks
    assert "Souhaitée" in thanks
    assert "calendrier.ics" not in thanks


async def test_a_full_category_says_so_and_asks_before_waiting(visitor, store):
    await opened(store, categories=(a_category(quota=0), a_category("agent")))
    store.pages.forget()
    form = unescape((await visitor.get("/inscription")).text)
    assert "Complet, liste d’attente (0)" in form
    refused = await visitor.post("/inscription", data=answers())
    assert (refused.status_code, "Cochez la liste d’attente" in unescape(refused.text)) == (409, True)
    sent = await visitor.post("/inscription", data=answers(wait="yes"))
    assert sent.status_code == 303


async def test_an_approved_category_thanks_for_a_request(visitor, store):
    await opened(store, categories=(a_category(approval=True),))
    sent = await visitor.post("/inscription", data=answers(sessions=A))
    thanks = unescape((await visitor.get(sent.headers["location"])).text)
    assert "Votre demande est reçue" in thanks
    assert "À valider" in thanks


async def test_an_offer_is_shown_without_acting_and_taken_by_a_post(visitor, desk, store, full):
    await actions.cancel(store, full[0], manage_url=manage_url)
    await promote(store)
    offer = path(desk, full[1], "offre", A)
    page = unescape((await visitor.get(offer)).text)
    assert "Elle est à vous jusqu’au" in page
    assert "Atelier other" in page
    assert (await store.pages.registration(full[1])).sessions == ("other",)
    mine = unescape((await visitor.get(path(desk, full[1]))).text)
    assert f'href="{offer}"' in mine
    taken = await visitor.post(offer, data={"reponse": "oui"})
    assert (taken.status_code, taken.headers["location"]) == (303, path(desk, full[1]))
    assert (await store.pages.registration(full[1])).sessions == (A,)
    assert "Cette place est à vous" in (await visitor.get(offer)).text
    assert (await visitor.post(offer, data={"reponse": "oui"})).status_code == 303


async def test_an_offer_declined_goes_on(visitor, desk, store, full):
    await actions.cancel(store, full[0], manage_url=manage_url)
    await promote(store)
    await visitor.post(path(desk, full[1], "offre", A), data={"reponse": "non"})
    await promote(store)
    assert (await store.pages.registration(full[1])).waiting == ()
    assert (await store.pages.registration(full[2])).waiting[0].offered_until


async def test_an_offer_that_expired_says_until_when_it_stood(visitor, desk, store, full, clock):
    await actions.cancel(store, full[0], manage_url=manage_url)
    await promote(store)
    clock(hours=25)
    await promote(store)
    offer = path(desk, full[1], "offre", A)
    page = await visitor.get(offer)
    assert "Cette place était à vous jusqu’au" in unescape(page.text)
    late = await visitor.post(offer, data={"reponse": "oui"})
    assert late.status_code == 410
    assert "Elle est passée à la personne suivante" in unescape(late.text)
    never = await visitor.post(path(desk, full[0], "offre", A), data={"reponse": "oui"})
    assert never.status_code == 409
    assert (await visitor.get(path(desk, full[0], "offre", "nowhere"))).status_code == 404


async def test_a_place_at_the_edition_is_answered_on_its_page(visitor, desk, store):
    await opened(store, quota=1)
    first, second = await people(store, somebody(1), somebody(2, wait=True))
    await actions.cancel(store, first, manage_url=manage_url)
    await promote(store)
    offer = path(desk, second, "offre", PLACE)
    assert f'href="{offer}"' in (await visitor.get(path(desk, second))).text
    assert "Votre inscription est alors confirmée" in unescape((await visitor.get(offer)).text)
    await visitor.post(offer, data={"reponse": "oui"})
    assert (await store.pages.registration(second)).status == "confirmed"


BODY = {
    "category": "elu",
    "family_name": "Rakoto",
    "email": "rakoto@mairie.example",
    "function": "Maire",
    "organisation": {"name": "Antsirabe", "country": "MG"},
    "consents": {"privacy": True},
}


async def test_the_api_tells_the_position_in_each_line(visitor, signer, store, full):
    bearer = {"authorization": f"Bearer {a_word(signer, 'registrations')}"}
    told = (await visitor.get(f"/api/registration/v1/registrations/{full[2]}", headers=bearer)).json()
    assert [(one["session"], one["position"], one["offered_until"]) for one in told["waiting"]] == [(A, 2, None)]
    assert told["position"] is None


async def test_leaving_the_line_asks_in_its_own_words(visitor, desk, store):
    await opened(store, quota=1)
    _, waits = await people(store, somebody(1), somebody(2, wait=True))
    page = unescape((await visitor.get(path(desk, waits, "annuler"))).text)
    assert "Vous n’attendez plus de place" in page
    assert "badge" not in page.split("<main")[1]


async def test_an_offer_of_a_session_cancelled_since_says_so(visitor, desk, store, full):
    await actions.cancel(store, full[0], manage_url=manage_url)
    await promote(store)
    await opened(store, a_session(capacity=1, status="cancelled"))
    store.pages.forget()
    offer = path(desk, full[1], "offre", A)
    assert "n’a plus lieu" in unescape((await visitor.get(offer)).text)
    late = await visitor.post(offer, data={"reponse": "oui"})
    assert (late.status_code, "n’a plus lieu" in unescape(late.text)) == (422, True)
    mine = unescape((await visitor.get(path(desk, full[1]))).text)
    assert "Séance annulée" in mine
    assert offer not in mine


async def test_the_api_tells_full_lists_and_joins_them_when_asked(visitor, store, full):
    form = (await visitor.get("/api/registration/v1/form")).json()
    (session,) = [one for one in form["sessions"] if one["id"] == A]
    assert (session["full"], session["waiting"], session["places_left"]) == (True, 2, 0)
    refused = await visitor.post("/api/registration/v1/registrations", json={**BODY, "sessions": [A]})
    assert (refused.status_code, refused.json()["code"]) == (409, "session-full")
    waits = await visitor.post("/api/registration/v1/registrations", json={**BODY, "waiting": [A]})
    assert (waits.status_code, waits.json()["status"]) == (201, "confirmed")
    await opened(store, quota=1)
    store.pages.forget()
    form = (await visitor.get("/api/registration/v1/form")).json()
    assert [(one["full"], one["approval"]) for one in form["categories"]] == [(True, False)]
    waits = await visitor.post("/api/registration/v1/registrations", json={**BODY, "wait": True})
    assert (waits.status_code, waits.json()["status"]) == (201, "waitlisted")


async def test_two_sessions_at_once_are_refused_or_warned_of_as_the_edition_is_set(visitor, desk, store):
    sessions = (a_session(), a_session("other", minute=45))
    both = answers(sessions=[A, "other"], both="yes")
    await opened(store, *sessions)
    assert (await visitor.post("/inscription", data=both)).status_code == 422
    await opened(store, *sessions, overlaps="warn")
    store.pages.forget()
    warned = await visitor.post("/inscription", data=answers(sessions=[A, "other"]))
    assert warned.status_code == 422
    assert "Garder les deux" in unescape(warned.text)
    sent = await visitor.post("/inscription", data=both)
    token = sent.headers["location"].split("/")[2]
    kept = await store.pages.registration(desk.links.read(token)[0])
    assert kept.sessions == (A, "other")


async def test_choosing_anew_warns_in_the_same_way(visitor, desk, store):
    await opened(store, a_session(), a_session("other", minute=45), overlaps="warn")
    (id,) = await people(store, somebody(1, sessions=(A,)))
    store.pages.forget()
    address = path(desk, id, "seances")
    form = await visitor.get(address)
    wanted = {"sessions": [A, "other"], "version": re.search(r'name="version" value="([^"]+)"', form.text).group(1)}
    warned = await visitor.post(address, data=wanted)
    assert (warned.status_code, "Garder les deux" in unescape(warned.text)) == (422, True)
    assert (await visitor.post(address, data={**wanted, "both": "yes"})).status_code == 303
    assert (await store.pages.registration(id)).sessions == (A, "other")
