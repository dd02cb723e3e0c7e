"""The team's side: signing in and out, the shells, the cards."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from services.programme.actions.accounts import create_staff
from services.programme.domain import accounts
from services.programme.web.context import Desk
from shared.clock import now
from tests.programme.conftest import HASH, PASSWORD
from tests.programme.test_api import release

RIGHT = {"email": "ines@example.org", "password": PASSWORD}


@pytest.fixture
async def ines(desk: Desk) -> accounts.Account:
    return await create_staff(
        desk.store, email="ines@example.org", name="Inès Belkacem", roles=("programme",), password_hash=HASH
    )


@pytest.mark.usefixtures("ines")
async def test_right_password_gives_a_cookie_and_leads_on(visitor: httpx.AsyncClient):
    answer = await visitor.post("/equipe/connexion", data={**RIGHT, "suite": "/equipe/sante?x=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/equipe/sante?x=1")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=3600" in cookie
    assert (await visitor.get("/equipe")).status_code == 200


@pytest.mark.usefixtures("ines")
@pytest.mark.parametrize(
    "suite", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\nSet-Cookie: x"]
)
async def test_sign_in_never_leads_to_another_site(visitor: httpx.AsyncClient, suite: str):
    form = await visitor.get("/equipe/connexion", params={"suite": suite})
    assert 'name="suite" value="/equipe"' in form.text
    answer = await visitor.post("/equipe/connexion", data={**RIGHT, "suite": suite})
    assert answer.headers["location"] == "/equipe"


@pytest.mark.usefixtures("ines")
@pytest.mark.parametrize("wrong", [{"password": "autre"}, {"email": "inconnue@example.org"}])
async def test_wrong_credentials_say_the_same_and_keep_the_address(visitor: httpx.AsyncClient, wrong: dict[str, str]):
    given = {**RIGHT, **wrong}
    answer = await visitor.post("/equipe/connexion", data=given)
    assert answer.status_code == 401
    assert "L’adresse ou le mot de passe ne correspond pas." in answer.text
    assert f'value="{given["email"]}"' in answer.text
    assert given["password"] not in answer.text
    assert "set-cookie" not in answer.headers


async def test_console_asks_to_sign_in_and_remembers_where_to(visitor: httpx.AsyncClient):
    for path in ("/equipe", "/equipe/programme"):
        answer = await visitor.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/equipe/connexion?suite={path}")


async def test_signed_in_person_is_led_on_from_the_form(staff: httpx.AsyncClient):
    answer = await staff.get("/equipe/connexion", params={"suite": "/equipe/sante"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/equipe/sante")


async def test_leaving_takes_the_cookie_away(staff: httpx.AsyncClient):
    answer = await staff.post("/equipe/deconnexion")
    assert answer.headers["location"] == "/equipe/connexion"
    assert (await staff.get("/equipe")).status_code == 303


async def test_leaving_is_a_post(staff: httpx.AsyncClient):
    assert (await staff.get("/equipe/deconnexion")).status_code == 405


async def test_work_renews_the_cookie_with_the_rights_of_now(staff: httpx.AsyncClient):
    answer = await staff.post("/equipe/renouvellement")
    assert answer.status_code == 204
    assert "Max-Age=3600" in answer.headers["set-cookie"]


async def test_changed_account_loses_its_cookie(staff: httpx.AsyncClient, desk: Desk):
    assert (await staff.get("/equipe")).status_code == 200
    await create_staff(desk.store, email="ines@example.org", name="Inès", roles=("desk",), password_hash=HASH)
    assert "set-cookie" not in (await staff.post("/equipe/renouvellement")).headers
    await desk.rights.refresh()
    assert (await staff.get("/equipe")).status_code == 303


async def test_home_lets_the_browser_fetch_a_card_of_each_service(staff: httpx.AsyncClient):
    page = (await staff.get("/equipe")).text
    for service in ("registration", "programme", "notifications", "badges"):
        assert f'hx-get="/equipe/fragments/{service}/home"' in page


async def test_home_card_sums_up_the_release(staff: httpx.AsyncClient, editor: httpx.AsyncClient):
    assert "pas encore publié" in (await staff.get("/equipe/fragments/programme/home")).text
    await release(editor)
    card = (await staff.get("/equipe/fragments/programme/home")).text
    assert "13 séances" in card.replace("\u00a0", " ")
    assert "Version 1" in card.replace("\u00a0", " ")


async def test_programme_list_shows_places(staff: httpx.AsyncClient, editor: httpx.AsyncClient):
    await release(editor)
    page = (await staff.get("/equipe/programme")).text.replace("\u00a0", " ")
    assert page.count('role="rowheader"') == 15
    assert "0 / 60" in page


async def test_console_is_stored_by_no_browser(staff: httpx.AsyncClient):
    for path in ("/equipe", "/equipe/programme", "/equipe/fragments/programme/home"):
        assert (await staff.get(path)).headers["cache-control"] == "no-store"


async def test_guesses_from_one_place_hold_up_nobody_elsewhere(ines: accounts.Account, visitor: httpx.AsyncClient):
    """Each account guessed at has guesses that cost nothing: all of them together may not fill the line."""
    wrong = [{"email": f"inconnue{number % 21}@example.org", "password": "autre"} for number in range(63)]
    attack = asyncio.gather(*(visitor.post("/equipe/connexion", data=one) for one in wrong))
    await asyncio.sleep(0)
    elsewhere = {"X-Forwarded-For": "203.0.113.7"}
    answer = await visitor.post("/equipe/connexion", data=RIGHT, headers=elsewhere)
    page = await visitor.get("/equipe/connexion", headers={**elsewhere, "Cookie": ""})
    statuses = {one.status_code for one in await attack}
    assert (answer.status_code, page.status_code, statuses) == (303, 200, {401, 429})


async def test_right_password_after_a_burst_is_told_how_long_to_wait_and_then_let_in(
    ines: accounts.Account, visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    wrong = {**RIGHT, "password": "autre"}
    burst = await asyncio.gather(*(visitor.post("/equipe/connexion", data=wrong) for _ in range(12)))
    assert sorted(one.status_code for one in burst) == [401] * 3 + [429] * 9
    answer = await visitor.post("/equipe/connexion", data=RIGHT)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert "attendez 2 secondes, puis retapez le mot de passe" in answer.text
    assert f'value="{RIGHT["email"]}"' in answer.text
    assert PASSWORD not in answer.text
    later = now() + timedelta(seconds=int(answer.headers["retry-after"]))
    monkeypatch.setattr("shared.store.now", lambda: later)
    assert (await visitor.post("/equipe/connexion", data=RIGHT)).status_code == 303
