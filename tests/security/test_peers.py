"""The vulnerabilities that others of our kind had: a test each, on a running house or on the part that prevents it."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from deploy.children import await_until
from services.badges.domain import CheckIn, Result
from services.badges.store import Store as Badges
from services.badges.store import check_in_document
from services.notifications.domain.deliveries import Template
from services.notifications.domain.wording import Words, faults, filled
from services.programme import credentials
from tests.house import House
from tests.routes import all_routers
from tests.security.doors import REGISTER, Keys, person
from tests.security.judging import injected
from tests.web.test_policy import POLICY, PUBLIC

ROOT = Path(__file__).parents[2]
MARKUP = "\"'><img src=x onerror=alert(1)>"
EVIL = "evil.example"
UPLOAD = "/equipe/inscriptions/importer"


@pytest.fixture(scope="module")
def somebody(besieged: House) -> dict[str, str]:
    """Who registered under a name of markup: `id`, `manage_url`, and the address of their `mail`."""
    with besieged.program() as program:
        body = person(family_name=MARKUP, function=MARKUP, email="markup@mairie.example")
        made = program.post(REGISTER, json=body, headers={"Idempotency-Key": "peers"}).raise_for_status().json()
        besieged.await_mails("markup@mairie.example", limit=60)
        sent = program.get("/api/notifications/v1/deliveries", params={"recipient": "markup@mairie.example"}).json()
    return {**made, "mail": sent["items"][0]["id"]}


@pytest.fixture
def claire(besieged: House, keys: Keys) -> Any:
    """Somebody of the team, signed in."""
    with besieged.visitor(follow_redirects=False) as visitor:
        visitor.headers["Cookie"] = keys.cookie
        yield visitor


@pytest.mark.parametrize(
    "words", ["{nom.__class__}", "{nom!r}", "{nom[0]}", "{nom:>9999999}", "{0}", "{}", "{{nom}}", "%(nom)s{"]
)
def test_words_of_mails_reach_no_attribute(words: str):
    """pretix let templates of mails walk through attributes to its secrets."""
    assert "opening" in faults(Template.CONFIRMATION, Words.typed("Titre", f"{{nom}} {{lien}} {words}", ""))


def test_value_of_a_placeholder_is_never_read_as_a_placeholder():
    """The name of a person is text, though it looks like a field."""
    assert filled("{nom}", {"nom": "{lien}", "lien": "https://secret"}) == "{lien}"


async def test_check_ins_of_another_edition_are_never_listed(database: Any):
    """CVE-2026-5600: pretix' list of check-ins gave those of every event of an organiser."""
    moment = datetime(2026, 7, 8, 7, tzinfo=UTC)
    for edition in ("raict-2025", "raict-2026"):
        said = CheckIn(
            key=f"staff:a:{edition}",
            edition=edition,
            badge=None,
            registration=edition,
            category="elu",
            gate="Iéna",
            actor="staff:a",
            day=moment.date(),
            at=moment,
            scanned_at=moment,
            result=Result.ADMITTED,
            rehearsal=False,
        )
        await database.check_ins.insert_one(check_in_document(said))
    store = Badges(database, "badges")
    listed = [one.edition for one in await store.page_of_attendance("raict-2026", None, 100)]
    await store.close()

    assert listed == ["raict-2026"]


def test_file_opens_to_its_own_link_only(besieged: House, somebody: dict[str, str], claire: httpx.Client):
    """CVE-2026-9712: pretix gave a file to whoever knew its id."""
    card = f"/equipe/fragments/badges/person/{somebody['id']}"
    await_until(lambda: "/badge/" in claire.get(card).text, "the badge", limit=60)
    link = claire.get(card).text.partition("/badge/")[2].partition(".pdf")[0]
    id, generation, mac = link.split(".")
    other = somebody["manage_url"].rpartition("/")[2].split(".")
    forged = (
        id,
        f"{id}.{generation}",
        f"{id}.2.{mac}",
        f"{id}.{generation}.{mac[:-1]}",
        f"{other[0]}.1.{mac}",
        ".".join(other),
    )
    with besieged.visitor() as stranger:
        assert stranger.get(f"/badge/{link}.pdf").headers["content-type"] == "application/pdf"
        assert {stranger.get(f"/badge/{one}.pdf").status_code for one in forged} == {404}
        assert {stranger.get(f"/mon-inscription/{one}").status_code for one in (id, link, f"{other[0]}.1.{mac}")} == {
            404
        }


def test_name_of_markup_is_text_on_every_page_of_the_team(somebody: dict[str, str], claire: httpx.Client):
    """GHSA-cjcx-jfp2-f7m2 (pretalx, search), GHSA-45rp-q25w-4426 (pretix, stored), and markup that htmx acts on."""
    id, mail = somebody["id"], somebody["mail"]
    pages = (
        f"/equipe/inscriptions/{id}",
        f"/equipe/inscriptions?q={MARKUP}",
        "/equipe/inscriptions?q=markup@mairie.example",
        f"/equipe/inscriptions/{id}/modifier",
        f"/equipe/inscriptions/{id}/annuler",
        f"/equipe/inscriptions/{id}/transmettre",
        f"/equipe/fragments/registration/person/{id}",
        f"/equipe/fragments/badges/person/{id}",
        f"/equipe/fragments/notifications/person/{id}",
        "/equipe/badges?q=onerror",
        f"/equipe/badges?q={MARKUP}",
        "/accueil/recherche?q=onerror",
        f"/equipe/messages/{mail}",
        f"/equipe/messages?destinataire={MARKUP}",
        somebody["manage_url"],
    )
    for page in pages:
        answer = claire.get(page)

        assert answer.status_code == 200, page
        assert [*injected(f"<html>{answer.text}")] == [], page
        assert MARKUP not in answer.text, page


def test_preview_of_a_mail_runs_nothing(somebody: dict[str, str], claire: httpx.Client):
    """pretix showed a mail's markup inside its own pages; here it is a frame that may do nothing."""
    answer = claire.get(f"/equipe/messages/{somebody['mail']}/apercu")

    assert [fault for fault in injected(answer.text) if "style" not in fault] == []
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "allow-scripts" not in answer.headers["content-security-policy"]


def test_links_of_mails_and_answers_come_from_the_settings(besieged: House, somebody: dict[str, str]):
    """`Host` in links: a forged one would send a person's link to somebody else."""
    forged = {"Host": EVIL, "X-Forwarded-Host": EVIL, "Forwarded": f"host={EVIL}", "X-Forwarded-Proto": "https"}
    with besieged.visitor() as visitor:
        asked = visitor.post("/inscription/retrouver", data={"email": "markup@mairie.example"}, headers=forged)
        made = visitor.post(REGISTER, json=person(email="poisoned@mairie.example"), headers=forged).json()
        programme = visitor.get("/programme.ics", headers=forged).text
    mails = besieged.await_mails("markup@mairie.example", 2, limit=60) + besieged.await_mails("poisoned@mairie.example")

    assert asked.is_success
    assert made["manage_url"].startswith(f"{besieged.base_url}/mon-inscription/")
    assert EVIL not in programme
    assert [mail for mail in mails if EVIL in mail.as_string()] == []


@pytest.mark.parametrize(
    "where",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aX: y",
        "/\tx",
        "\\\\evil",
        "/ /evil",
        "evil",
        "data:x",
    ],
)
def test_signing_in_leads_to_no_other_site(claire: httpx.Client, where: str):
    """`next=` of Indico carried a script, and of many others another site."""
    there = claire.get("/equipe/connexion", params={"suite": where}).headers["location"]

    assert there == "/equipe" or (there.startswith("/%") and EVIL not in there)


def test_nothing_fetches_an_address_that_somebody_typed():
    """SSRF (Indico): no service has a client for HTTP, so no address typed is ever asked for."""
    clients = {
        "httpx",
        "requests",
        "urllib3",
        "aiohttp",
        "urllib.request",
        "http.client",
        "socket",
        "ftplib",
        "subprocess",
    }
    found = []
    for folder in ("services", "shared"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                found += [f"{file.relative_to(ROOT)}: {name}" for name in names if name in clients]

    assert found == []


def test_one_page_takes_a_file():
    """A picture or paper uploaded was a page with a script (Indico, pretalx): a list of people is all one may send."""
    templates = [file for folder in ("services", "shared") for file in (ROOT / folder).rglob("*.html")]
    asking = [file.name for file in templates if re.search(r"type=.file|multipart", file.read_text())]
    modules = [file for folder in ("services", "shared") for file in (ROOT / folder).rglob("*.py")]
    reading = [str(file.relative_to(ROOT)) for file in modules if "read_file(" in file.read_text()]
    declared = [
        route.path
        for router in all_routers()
        for route in router.routes
        if isinstance(route, APIRoute) and "File" in str(route.dependant.body_params)
    ]

    assert asking == ["equipe-importer.html"]
    assert sorted(reading) == ["services/registration/web/imports.py", "shared/web/forms.py"]
    assert declared == []


def test_file_that_was_sent_is_neither_kept_nor_served(besieged: House, scratch: Path):
    """Its cells become texts; a page that calls itself a list is refused, and its bytes are nowhere afterwards."""
    mark = uuid4().hex
    script = f"<script>alert('{mark}')</script>"
    page = f"<!doctype html><html><body>{script}</body></html>"
    line = f"{script};Ana;Mayor;Fictitious;equipe;{mark}@mairie.example\n"
    head = "family_name;given_name;function;organisation_name;category;email\n"
    with besieged.visitor() as staff:
        staff.post("/equipe/connexion", data={"email": besieged.staff_email, "password": besieged.staff_password})
        refused = _sent(staff, "evil.html", page)
        listed = _sent(staff, "../../static/evil.html", head + line)
        shown = staff.get(listed.headers["location"])
        served = [staff.get(f"{path}evil.html").status_code for path in ("/", "/static/", f"{UPLOAD}/")]
    files = [file for file in scratch.rglob("*evil*") if file.is_file()]

    assert (refused.status_code, listed.status_code, shown.status_code) == (422, 303, 200)
    assert mark not in refused.text
    assert script not in shown.text
    assert shown.headers["content-type"].startswith("text/html")
    assert served == [404, 404, 404]
    assert files == []


def _sent(staff: httpx.Client, name: str, content: str) -> httpx.Response:
    return staff.post(UPLOAD, files={"file": (name, content.encode(), "text/html")}, follow_redirects=False)


def _models(kind: Any) -> set[type[BaseModel]]:
    """Every model in a body, however deep."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        inside = (_models(field.annotation) for field in kind.model_fields.values())
        return {kind}.union(*inside)
    return set().union(*(_models(one) for one in getattr(kind, "__args__", ())))


def test_every_body_refuses_what_it_does_not_know():
    """Mass assignment: a status, a role or an id put into a body is not ignored, it is refused."""
    bodies = [
        body.field_info.annotation
        for router in all_routers()
        for route in router.routes
        if isinstance(route, APIRoute)
        for body in route.dependant.body_params
    ]
    models = set().union(*map(_models, bodies))

    assert len(models) > 15
    assert [model.__name__ for model in models if model.model_config.get("extra") != "forbid"] == []


def test_every_address_of_programs_and_the_team_has_a_guard():
    """CVE-2026-28352 (GHSA-rfpp-2hgm-gp5v): one address of Indico's had no check of access at all.

    A person's own export is opened by the link that it is sent with.
    """
    inner = {route for route in {*POLICY, *PUBLIC} if "/equipe" in route or "/api/" in route}
    open_to_all = {route for route in inner & PUBLIC if not route.startswith("GET /api")}

    exports = {f"POST /api/{service}/v1/export" for service in ("registration", "notifications", "badges")}

    assert open_to_all - exports == {
        "GET /equipe/connexion",
        "POST /equipe/connexion",
        "POST /api/registration/v1/registrations",
    }


def test_stranger_gets_nothing_from_any_list(besieged: House):
    """Lists and exports by anybody who guesses their address."""
    lists = sorted(route.split()[1] for route in POLICY if route.startswith("GET /api/"))
    with besieged.visitor() as stranger:
        statuses = {path: stranger.get(path.replace("{edition}", "raict-2026")).status_code for path in lists}

    assert statuses == dict.fromkeys(lists, 401)


async def test_unknown_account_costs_the_same_hash_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch):
    """The time of an answer told who has an account: both ways check one hash of the same cost."""
    checked: list[str] = []

    class Watched:
        def verify(self, known: str, _password: str) -> bool:
            checked.append(known)
            return True

    known = credentials.hash_password("right")
    monkeypatch.setattr(credentials, "_hasher", Watched())

    assert not await credentials.verify_password(None, "wrong")
    assert await credentials.verify_password(known, "right")
    assert len(checked) == 2
    assert checked[0].split("$")[1:4] == checked[1].split("$")[1:4]


def test_signing_in_replaces_whatever_cookie_was_there(besieged: House):
    """Session fixation: a cookie planted before is worth nothing after, and another site cannot sign anybody in."""
    signed = {"email": besieged.staff_email, "password": besieged.staff_password}
    with besieged.visitor(follow_redirects=False) as visitor:
        planted = {"Cookie": "rencontres_staff=planted"}
        answer = visitor.post("/equipe/connexion", data=signed, headers=planted)
        elsewhere = visitor.post("/equipe/connexion", data=signed, headers={"Origin": f"https://{EVIL}"})

    assert "rencontres_staff=" in answer.headers["set-cookie"]
    assert "planted" not in answer.headers["set-cookie"]
    assert (elsewhere.status_code, "set-cookie" in elsewhere.headers) == (403, False)


@pytest.mark.parametrize("path", ["/", "/programme", "/programme.ics", "/programme/changements.atom"])
def test_forged_request_leaves_no_mark_in_the_page_that_all_get(besieged: House, path: str):
    """Cache poisoning: what is kept for everybody depends on path and language alone, and says so."""
    forged = {"Host": EVIL, "X-Forwarded-Host": EVIL, "X-Forwarded-Prefix": f"//{EVIL}", "Cookie": f"lang=en; x={EVIL}"}
    with besieged.visitor() as visitor:
        before = visitor.get(path)
        visitor.get(path, params={"utm": EVIL}, headers=forged)
        visitor.get(path, headers={**forged, "X-Original-URL": "/equipe", "Accept-Language": EVIL})
        after = visitor.get(path)

    assert after.text == before.text
    assert {"Accept-Language", "Cookie"} <= {*after.headers["vary"].replace(" ", "").split(",")}


def test_page_about_a_person_is_kept_by_nobody(besieged: House, somebody: dict[str, str], claire: httpx.Client):
    """A shared cache, or the next person at this computer, has no page about somebody."""
    pages = (
        somebody["manage_url"],
        f"{somebody['manage_url']}/modifier",
        f"/equipe/inscriptions/{somebody['id']}",
        "/equipe/messages",
    )

    assert {claire.get(page).headers["cache-control"].partition(",")[0] for page in pages} <= {"no-store", "private"}
    with besieged.program() as program:
        assert program.get(f"{REGISTER}/{somebody['id']}").headers.get("cache-control", "no-store") == "no-store"


def test_no_other_site_may_frame_or_read_an_answer(besieged: House, keys: Keys, claire: httpx.Client):
    """Clickjacking, CORS and JSON hijacking: no frame, no leave to read, and JSON that is no script."""
    with besieged.program() as program:
        answers = [
            claire.get("/equipe/inscriptions", headers={"Origin": f"https://{EVIL}"}),
            program.get(REGISTER, headers={"Origin": f"https://{EVIL}"}),
            program.request(
                "OPTIONS", REGISTER, headers={"Origin": f"https://{EVIL}", "Access-Control-Request-Method": "POST"}
            ),
        ]

    for answer in answers:
        assert [name for name in answer.headers if name.startswith("access-control-")] == []
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answers[1].text.startswith("{")
