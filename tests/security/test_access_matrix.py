"""Every route of the running services, asked by everybody who should not: what the policy says, over HTTP.

The routes are read from the four applications as they are put together for production, so that a route which is added
anywhere, plumbing included, is asked too. What each guard lets in is in `tests/web/test_roles.py`.
"""

import base64
import hmac
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pymongo import MongoClient

from deploy.layout import Layout
from services.programme.domain.tokens import SCOPES
from shared.clock import now
from shared.ids import new_id
from shared.signing import Claims, Signer
from tests.house import SERVICES, House
from tests.journeys.story import Story, an_application, eventually
from tests.web.test_policy import POLICY, PUBLIC

INSIDE = {"GET /health/live", "GET /health/ready", "GET /metrics"}
"""On the services' own ports: the front door leads nobody there."""
READERS = {f"GET /api/{service}/{what}" for service in SERVICES for what in ("docs", "openapi.json")}
OF_EACH = re.compile(
    r"/equipe/(fragments|sante)/programme/?(health|purges|messages|lectures|$)|/(dead-letters|consumers)"
)
PLUMBING = {
    route.replace("programme", service): guard
    for route, guard in POLICY.items()
    if OF_EACH.search(route)
    for service in SERVICES
}
"""What every service has: the policy names programme's."""
PRINT_ROUTES = f"""
from importlib import import_module
def walk(routes):
    for route in routes:
        if inner := getattr(route, "original_router", None):
            yield from walk(inner.routes)
        else:
            yield route
for service in {SERVICES!r}:
    app = import_module(f"services.{{service}}.app").build(import_module(f"services.{{service}}.settings").Settings())
    for route in walk(app.routes):
        for method in sorted(route.methods):
            print(f"route {{method}} {{route.path}}")
"""
COOKIE = "rencontres_staff"
NOT_THERE = ["GET /equipe/messages/modeles/{template}/{lang}/essai", "GET /equipe/mon-compte"]
"""What gives nobody here a page: no trial was sent, and the cookies are of accounts that are not in the list."""


@pytest.fixture(scope="module")
def house(besieged: House) -> House:
    """Still as it was started: the first file by name in this folder meets accounts that nobody has touched."""
    return besieged


@pytest.fixture(scope="module")
def layout(house: House) -> Layout:
    return Layout.running({"VAR": str(house.var)})


@pytest.fixture(scope="module")
def signer(layout: Layout) -> Signer:
    return Signer(layout.service_environment("programme")["STAFF_PRIVATE_KEY"])


@pytest.fixture(scope="module")
def routes(layout: Layout) -> set[str]:
    """Every route of the four services, as `app.py` puts them together."""
    environment: dict[str, str] = {}
    for service in SERVICES:
        environment |= layout.service_environment(service)
    done = subprocess.run(
        [sys.executable, "-c", PRINT_ROUTES], env=environment, capture_output=True, text=True, check=True
    )
    found = {line.removeprefix("route ") for line in done.stdout.splitlines() if line.startswith("route ")}
    return {route for route in found if not route.startswith("HEAD ")}


@pytest.fixture(scope="module")
def door(house: House) -> Iterator[httpx.Client]:
    """Sends what it is told and remembers nothing: each request says who it is."""
    limits = httpx.Limits(max_connections=8)
    with httpx.Client(base_url=house.base_url, verify=house.trust, timeout=15, limits=limits) as one:
        yield one


def policy() -> dict[str, str]:
    """What each route asks for, the plumbing's for the team included."""
    return {**POLICY, **PLUMBING}


def claims(kind: Any, *roles: str, sub: str = "matrix", hours: float = 1) -> Claims:
    return Claims(sub, kind, "Anna", roles, 1, now() + timedelta(hours=hours), sid=new_id())


def ask(door: httpx.Client, route: str, words: dict[str, str], **headers: str) -> httpx.Response:
    """This route, as a browser of ours asks."""
    method, _, path = route.partition(" ")
    address = re.sub(r"{(\w+)}", lambda found: words.get(found[1], "1" if found[1] == "number" else "x"), path)
    sent = {"Origin": str(door.base_url).rstrip("/"), **headers}
    body: dict[str, Any] = {} if method == "GET" else {"json": {}} if "/api/" in path else {"data": {}}
    return door.request(method, address, headers=sent, **body)


def is_shut(answer: httpx.Response) -> bool:
    """Not signed in: 401 for a program, the way to the sign-in for a person."""
    return answer.status_code == 401 or (
        answer.status_code == 303 and answer.headers["location"].startswith("/equipe/connexion")
    )


def carried(kind: str, word: str) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={word}"} if kind == "staff" else {"authorization": f"Bearer {word}"}


def test_every_route_of_the_running_services_is_in_the_policy(routes: set[str]) -> None:
    assert routes == set(POLICY) | set(PLUMBING) | PUBLIC | INSIDE | READERS


def test_nobody_reaches_the_services_own_ports_through_the_front_door(door: httpx.Client) -> None:
    assert {ask(door, route, {}).status_code for route in INSIDE} == {404}


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forgeries(signer: Signer, kind: Any) -> dict[str, str]:
    """Words that say `admin`, none of which was signed for this."""
    good = signer.sign(claims(kind, "admin"))
    body, signature = good.split(".")
    poor = signer.sign(claims(kind, "press"))
    other: Any = "token" if kind == "staff" else "staff"
    with_public_key = hmac.digest(base64.b64decode(signer.public), base64.urlsafe_b64decode(body + "=="), "sha256")
    return {
        "nothing": "none",
        "expired": signer.sign(claims(kind, "admin", hours=-1)),
        "another key": Signer(packed(b"x" * 32) + "=").sign(claims(kind, "admin")),
        "another's signature": f"{body}.{poor.split('.')[1]}",
        "no signature": f"{body}.",
        "no algorithm": f"{packed(json.dumps({'alg': 'none'}).encode())}.{body}.",
        "the public key as a secret": f"{body}.{packed(with_public_key)}",
        "spelled in another way": f"{body}=.{signature}",
        "the other kind": signer.sign(claims(other, "admin")),
    }


@pytest.mark.parametrize("kind", ["staff", "token"])
def test_no_forged_expired_or_misplaced_word_opens_anything(door: httpx.Client, signer: Signer, kind: str) -> None:
    asked = [
        (route, name, carried(kind, word))
        for route, who in policy().items()
        if f"{kind}(" in who
        for name, word in forgeries(signer, kind).items()
    ]
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda one: ask(door, one[0], {}, **one[2]), asked)
        opened = [one[:2] for one, answer in zip(asked, answers, strict=True) if not is_shut(answer)]
    assert len(asked) > 300
    assert opened == []


def test_good_word_opens_what_the_forged_ones_do_not(door: httpx.Client, signer: Signer) -> None:
    for kind, route in (("staff", "GET /equipe/messages"), ("token", "GET /api/registration/v1/registrations")):
        assert ask(door, route, {}, **carried(kind, signer.sign(claims(kind, "admin")))).status_code == 200


@pytest.mark.parametrize("kind", ["staff", "token"])
def test_withdrawn_account_and_token_open_nothing(house: House, door: httpx.Client, signer: Signer, kind: str) -> None:
    where, given = {
        "staff": ("accounts", {"email": f"{new_id()}@cuf.example", "name": "Anna", "roles": ["admin"]}),
        "token": ("tokens", {"name": "matrix", "scopes": ["admin"]}),
    }[kind]
    with house.program() as program:
        id = program.post(f"/api/programme/v1/{where}", json=given).json()["id"]
        sent = carried(kind, signer.sign(claims(kind, "admin", sub=id)))
        wanted = [route for route, who in policy().items() if f"{kind}(" in who]
        reads = [route for route in wanted if route.startswith("GET ")]
        assert not any(is_shut(ask(door, route, {}, **sent)) for route in reads)
        program.post(f"/api/programme/v1/{where}/{id}/withdraw").raise_for_status()
    for service in SERVICES:
        route = next(one for one in reads if f"/{service}/" in one)
        eventually(lambda route=route: is_shut(ask(door, route, {}, **sent)), f"{service} shut", seconds=5)
    assert [route for route in wanted if not is_shut(ask(door, route, {}, **sent))] == []


@pytest.mark.parametrize("kind", ["staff", "token"])
def test_each_route_refuses_a_role_that_it_does_not_name(door: httpx.Client, signer: Signer, kind: str) -> None:
    words = {role: signer.sign(claims(kind, role)) for role in SCOPES}
    refused = {}
    for number, (route, who) in enumerate(sorted(policy().items())):
        if (found := re.search(rf"{kind}\(([^)]+)\)", who)) is None:
            continue
        others = [role for role in SCOPES if role not in {"admin", *found[1].split(", ")}]
        role = others[number % len(others)]
        refused[route, role] = ask(door, route, {}, **carried(kind, words[role])).status_code
    assert {asked: status for asked, status in refused.items() if status != 403} == {}
    assert len(refused) > 25


@pytest.fixture(scope="module")
def known(house: House) -> Iterator[dict[str, str]]:
    """What is behind each placeholder of an address: things there are."""
    story = Story(house)
    first, second = (story.register(an_application()) for _ in range(2))
    badge = story.badge(first["id"])
    with house.visitor() as staff:
        staff.post("/equipe/connexion", data={"email": house.staff_email, "password": house.staff_password})
        hours = {"debut": "2026-07-08T07:30", "fin": "2026-07-08T19:00"}
        sheet = staff.post("/equipe/badges/postes", data={"id": new_id(), "porte": "Iéna", **hours}).text
        batch = eventually(lambda: _batch(staff), "a batch")
        card = staff.get(f"/equipe/fragments/badges/person/{first['id']}").text
        line = "family_name;function;organisation_name;category;email\nLista;Mayor;Here;equipe;a@mairie.example"
        files = {"file": ("list.csv", line.encode())}
        listed = staff.post("/equipe/inscriptions/importer", files=files, follow_redirects=False).headers["location"]
        deliveries = eventually(lambda: _sent(story, 2), "an e-mail to each")
        sessions = story.api.get("/api/programme/v1/sessions").json()["items"]
        account = story.api.get("/api/programme/v1/accounts").json()["items"][0]["id"]
        made = story.api.get("/api/programme/v1/tokens").json()["items"][0]["id"]
    assert badge["state"] == "active"
    yield {
        "registration": first["id"],
        "manage": urlsplit(first["manage_url"]).path.rpartition("/")[2],
        "other": urlsplit(second["manage_url"]).path.rpartition("/")[2],
        "poste": re.search(r"/accueil/poste/([^<]+)<", sheet)[1],  # type: ignore[index]
        "link": re.search(r"/badge/([^\"]+)\.pdf", card)[1],  # type: ignore[index]
        "delivery": deliveries[0]["id"],
        "session": sessions[0]["id"],
        "slug": sessions[0]["slug"],
        "batch": batch,
        "account": account,
        "made": made,
        "list": listed.rpartition("/")[2],
    }
    story.close()


def _sent(story: Story, count: int) -> list[dict[str, Any]] | None:
    """The deliveries, once there are so many and none is on its way."""
    items = story.api.get("/api/notifications/v1/deliveries").json()["items"]
    return items if len(items) >= count and {one["state"] for one in items} == {"sent"} else None


def _batch(staff: httpx.Client) -> str | None:
    """A batch of all badges, once there is one to print."""
    page = staff.get("/equipe/badges/tirages?lesquels=all").text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    made = staff.post("/equipe/badges/tirages", data=fields)
    return made.url.path.rpartition("/")[2] if made.history else None


def filled(route: str, known: dict[str, str]) -> dict[str, str]:
    """The words for this route: `{id}` is another thing on each page."""
    things = {
        "/messages/": "delivery", "/deliveries/": "delivery", "/programme/seances/": "session",
        "/tirages/": "batch",
        "/comptes/jetons/": "made", "/tokens/": "made", "/comptes/": "account", "/accounts/": "account",
        "/imports/": "list",
    }  # fmt: skip
    id = next((known[thing] for part, thing in things.items() if part in route), known["registration"])
    token = known["poste" if "/poste/" in route else "manage"]
    fixed = {"edition": "raict-2026", "lang": "fr", "template": "confirmation", "name": "confirmation", "what": "place"}
    fixed["kind"] = "csv"
    return {**known, **fixed, "id": "raict-2026" if "/editions/" in route else id, "token": token}


def digests(layout: Layout) -> dict[str, str]:
    """What each collection holds, as one number; leases are renewed by the minute, and say nothing."""
    found: dict[str, str] = {}
    for service in SERVICES:
        with MongoClient(layout.service_environment(service)["MONGO_URL"]) as client:
            sums = client[service].command("dbHash")["collections"]
        found |= {f"{service}.{name}": digest for name, digest in sums.items() if name != "leases"}
    return found


def still(layout: Layout) -> dict[str, str]:
    """The digests, once nothing is going on any more."""
    last: list[dict[str, str]] = [{}]

    def settled() -> dict[str, str] | None:
        before, last[0] = last[0], digests(layout)
        return last[0] if last[0] == before else None

    return eventually(settled, "nothing going on")


def test_reading_changes_nothing_whoever_reads(
    layout: Layout, door: httpx.Client, signer: Signer, routes: set[str], known: dict[str, str]
) -> None:
    """Mail scanners follow every link, and browsers fetch ahead."""
    people = {
        "nobody": {},
        "admin": carried("staff", signer.sign(claims("staff", "admin"))),
        "program": carried("token", signer.sign(claims("token", "admin"))),
        "desk": carried("staff", signer.sign(claims("staff", "desk"))),
    }
    reads = sorted(route for route in routes - INSIDE if route.startswith("GET "))
    asked = [(route, name) for route in reads for name in people]
    before = still(layout)
    with ThreadPoolExecutor(4) as pool:
        answers = [*pool.map(lambda one: ask(door, one[0], filled(one[0], known), **people[one[1]]), asked)]
    assert still(layout) == before
    ask(door, "POST /equipe/connexion", {})  # what a reader must not do is seen
    assert digests(layout) != before
    found = {route for (route, _), answer in zip(asked, answers, strict=True) if answer.status_code == 200}
    assert sorted(set(reads) - found) == NOT_THERE


def test_link_of_one_person_opens_nothing_of_another(
    door: httpx.Client, routes: set[str], known: dict[str, str]
) -> None:
    (mine, generation, mac), (theirs, _, other) = known["manage"].split("."), known["other"].split(".")
    mixed = [f"{mine}.{generation}.{other}", f"{theirs}.{generation}.{mac}", f"{mine}.{int(generation) + 1}.{mac}"]
    asked = [route for route in sorted(routes) if "/mon-inscription/{token}" in route]
    assert len(asked) > 10
    for token in mixed:
        for route in asked:
            words = {**filled(route, known), "token": token}
            assert ask(door, route, words).status_code == 404, (route, token)
    id, generation, mac = known["link"].split(".")
    for link in (f"{id}.{int(generation) + 1}.{mac}", f"{known['registration']}.{generation}.{mac}", known["manage"]):
        for kind in ("pdf", "svg"):
            assert ask(door, f"GET /badge/{{link}}.{kind}", {"link": link}).status_code == 404
