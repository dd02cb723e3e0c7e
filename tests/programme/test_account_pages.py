"""Accounts and tokens, on their pages and through the API; and one's own account."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.programme.web.context import Desk
from tests.programme.conftest import BASE, HASH, PASSWORD, signed_in

API = "/api/programme/v1"
NEW = "une phrase assez longue"


@asynccontextmanager
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Origin": BASE, "accept-language": "fr"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers=headers) as client:
        yield client


@pytest.fixture
async def admin(app: FastAPI, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, desk, "admin@example.org", "Ada", "admin") as client:
        yield client


@pytest.fixture
async def paul(app: FastAPI, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, desk, "paul@example.org", "Paul Kervadec", "desk") as client:
        yield client


async def id_of(desk: Desk, email: str) -> str:
    account = await desk.store.account_of(email)
    assert account is not None
    return account.id


async def is_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/equipe/mon-compte")).status_code == 200


def secret(page: httpx.Response) -> str:
    found = re.search(r'class="secret">([^<]+)<', page.text)
    assert found
    return found[1]


async def journal(desk: Desk, subject: str) -> list[str]:
    return [one["action"] async for one in desk.store.database["audit"].find({"subject": subject}).sort("_id", 1)]


async def test_account_is_opened_with_a_password_that_is_shown_once(app: FastAPI, desk: Desk, admin: httpx.AsyncClient):
    form = {"email": "Lise@example.org", "name": "Lise", "roles": ["desk", "press"]}
    page = await admin.post("/equipe/comptes/nouveau", data=form)
    assert page.headers["cache-control"] == "no-store"
    word = secret(page)
    listed = (await admin.get("/equipe/comptes")).text
    assert ("lise@example.org" in listed, word in listed) == (True, False)
    async with browser(app) as lise:
        await lise.post("/equipe/connexion", data={"email": "lise@example.org", "password": word})
        own = await lise.get("/equipe/mon-compte")
        assert "Accueil, Chiffres seulement" in own.text
        assert "/equipe/comptes" not in own.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"email": "paul@example.org"}, "Un compte existe déjà"),
        ({"email": "paul"}, "n’en est pas une"),
        ({"name": " "}, "écrivez le nom"),
        ({"roles": ["emperor"]}, "Le rôle emperor n’existe pas."),
    ],
)
@pytest.mark.usefixtures("paul")
async def test_refused_account_says_why_and_keeps_what_was_typed(
    admin: httpx.AsyncClient, typed: dict[str, Any], words: str
):
    page = await admin.post("/equipe/comptes/nouveau", data={"email": "l@example.org", "name": "Lise", **typed})
    assert (page.status_code in {409, 422}, words in page.text) == (True, True)
    assert f'value="{typed.get("email", "l@example.org")}"' in page.text


async def test_withdrawal_is_asked_for_and_closes_every_browser(
    app: FastAPI, desk: Desk, admin: httpx.AsyncClient, paul: httpx.AsyncClient
):
    path = f"/equipe/comptes/{await id_of(desk, 'paul@example.org')}"
    assert "Paul Kervadec" in (await admin.get(f"{path}/retirer")).text
    assert await is_in(paul)
    done = await admin.post(f"{path}/retirer")
    assert done.headers["location"] == "/equipe/comptes?fait=retrait"
    assert not await is_in(paul)
    assert (await paul.post("/equipe/renouvellement")).status_code == 303
    again = await paul.post("/equipe/connexion", data={"email": "paul@example.org", "password": PASSWORD})
    assert again.status_code == 401
    assert "Retiré" in (await admin.get("/equipe/comptes")).text
    assert "Ce compte est déjà retiré." in (await admin.get(f"{path}/retirer")).text

    refused = await admin.post(f"{path}/mot-de-passe")
    assert (refused.status_code, "rouvrez-le" in refused.text) == (409, True)
    assert "Rouvrir ce compte" in (await admin.get(f"{path}/mot-de-passe")).text
    word = secret(await admin.post(f"{path}/mot-de-passe", data={"rouvrir": "oui"}))
    await paul.post("/equipe/connexion", data={"email": "paul@example.org", "password": word})
    assert await is_in(paul)


async def test_last_admin_is_told_why_they_stay(desk: Desk, admin: httpx.AsyncClient):
    path = f"/equipe/comptes/{await id_of(desk, 'admin@example.org')}"
    for step, form in (("/retirer", {}), ("", {"name": "Ada", "roles": "desk", "version": "1"})):
        page = await admin.post(path + step, data=form)
        assert (page.status_code, "dernier compte d’administration" in page.text) == (409, True)
    assert await is_in(admin)


async def test_other_roles_sign_the_person_out_and_another_name_does_not(
    desk: Desk, admin: httpx.AsyncClient, paul: httpx.AsyncClient
):
    path = f"/equipe/comptes/{await id_of(desk, 'paul@example.org')}"
    assert 'value="desk" checked' in (await admin.get(path)).text
    await admin.post(path, data={"name": "Paul K.", "roles": "desk", "version": "1"})
    assert await is_in(paul)
    await admin.post(path, data={"name": "Paul K.", "roles": ["desk", "press"], "version": "1"})
    assert not await is_in(paul)
    late = await admin.post(path, data={"name": "Paul K.", "roles": "desk", "version": "1"})
    assert (late.status_code, "a changé depuis" in late.text, 'value="press" checked' in late.text) == (412, True, True)
    for version in ("", "x", "9" * 5000):
        assert (await admin.post(path, data={"name": "P", "roles": "desk", "version": version})).status_code == 412


async def test_copied_cookie_ends_when_its_owner_leaves_and_the_other_device_stays(
    app: FastAPI, paul: httpx.AsyncClient
):
    await paul.post("/equipe/renouvellement")
    stolen = dict(paul.cookies)
    async with browser(app) as thief, browser(app) as phone:
        await phone.post("/equipe/connexion", data={"email": "paul@example.org", "password": PASSWORD})
        thief.cookies.update(stolen)
        assert await is_in(thief)
        await paul.post("/equipe/deconnexion")
        assert not await is_in(thief)
        assert (await thief.post("/equipe/renouvellement")).status_code == 303
        assert await is_in(phone)
        await phone.post("/equipe/mon-compte/deconnexion")
        thief.cookies.clear()
        assert not await is_in(phone)


async def test_own_password_keeps_this_browser_and_closes_the_others(app: FastAPI, desk: Desk, paul: httpx.AsyncClient):
    form = {"current": PASSWORD, "password": NEW, "again": NEW}
    async with browser(app) as phone:
        await phone.post("/equipe/connexion", data={"email": "paul@example.org", "password": PASSWORD})
        done = await paul.post("/equipe/mon-compte", data=form)
        assert done.headers["location"] == "/equipe/mon-compte?fait=mot-de-passe"
        assert await is_in(paul)
        assert not await is_in(phone)
        await phone.post("/equipe/connexion", data={"email": "paul@example.org", "password": NEW})
        assert await is_in(phone)
    assert (await journal(desk, await id_of(desk, "paul@example.org"))).count("password.change") == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"current": "autre"}, "current"),
        ({"password": "court", "again": "court"}, "password"),
        ({"again": "x"}, "again"),
    ],
)
async def test_refused_password_names_its_field_and_changes_nothing(
    desk: Desk, paul: httpx.AsyncClient, typed: dict[str, str], field: str
):
    form = {"current": PASSWORD, "password": NEW, "again": NEW, **typed}
    page = await paul.post("/equipe/mon-compte", data=form)
    assert (page.status_code, f'id="{field}-error"' in page.text) == (422, True)
    assert not [word for word in form.values() if f'value="{word}"' in page.text]
    account = await desk.store.account_of("paul@example.org")
    assert account is not None
    assert (account.password_hash, account.generation) == (HASH, 1)


async def test_token_is_shown_once_opens_its_scope_and_closes_at_once(
    app: FastAPI, desk: Desk, admin: httpx.AsyncClient
):
    page = (await admin.get("/equipe/comptes/jetons/nouveau")).text
    id = re.search(r'name="id" value="([0-9a-z]{26})"', page)
    assert id
    form = {"id": id[1], "name": "Import des scans", "scopes": "programme", "days": "30"}
    words = {secret(await admin.post("/equipe/comptes/jetons/nouveau", data=form)) for _ in range(2)}
    (word,) = words
    other = await admin.post("/equipe/comptes/jetons/nouveau", data={**form, "scopes": "admin"})
    assert (other.status_code, "déjà fait un autre jeton" in other.text) == (422, True)
    listed = (await admin.get("/equipe/comptes")).text
    assert ("Import des scans" in listed, word in listed) == (True, False)
    async with browser(app) as program:
        program.headers["authorization"] = f"Bearer {word}"
        assert (await program.get(f"{API}/editions/x/draft")).status_code == 404
        assert (await program.get(f"{API}/tokens")).status_code == 403
        assert "Retirer ce jeton" in (await admin.get(f"/equipe/comptes/jetons/{id[1]}/retirer")).text
        await admin.post(f"/equipe/comptes/jetons/{id[1]}/retirer")
        assert (await program.get(f"{API}/editions/x/draft")).status_code == 401
    assert "déjà retiré" in (await admin.get(f"/equipe/comptes/jetons/{id[1]}/retirer")).text
    assert (await admin.post("/equipe/comptes/jetons/nouveau", data=form)).status_code == 404
    assert await journal(desk, id[1]) == ["token.open", "token.withdraw"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"name": ""}, "name"), ({"scopes": []}, "scopes"), ({"days": "0"}, "days"), ({"days": "x"}, "days")],
)
async def test_refused_token_names_its_field(admin: httpx.AsyncClient, typed: dict[str, Any], field: str):
    form = {"name": "Import", "scopes": ["desk"], "days": "30", **typed}
    page = await admin.post("/equipe/comptes/jetons/nouveau", data=form)
    assert (page.status_code, f'id="{field}-error"' in page.text) == (422, True)


async def test_unknown_account_and_token_are_no_pages(admin: httpx.AsyncClient):
    for path in ("/rien", "/rien/retirer", "/rien/mot-de-passe", "/jetons/rien/retirer"):
        assert (await admin.get(f"/equipe/comptes{path}")).status_code == 404
    for path in ("/rien/retirer", "/rien/mot-de-passe", "/jetons/rien/retirer"):
        assert (await admin.post(f"/equipe/comptes{path}")).status_code == 404


async def test_api_opens_changes_withdraws_and_reopens_an_account(admin: httpx.AsyncClient):
    given = {"email": "lise@example.org", "name": "Lise", "roles": ["desk"]}
    made = await admin.post(f"{API}/accounts", json=given)
    assert (made.status_code, made.headers["etag"], made.headers["cache-control"]) == (201, '"1"', "no-store")
    assert (made.json()["state"], bool(made.json()["password"])) == ("open", True)
    path = f"{API}/accounts/{made.json()['id']}"
    assert (await admin.post(f"{API}/accounts", json=given)).json()["code"] == "account-exists"
    assert (await admin.get(path)).json()["password"] is None

    changed = await admin.patch(path, json={"roles": ["press"]}, headers={"If-Match": '"1"'})
    assert (changed.json()["roles"], changed.headers["etag"]) == (["press"], '"2"')
    late = await admin.patch(path, json={"roles": ["admin"]}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"]) == (412, "account-changed")
    assert (await admin.patch(path, json={"role": "admin"})).status_code == 422

    assert (await admin.post(f"{path}/withdraw")).json()["state"] == "withdrawn"
    assert (await admin.post(f"{path}/password")).json()["code"] == "account-withdrawn"
    again = (await admin.post(f"{path}/reopen")).json()
    assert (again["state"], bool(again["password"])) == ("open", True)
    assert (await admin.post(f"{path}/password")).json()["password"] != again["password"]
    assert (await admin.post(f"{path}/sign-out")).headers["etag"] == '"6"'
    assert (await admin.get(f"{API}/accounts/nobody")).status_code == 404


async def test_api_lists_in_pages_and_never_a_hash(desk: Desk, admin: httpx.AsyncClient, paul: httpx.AsyncClient):
    first = (await admin.get(f"{API}/accounts", params={"limit": 1})).json()
    then = (await admin.get(f"{API}/accounts", params={"limit": 1, "cursor": first["next"]})).json()
    assert [one["email"] for one in first["items"] + then["items"]] == ["admin@example.org", "paul@example.org"]
    assert then["next"] is None
    assert "argon2" not in repr((first, then))
    assert (await admin.get(f"{API}/accounts", params={"cursor": "a\0b"})).status_code == 200


async def test_api_makes_a_token_once_for_each_key_and_withdraws_it(app: FastAPI, admin: httpx.AsyncClient):
    given, key = {"name": "scan", "scopes": ["programme"], "days": 2}, {"Idempotency-Key": "abc"}
    made = [(await admin.post(f"{API}/tokens", json=given, headers=key)).json() for _ in range(2)]
    assert made[0] == made[1]
    reused = await admin.post(f"{API}/tokens", json={**given, "name": "other"}, headers=key)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency-key-reused")
    await admin.post(f"{API}/tokens", json=given)
    first = (await admin.get(f"{API}/tokens", params={"limit": 1})).json()
    then = (await admin.get(f"{API}/tokens", params={"limit": 1, "cursor": first["next"]})).json()
    assert {one["name"] for one in first["items"] + then["items"]} == {"scan"}
    assert [one["token"] for one in first["items"] + then["items"]] == [None, None]
    path = f"{API}/tokens/{made[0]['id']}"
    assert (await admin.post(f"{path}/withdraw")).json()["state"] == "withdrawn"
    assert ((await admin.get(path)).json()["state"], (await admin.get(path)).json()["token"]) == ("withdrawn", None)
    assert (await admin.get(f"{API}/tokens/nothing")).status_code == 404
    async with browser(app) as program:
        program.headers["authorization"] = f"Bearer {made[0]['token']}"
        assert (await program.get(f"{API}/editions/x/draft")).status_code == 401
