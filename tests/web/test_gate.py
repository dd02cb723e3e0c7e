"""Who passes: cookies and tokens, roles and scopes, withdrawn and expired, in the browser and in the API."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import APIRouter, FastAPI, Request

from shared.clock import now
from shared.settings import Settings
from shared.signing import Signer
from shared.web import Pages, Staff, bearer, client_address, create, safe_path, staff, staff_or_token
from tests.web.conftest import PUBLIC, claims, visit

Make = Callable[..., FastAPI]


def routes() -> APIRouter:
    router = APIRouter()

    @router.get("/equipe/messages")
    async def page(who: Staff = staff("messages")) -> str:
        return who.actor

    @router.post("/equipe/messages")
    async def act(who: Staff = staff("messages")) -> str:
        return who.actor

    @router.get("/equipe/qui")
    async def anyone(who: Staff = staff()) -> str:
        return who.name

    @router.get("/api/programme/v1/token")
    async def token(who: Staff = bearer("import")) -> str:
        return who.actor

    @router.get("/api/programme/v1/either")
    async def either(who: Staff = staff_or_token(("messages",), "import")) -> str:
        return who.actor

    @router.get("/adresse")
    async def address(request: Request) -> str:
        return client_address(request)

    return router


def cookie(signer: Signer, *roles: str, **said: object) -> dict[str, str]:
    return {"cookie": "rencontres_staff=" + signer.sign(claims(*roles, **said))}


def token(signer: Signer, *scopes: str, **said: object) -> dict[str, str]:
    return {"authorization": "Bearer " + signer.sign(claims(*scopes, kind="token", **said))}


@pytest.mark.parametrize(("roles", "status"), [(("messages",), 200), (("admin",), 200), (("desk",), 403), ((), 403)])
async def test_staff_route_asks_for_one_of_its_roles(
    make_app: Make, signer: Signer, roles: tuple[str], status: int
) -> None:
    async with visit(make_app(routes())) as client:
        assert (await client.get("/equipe/messages", headers=cookie(signer, *roles))).status_code == status


async def test_route_without_roles_is_for_every_account(make_app: Make, signer: Signer) -> None:
    async with visit(make_app(routes())) as client:
        assert (await client.get("/equipe/qui", headers=cookie(signer))).json() == "Claire Morvan"


async def test_stranger_is_led_to_the_sign_in_and_back(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        answer = await client.get("/equipe/messages?q=a%20b&page=2")
        assert (answer.status_code, answer.headers["location"]) == (
            303, "/equipe/connexion?suite=/equipe/messages%3Fq%3Da%2520b%26page%3D2",
        )  # fmt: skip
        answer = await client.post("/equipe/messages")
        assert answer.headers["location"] == "/equipe/connexion?suite=/equipe"


async def test_fragment_sends_the_whole_page_to_the_sign_in(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        headers = {"hx-request": "true", "hx-current-url": f"{PUBLIC}/equipe/sante?x=1"}
        answer = await client.get("/equipe/qui", headers=headers)
        assert (answer.status_code, answer.headers["hx-redirect"]) == (
            204, "/equipe/connexion?suite=/equipe/sante%3Fx%3D1",
        )  # fmt: skip


@pytest.mark.parametrize("said", [{"exp": now() - timedelta(seconds=1)}, {"generation": 1, "sub": "left"}])
async def test_expired_and_withdrawn_cookies_open_nothing(
    make_app: Make, signer: Signer, said: dict[str, object]
) -> None:
    async with visit(make_app(routes(), withdrawn={"left": 2})) as client:
        assert (await client.get("/equipe/messages", headers=cookie(signer, "admin", **said))).status_code == 303


async def test_withdrawn_cookie_would_open_if_nobody_looked(make_app: Make, signer: Signer) -> None:
    async with visit(make_app(routes(), withdrawn={})) as client:
        headers = cookie(signer, "admin", sub="left", generation=1)
        assert (await client.get("/equipe/messages", headers=headers)).status_code == 200


async def test_newer_generation_of_a_changed_account_passes(make_app: Make, signer: Signer) -> None:
    async with visit(make_app(routes(), withdrawn={"left": 2})) as client:
        headers = cookie(signer, "messages", sub="left", generation=2)
        assert (await client.get("/equipe/messages", headers=headers)).status_code == 200


async def test_cookie_is_no_token_and_token_no_cookie(make_app: Make, signer: Signer) -> None:
    async with visit(make_app(routes())) as client:
        staff_word = {"authorization": "Bearer " + signer.sign(claims("admin"))}
        token_word = {"cookie": "rencontres_staff=" + signer.sign(claims("admin", kind="token"))}
        assert (await client.get("/api/programme/v1/token", headers=staff_word)).status_code == 401
        assert (await client.get("/equipe/messages", headers=token_word)).status_code == 303


async def test_api_answers_problems_in_json(make_app: Make, signer: Signer) -> None:
    async with visit(make_app(routes())) as client:
        answer = await client.get("/api/programme/v1/token")
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == "not-signed-in"
        answer = await client.get("/api/programme/v1/token", headers=token(signer, "other"))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_either_takes_a_cookie_or_a_token_and_the_token_decides(make_app: Make, signer: Signer) -> None:
    async with visit(make_app(routes())) as client:
        path = "/api/programme/v1/either"
        assert (await client.get(path, headers=cookie(signer, "messages"))).json() == "staff:account"
        assert (await client.get(path, headers=token(signer, "import"))).json() == "token:account"
        both = cookie(signer, "messages") | token(signer, "other")
        assert (await client.get(path, headers=both)).status_code == 403


async def test_over_https_only_the_host_bound_cookie_counts(make_app: Make, signer: Signer) -> None:
    url = "https://rencontres.example"
    async with visit(make_app(routes(), url=url), url=url) as client:
        word = signer.sign(claims("messages"))
        plain = {"cookie": f"rencontres_staff={word}"}
        bound = {"cookie": f"__Host-rencontres_staff={word}"}
        assert (await client.get("/equipe/messages", headers=plain)).status_code == 303
        assert (await client.get("/equipe/messages", headers=bound)).status_code == 200


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "not an address", "127.0.0.1"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", "2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("127.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"),
    ],
)
async def test_client_address_is_believed_from_the_front_door_only(
    make_app: Make, peer: str, forwarded: str, seen: str
) -> None:
    async with visit(make_app(routes()), peer=peer) as client:
        assert (await client.get("/adresse", headers={"x-forwarded-for": forwarded})).json() == seen


@pytest.mark.parametrize(
    "text",
    ["", None, "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)",
     "/a\r\nSet-Cookie: x", "/a b", "/é"],
)  # fmt: skip
def test_another_site_is_never_a_place_to_go_on_to(text: str | None) -> None:
    assert safe_path(text) == "/equipe"


def test_path_of_ours_is_a_place_to_go_on_to() -> None:
    assert safe_path("/equipe/messages?q=a%20b") == "/equipe/messages?q=a%20b"


async def test_front_door_elsewhere_is_believed_when_named(pages: Pages, signer: Signer) -> None:
    settings = Settings(
        mongo_url="",
        nats_url="",
        port=1,
        link_secret="s",
        staff_public_key=signer.public,
        trusted_proxies="172.16.0.0/12",
    )
    forwarded = {"x-forwarded-for": "203.0.113.7"}
    async with visit(create(pages, settings, [routes()]), peer="172.18.0.2") as client:
        assert (await client.get("/adresse", headers=forwarded)).json() == "203.0.113.7"
    async with visit(create(pages, settings, [routes()]), peer="127.0.0.1") as client:
        assert (await client.get("/adresse", headers=forwarded)).json() == "127.0.0.1"
