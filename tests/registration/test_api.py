"""The JSON API over HTTP, on the real database."""

import asyncio
from unicodedata import normalize

import pytest

from tests.registration.conftest import EDITION, a_category, a_session, a_word, opened

PATH = "/api/registration/v1"


def a_body(**changes):
    body = {
        "category": "elu",
        "given_name": "Solène",
        "family_name": "Kervadec-Diallo",
        "email": "solene@mairie.example",
        "language": "fr",
        "function": "Adjointe au maire",
        "organisation": {"name": "Montreuil", "kind": "commune", "code": "93048", "country": "FR"},
        "phone": "",
        "sessions": ["2026-01"],
        "needs": ["vegetarian"],
        "consents": {"privacy": True, "image": False, "participants_list": True},
    }
    return {**body, **changes}


@pytest.fixture
def bearer(signer):
    return lambda *scopes: {"authorization": f"Bearer {a_word(signer, *scopes)}"}


async def posted(visitor, body=None, key=None, **headers):
    if key:
        headers["idempotency-key"] = key
    return await visitor.post(f"{PATH}/registrations", json=body or a_body(), headers=headers)


async def test_register_answers_id_status_and_link(visitor):
    answer = await posted(visitor)
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "status", "manage_url"}
    assert answer.json()["status"] == "confirmed"
    page = await visitor.get(answer.json()["manage_url"])
    assert page.status_code == 200
    assert "Kervadec-Diallo" in page.text


async def test_register_with_one_key_answers_alike_every_time(visitor, store):
    answers = await asyncio.gather(*(posted(visitor, key="abc") for _ in range(10)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.text for one in answers}) == 1
    assert await store.database.registrations.count_documents({}) == 1
    other = await posted(visitor, a_body(given_name="Yann"), key="abc")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_one_key_answers_alike_though_the_rules_have_changed_since(visitor, store):
    first = await posted(visitor, key="abc")
    await opened(store, a_session("2026-02"), categories=(a_category("agent"),), closes_days_before=40)
    again = await posted(visitor, key="abc")
    assert (again.status_code, again.text) == (201, first.text)
    other = await posted(visitor, a_body(given_name="Yann"), key="abc")
    assert other.status_code == 422


async def test_register_without_key_is_a_new_registration_each_time(visitor):
    first, second = await posted(visitor), await posted(visitor)
    assert first.json()["id"] != second.json()["id"]


async def test_mistakes_are_all_listed_under_the_names_of_the_api(visitor):
    body = a_body(family_name="", email="x@", consents={"privacy": False}, sessions=["nope"], needs=["gold"])
    body["organisation"] = {"name": " ", "country": "ZZ"}
    answer = await posted(visitor, body, **{"accept-language": "en"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    listed = {one["field"]: one for one in answer.json()["errors"]}
    assert set(listed) == {
        "family_name",
        "email",
        "organisation.name",
        "organisation.country",
        "sessions",
        "needs",
        "consents.privacy",
    }
    assert listed["email"]["detail"] == "Email address: the part after the @ is missing."


@pytest.mark.parametrize(
    "change",
    [{"unknown": 1}, {"status": "confirmed"}, {"same_address": False}, {"family_name": None}, {"sessions": "2026-01"}],
)
async def test_a_body_of_another_shape_is_refused(visitor, store, change):
    answer = await posted(visitor, a_body(**change))
    assert answer.status_code == 422
    assert await store.database.registrations.count_documents({}) == 0


@pytest.mark.parametrize(
    ("rules", "body", "status", "code"),
    [
        ({"quota": 0}, {}, 409, "edition-full"),
        ({"opens_days_before": 5}, {}, 409, "registration-not-open"),
        ({"closes_days_before": 50}, {}, 409, "registration-closed"),
        ({}, {"category": "equipe"}, 422, "invalid"),
        ({}, {"edition": "raict-2099"}, 404, "edition-unknown"),
    ],
)
async def test_broken_rules_have_their_codes(visitor, store, rules, body, status, code):
    await opened(store, **rules)
    answer = await posted(visitor, a_body(**body))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_full_session_has_its_code(visitor, store):
    await opened(store, a_session(capacity=1))
    await posted(visitor)
    answer = await posted(visitor)
    assert (answer.status_code, answer.json()["code"]) == (409, "session-full")


async def test_categories_that_are_not_public_take_a_token(visitor, bearer):
    body = a_body(category="equipe")
    assert (await posted(visitor, body, **bearer("import"))).status_code == 201
    assert (await posted(visitor, body, **bearer("registrations"))).status_code == 201
    assert (await posted(visitor, body, **bearer("desk"))).status_code == 422
    assert (await posted(visitor, body, authorization="Bearer forged")).status_code == 401


async def test_list_and_single_registration_take_the_scope(visitor, bearer):
    id = (await posted(visitor)).json()["id"]
    for path in ("registrations", f"registrations/{id}"):
        assert (await visitor.get(f"{PATH}/{path}")).status_code == 401
        assert (await visitor.get(f"{PATH}/{path}", headers=bearer("desk"))).status_code == 403
        assert (await visitor.get(f"{PATH}/{path}", headers=bearer("registrations"))).status_code == 200
    one = (await visitor.get(f"{PATH}/registrations/{id}", headers=bearer("admin"))).json()
    assert (one["family_name"], one["sessions"], one["status"]) == ("Kervadec-Diallo", ["2026-01"], "confirmed")
    assert "needs" not in one
    missing = await visitor.get(f"{PATH}/registrations/nobody", headers=bearer("admin"))
    assert missing.status_code == 404


async def test_list_is_paged_and_sorted_by_name(visitor, bearer):
    for name in ("Zola", "Éluard", "d'Été", "Aragon", "Eluard"):
        await posted(visitor, a_body(family_name=name))
    seen, cursor = [], None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await visitor.get(f"{PATH}/registrations", params=query, headers=bearer("admin"))).json()
        seen += [one["family_name"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(["Zola", "Éluard", "d'Été", "Aragon", "Eluard"])
    assert seen[0] == "Aragon"
    assert seen[-1] == "Zola"


@pytest.mark.parametrize("cursor", ["x", "bm9wZQ==", "WzEsMl0=", "NQ==", "WyJcdWQ4MDAiLCAieCJd", "%00", "é"])
async def test_a_cursor_we_did_not_make_finds_nothing(visitor, bearer, cursor):
    answer = await visitor.get(f"{PATH}/registrations", params={"cursor": cursor}, headers=bearer("admin"))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("ker", 1),
        ("SOLENE", 1),
        ("diallo mont", 1),
        ("solene@mairie", 1),
        ("mairie", 1),
        (normalize("NFD", "Solène"), 1),
        ("ervadec", 0),
        ("ker zzz", 0),
        (".*", 1),  # nothing to look for: everybody
        ('{"$ne": 1}', 0),
    ],
)
async def test_search_finds_beginnings_of_words_without_accents(visitor, bearer, q, found):
    await posted(visitor)
    answer = await visitor.get(f"{PATH}/registrations", params={"q": q}, headers=bearer("admin"))
    assert len(answer.json()["items"]) == found


async def test_cancel_takes_the_scope_and_is_repeatable(visitor, store, bearer):
    id = (await posted(visitor)).json()["id"]
    assert (await visitor.post(f"{PATH}/registrations/{id}/cancel")).status_code == 401
    for _ in range(2):
        answer = await visitor.post(f"{PATH}/registrations/{id}/cancel", headers=bearer("registrations"))
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert (await store.database.places.find_one({"_id": EDITION}))["cancelled"] == 1


async def test_rules_take_the_admin_scope_and_french_labels(visitor, bearer):
    body = {
        "quota": 600,
        "opens_days_before": 120,
        "closes_days_before": 2,
        "categories": [{"id": "elu", "label": {"fr": "Élue ou élu"}, "quota": None, "public": True}],
    }
    address = f"{PATH}/editions/{EDITION}"
    assert (await visitor.put(address, json=body, headers=bearer("registrations"))).status_code == 403
    assert (await visitor.put(address, json=body, headers=bearer("admin"))).status_code == 204
    without = {**body, "categories": [{"id": "elu", "label": {"en": "Elected"}}]}
    assert (await visitor.put(address, json=without, headers=bearer("admin"))).status_code == 422
    twice = {**body, "categories": body["categories"] * 2}
    assert (await visitor.put(address, json=twice, headers=bearer("admin"))).status_code == 422
    assert (await visitor.put(address, json={**body, "x": 1}, headers=bearer("admin"))).status_code == 422
    form = (await visitor.get(f"{PATH}/form")).json()
    assert [one["id"] for one in form["categories"]] == ["elu"]


async def test_form_definition_is_public_and_counts_places(visitor, store):
    await posted(visitor)
    store.pages.forget()
    form = (await visitor.get(f"{PATH}/form", params={"lang": "en"})).json()
    assert (form["edition"], form["places_left"]) == (EDITION, 599)
    assert [one["id"] for one in form["categories"]] == ["elu"]
    assert form["sessions"][0]["places_left"] == 59
    assert form["sessions"][0]["title"] == "Workshop 2026-01"
    assert "Solène" not in str(form)


async def test_openapi_describes_the_api(visitor):
    described = (await visitor.get("/api/registration/openapi.json")).json()
    assert f"{PATH}/registrations" in described["paths"]
    assert "/inscription" not in described["paths"]
