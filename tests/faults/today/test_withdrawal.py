"""A member of the team leaves, a token is lost: the four services refuse them within seconds, whatever is down."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import uuid4

import httpx
import pytest

from tests.house import SERVICES, House
from tests.journeys.story import eventually

SECONDS = 5.0
"""How long a page or an API may stay open after the withdrawal, with everything up."""
ACCOUNTS, TOKENS = "/api/programme/v1/accounts", "/api/programme/v1/tokens"
PAGES = {
    "registration": "/equipe/inscriptions",
    "programme": "/equipe/programme/salles",
    "notifications": "/equipe/messages",
    "badges": "/equipe/badges",
}
APIS = {
    "registration": "/api/registration/v1/registrations?limit=1",
    "programme": "/api/programme/v1/editions/raict-2026/findings",
    "notifications": "/api/notifications/v1/deliveries?limit=1",
    "badges": "/api/badges/v1/badges?limit=1",
}
ROLES = ["registrations", "programme", "messages", "desk"]


@pytest.fixture
def admin(house: House) -> Iterator[httpx.Client]:
    house.await_ready()
    with house.visitor(follow_redirects=False) as one:
        one.post("/equipe/connexion", data={"email": house.staff_email, "password": house.staff_password})
        yield one


@contextmanager
def signed_in(house: House, email: str, password: str) -> Iterator[httpx.Client]:
    with house.visitor(follow_redirects=False) as one:
        assert one.post("/equipe/connexion", data={"email": email, "password": password}).status_code == 303
        yield one


def an_account(admin: httpx.Client, *roles: str) -> dict[str, str]:
    given = {"email": f"{uuid4().hex}@cuf.example", "name": "Paul Kervadec", "roles": roles or ROLES}
    made: dict[str, str] = admin.post(ACCOUNTS, json=given).json()
    return made


@contextmanager
def a_token(house: House, admin: httpx.Client) -> Iterator[tuple[str, httpx.Client]]:
    made = admin.post(TOKENS, json={"name": "lost", "scopes": ROLES}).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    with httpx.Client(base_url=house.base_url, headers=headers, timeout=15, verify=house.trust) as one:
        yield made["id"], one


@contextmanager
def a_phone(house: House, maker: httpx.Client) -> Iterator[httpx.Client]:
    """A volunteer's, at the door by a desk link that `maker` has given."""
    now = datetime.now(UTC)
    hours = {"debut": (now - timedelta(hours=1)).isoformat(), "fin": (now + timedelta(hours=8)).isoformat()}
    sheet = maker.post("/equipe/badges/postes", data={"porte": "Iéna", **hours}).text
    path = re.search(r"(/accueil/poste/[^<\s]+)<", sheet)
    pin = re.search(r"sheet__pin\">(\d{3})\D+(\d{3})<", sheet)
    assert path, sheet
    assert pin, sheet
    with house.visitor(follow_redirects=False) as one:
        assert one.post(path[1], data={"pin": pin[1] + pin[2]}).status_code == 303
        yield one


def withdraw(admin: httpx.Client, id: str) -> None:
    """Through the page, as an admin does, who reads there what ends with the account."""
    asked = admin.get(f"/equipe/comptes/{id}/retirer").text
    assert "Retirer ce compte" in asked
    assert "Les liens de poste qu’elle a créés se ferment aussi" in asked
    assert admin.post(f"/equipe/comptes/{id}/retirer").headers["location"] == "/equipe/comptes?fait=retrait"


def opened(client: httpx.Client, addresses: dict[str, str]) -> set[str]:
    """The services that answer: 200, and not a refusal or the way to the sign-in."""
    answers = {service: client.get(address).status_code for service, address in addresses.items()}
    assert set(answers.values()) <= {200, 303, 401}, answers
    return {service for service, status in answers.items() if status == 200}


def closes(client: httpx.Client, addresses: dict[str, str], within: float = SECONDS) -> None:
    eventually(lambda: not opened(client, addresses), "every service closed", seconds=within)


def test_withdrawn_account_and_token_are_refused_by_every_service_within_seconds(house: House, admin: httpx.Client):
    account = an_account(admin)
    with (
        signed_in(house, account["email"], account["password"]) as desk,
        signed_in(house, account["email"], account["password"]) as phone,
        a_token(house, admin) as (token, program),
    ):
        assert opened(desk, PAGES) == opened(phone, PAGES) == opened(program, APIS) == set(SERVICES)
        withdraw(admin, account["id"])
        admin.post(f"/equipe/comptes/jetons/{token}/retirer")
        begun = monotonic()
        for client, addresses in ((desk, PAGES), (phone, PAGES), (program, APIS)):
            closes(client, addresses)
        assert monotonic() - begun < SECONDS
        fragment = desk.get("/equipe/fragments/badges/figures", headers={"hx-request": "true"})
        assert fragment.headers["hx-redirect"].startswith("/equipe/connexion")
        assert desk.post("/equipe/renouvellement").status_code == 303


def test_what_a_withdrawn_account_handed_out_ends_with_it(house: House, admin: httpx.Client):
    account = an_account(admin, "admin")
    with (
        signed_in(house, account["email"], account["password"]) as desk,
        a_token(house, desk) as (_, program),
        a_phone(house, desk) as phone,
        a_phone(house, admin) as other,
    ):
        assert opened(program, APIS) == set(SERVICES)
        assert phone.get("/accueil").status_code == other.get("/accueil").status_code == 200
        assert ">lost<" in admin.get(f"/equipe/comptes/{account['id']}/retirer").text
        withdraw(admin, account["id"])
        begun = monotonic()
        closes(program, APIS)
        eventually(lambda: phone.get("/accueil").status_code == 403, "the desk closed", seconds=SECONDS)
        assert monotonic() - begun < SECONDS
        admin.post(f"{ACCOUNTS}/{account['id']}/reopen").raise_for_status()
        assert phone.get("/accueil").status_code == 403
        assert other.get("/accueil").status_code == 200


def test_copied_cookie_is_refused_everywhere_when_its_owner_leaves(house: House, admin: httpx.Client):
    account = an_account(admin)
    with (
        signed_in(house, account["email"], account["password"]) as desk,
        signed_in(house, account["email"], account["password"]) as phone,
        house.visitor(follow_redirects=False) as thief,
    ):
        desk.post("/equipe/renouvellement")
        thief.cookies.update(desk.cookies)
        assert opened(thief, PAGES) == set(SERVICES)
        desk.post("/equipe/deconnexion")
        closes(thief, PAGES)
        assert opened(phone, PAGES) == set(SERVICES)


def test_withdrawal_while_nats_is_away_holds_as_soon_as_it_is_back(house: House, admin: httpx.Client):
    account = an_account(admin)
    with (
        signed_in(house, account["email"], account["password"]) as desk,
        a_token(house, admin) as (token, program),
    ):
        assert opened(desk, PAGES) == opened(program, APIS) == set(SERVICES)
        with house.without("nats"):
            withdraw(admin, account["id"])
            admin.post(f"{TOKENS}/{token}/withdraw").raise_for_status()
            assert "programme" not in opened(desk, PAGES) | opened(program, APIS)
        closes(desk, PAGES)
        closes(program, APIS)


def test_service_that_was_away_closes_when_it_has_caught_up(house: House, admin: httpx.Client):
    account = an_account(admin)
    with signed_in(house, account["email"], account["password"]) as desk:
        assert opened(desk, PAGES) == set(SERVICES)
        with house.without("badges"):
            withdraw(admin, account["id"])
            closes(desk, {service: address for service, address in PAGES.items() if service != "badges"})
        closes(desk, PAGES)


def test_cookie_dies_within_its_hour_though_nats_stays_away(house: House, admin: httpx.Client):
    """The last one in this house: nobody's cookie outlives it, and its clock is off from here on."""
    account = an_account(admin)
    with signed_in(house, account["email"], account["password"]) as desk, house.without("nats"):
        withdraw(admin, account["id"])
        assert "registration" in opened(desk, PAGES)
        house.pass_time(hours=1)
        closes(desk, PAGES)
