"""The team and programs correct registrations: on what they read, audited by field, with the form's own rules."""

from html import unescape

import pytest

from services.registration import actions
from shared.events.registration import Amended, Transferred
from shared.ids import new_id
from shared.web import staff_cookie_name
from tests.registration.conftest import a_category, a_session, a_word, an_application, manage_url, opened, ruled
from tests.registration.test_actions import facts, places
from tests.registration.test_amending import the_form
from tests.registration.test_form import hidden
from tests.registration.test_transferring import YANN

API = "/api/registration/v1/registrations"


@pytest.fixture
async def one(store):
    """Somebody in workshop a; the id."""
    await opened(store, a_session("a"), a_session("b", day=9), a_session("c", day=9, hour=15, capacity=0))
    application = an_application(sessions=("a",), needs=("vegetarian",))
    return (await actions.register(store, application, id=new_id(), key=None, manage_url=manage_url)).id


@pytest.fixture
def program(visitor, signer):
    """Sends a change with the version that was read."""

    async def patch(id, body, version='"1"', scope="registrations"):
        headers = {"authorization": f"Bearer {a_word(signer, scope)}"}
        if version is not None:
            headers["if-match"] = version
        return await visitor.patch(f"{API}/{id}", json=body, headers=headers)

    return patch


async def test_a_program_corrects_what_it_has_read(visitor, store, signer, program, one):
    read = await visitor.get(f"{API}/{one}", headers={"authorization": f"Bearer {a_word(signer, 'registrations')}"})
    done = await program(one, {"function": "Maire", "consents": {"image": True}}, read.headers["etag"])
    assert (done.status_code, done.headers["etag"]) == (200, '"2"')
    assert (done.json()["function"], done.json()["consents"]["image"]) == ("Maire", True)
    (fact,) = await facts(store, Amended)
    assert (fact.changed, fact.actor) == (("function", "consents", "image"), "staff")
    assert (await store.pages.needs(one)).codes == ("vegetarian",)
    again = await program(one, {"function": "Élue"}, read.headers["etag"])
    assert (again.status_code, again.json()["code"]) == (412, "stale")
    assert again.headers["content-type"] == "application/problem+json"


async def test_details_and_sessions_change_together_or_not_at_all(store, program, one):
    full = await program(one, {"phone": "0600000000", "sessions": ["c"]})
    assert (full.status_code, full.json()["errors"][0]["code"]) == (422, "session-full")
    kept = await store.pages.registration(one)
    assert (kept.phone, kept.sessions, kept.sequence) == ("", ("a",), 1)
    done = await program(one, {"phone": "0600000000", "sessions": ["b"], "waiting": ["c"], "needs": []})
    assert done.headers["etag"] == '"3"'
    kept = await store.pages.registration(one)
    assert (kept.phone, kept.sessions, [each.session for each in kept.waiting]) == ("0600000000", ("b",), ["c"])
    assert [fact.changed for fact in await facts(store, Amended)] == [("phone", "needs"), ("sessions",)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "solene@"}, "email"),
        ({"organisation": {"name": " "}}, "organisation.name"),
        ({"function": ""}, "function"),
        ({"sessions": ["zzz"]}, "sessions"),
    ],
)
async def test_mistakes_are_listed_by_field(program, one, body, field):
    answer = await program(one, body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [(None, 428, "if-match-missing"), ("*", 412, "stale"), ('"9"', 412, "stale"), ("²", 412, "stale")],
)
async def test_a_change_says_on_what_it_is_built(store, signer, visitor, one, version, status, code):
    headers = {"authorization": f"Bearer {a_word(signer, 'registrations')}"}
    if version:
        headers["if-match"] = version.encode()
    answer = await visitor.patch(f"{API}/{one}", json={"function": "Maire"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await facts(store, Amended) == []


@pytest.mark.parametrize("body", [{"category": "zzz"}, {"status": "cancelled"}, {"generation": 9}, {"x": 1}])
async def test_what_is_not_to_be_changed_is_refused(program, one, body):
    assert (await program(one, body)).status_code == 422


async def test_only_the_scope_opens_it(visitor, program, one):
    assert (await program(one, {"function": "Maire"}, scope="import")).status_code == 403
    assert (await visitor.patch(f"{API}/{one}", json={}, headers={"if-match": '"1"'})).status_code == 401
    assert (await program("nobody", {})).status_code == 404


async def test_the_team_corrects_on_a_page(team, store, one):
    page = await team.get(f"/equipe/inscriptions/{one}/modifier")
    assert 'value="Kervadec-Diallo"' in page.text
    assert "Enregistrer et écrire à 1 personne" in page.text
    form = the_form(page, family_name="Le Goff")
    sent = await team.post(f"/equipe/inscriptions/{one}/modifier", data=form)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/equipe/inscriptions/{one}")
    (fact,) = await facts(store, Amended)
    (entry,) = await store.database.audit.find({"action": "registration.amend"}).to_list(None)
    assert (fact.changed, fact.actor) == (("family_name",), "staff")
    assert (entry["actor"], entry["fields"]) == ("staff:claire", ["family_name"])
    late = await team.post(f"/equipe/inscriptions/{one}/modifier", data={**form, "family_name": "Le Gall"})
    assert late.status_code == 409
    assert "Voici les deux versions" in late.text
    wrong = await team.post(f"/equipe/inscriptions/{one}/modifier", data={**form, "email": "x"})
    assert (wrong.status_code, 'value="x"' in wrong.text) == (422, True)


async def test_a_category_is_changed_with_its_counts(store, program, one):
    done = await program(one, {"category": "equipe"})
    assert (done.status_code, done.json()["category"]) == (200, "equipe")
    (fact,) = await facts(store, Amended)
    assert (fact.changed, fact.category) == (("category",), "equipe")
    counted = (await places(store))["categories"]
    assert {id: count for id, count in counted.items() if count} == {"equipe": 1}
    await ruled(store, categories=(a_category(quota=0), a_category("equipe", public=False)))
    full = await program(one, {"category": "elu"}, '"2"')
    assert (full.status_code, full.json()["code"]) == (409, "category-full")


async def test_the_team_changes_the_category_on_the_page(team, store, one):
    page = await team.get(f"/equipe/inscriptions/{one}/modifier")
    await team.post(f"/equipe/inscriptions/{one}/modifier", data=the_form(page, category="equipe"))
    assert (await store.pages.registration(one)).category == "equipe"


async def test_the_team_passes_a_place_on_once(team, store, one):
    page = await team.get(f"/equipe/inscriptions/{one}/transmettre")
    assert "Transmettre et écrire à 2 personnes" in page.text
    form = {**YANN, "generation": hidden(page, "generation")}
    wrong = await team.post(f"/equipe/inscriptions/{one}/transmettre", data={**form, "email": "x"})
    assert (wrong.status_code, 'value="Le Goff"' in wrong.text) == (422, True)
    for _ in range(2):
        sent = await team.post(f"/equipe/inscriptions/{one}/transmettre", data=form)
        assert sent.status_code == 303
    (fact,) = await facts(store, Transferred)
    assert (fact.actor, fact.person.family_name, fact.generation) == ("staff", "Le Goff", 2)


async def test_the_team_passes_on_no_place_that_nobody_has_yet(team, store):
    await opened(store, quota=0)
    application = an_application(wait=True)
    waits = (await actions.register(store, application, id=new_id(), key=None, manage_url=manage_url)).id
    address = f"/equipe/inscriptions/{waits}/transmettre"
    assert f'href="{address}"' not in (await team.get(f"/equipe/inscriptions/{waits}")).text
    refused = await team.post(address, data={**YANN, "generation": "1"})
    assert (refused.status_code, "dès qu’elle sera confirmée" in unescape(refused.text)) == (409, True)
    assert await facts(store, Transferred) == []


@pytest.mark.parametrize("path", ["modifier", "transmettre"])
async def test_pages_take_the_role(visitor, signer, one, path):
    address = f"/equipe/inscriptions/{one}/{path}"
    assert (await visitor.get(address)).status_code == 303
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, "desk", kind="staff"))
    assert (await visitor.get(address)).status_code == 403
    assert (await visitor.post(address, data={})).status_code == 403


async def test_the_card_leads_to_both(team, one):
    page = unescape((await team.get(f"/equipe/inscriptions/{one}")).text)
    for path in ("modifier", "transmettre"):
        assert f'href="/equipe/inscriptions/{one}/{path}"' in page
