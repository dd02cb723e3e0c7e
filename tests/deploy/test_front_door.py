"""What Caddy does for every answer, with services that answer their own name and one that is away."""

import http.server
import json
import re
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import yaml

from deploy import local
from deploy.children import await_until, free_ports
from deploy.keys import Keys
from deploy.layout import ROOT, Layout
from deploy.supervisor import Supervisor
from deploy.topology import LAPTOP

AWAY = "badges"


def stand_in(service: str, port: int) -> http.server.ThreadingHTTPServer:
    """A server that answers with the name of the service it stands for."""

    class Answer(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = service.encode()
            self.send_response(200)
            if "X-Version" in self.headers:  # what has a version, and is long enough to be packed
                self.send_header("Content-Type", "application/json")
                self.send_header("ETag", self.headers["X-Version"])
                body = json.dumps({"based_on": self.headers["If-Match"], "long": "-" * 2000}).encode()
            if "X-Break" in self.headers:  # promise more than is sent, then hang up
                self.send_header("Content-Length", "10000")
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True
                return
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Asked-For", self.headers["X-Forwarded-For"])
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer)
    server.handle_error = lambda *_: None  # a body refused half-way breaks the pipe
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def folder(scratch: Path) -> Path:
    return scratch / "front-door"


@pytest.fixture(scope="module")
def layout(folder: Path) -> Layout:
    port, *inner = free_ports(1 + len(LAPTOP))
    folder.mkdir()
    ports = dict(zip(LAPTOP, inner, strict=True))
    return Layout(folder, port, ports, Keys(folder), {"PATH": "/usr/bin:/bin", "AWAY_AFTER": "200ms"})


@pytest.fixture(scope="module")
def door(folder: Path, layout: Layout):
    servers = [stand_in(service, layout.ports[service]) for service in local.SERVICES if service != AWAY]
    supervisor = Supervisor(folder, say=lambda _: None)
    try:
        supervisor.start(local.front_door(layout))
        with httpx.Client(base_url=layout.public_url, timeout=10) as client:
            yield client
    finally:
        supervisor.abandon()
        for server in servers:
            server.shutdown()
            server.server_close()


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/", "programme"),
        ("/programme/seances/a", "programme"),
        ("/equipe", "programme"),
        ("/equipe/sante", "programme"),
        ("/equipe/sante/programme", "programme"),
        ("/equipe/sante/notifications", "notifications"),
        ("/accessibilite", "programme"),
        ("/api/programme/v1/releases", "programme"),
        ("/equipe/fragments/programme/home", "programme"),
        ("/inscription", "registration"),
        ("/inscription/organisations?q=lyon", "registration"),
        ("/mon-inscription/a.1.b", "registration"),
        ("/confidentialite", "registration"),
        ("/equipe/inscriptions", "registration"),
        ("/equipe/inscriptions/a", "registration"),
        ("/api/registration/v1/registrations", "registration"),
        ("/static/registration/form.js", "registration"),
        ("/equipe/messages", "notifications"),
        ("/equipe/messages/a", "notifications"),
        ("/api/notifications/v1/deliveries", "notifications"),
        ("/equipe/fragments/notifications/health", "notifications"),
    ],
)
def test_front_door_leads_to_the_owner(door, path, owner):
    assert door.get(path).text == owner


@pytest.mark.parametrize(
    "path", ["/", "/accueil", "/metrics", "/equipe/fragments/badges/home", "/api/badges/v1/badges"]
)
def test_every_answer_carries_the_policy(door, path):
    headers = door.get(path).headers

    assert headers.get_list("content-security-policy") == [headers["content-security-policy"]]
    scripts = re.search(r"script-src ([^;]+)", headers["content-security-policy"])[1]
    assert scripts == ("'self' 'wasm-unsafe-eval'" if path == "/accueil" else "'self'")
    assert "style-src 'self';" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/metrics", "/health/ready", "//metrics", "/%6detrics"])
def test_outsiders_get_no_metrics(door, path):
    answer = door.get(str(door.base_url).rstrip("/") + path)

    assert answer.status_code == 404
    assert answer.text != "programme"


@pytest.mark.parametrize("address", ["a/apercu", "modeles/confirmation/fr/apercu"])
def test_mail_preview_is_a_sandbox(door, address):
    policy = door.get(f"/equipe/messages/{address}").headers["content-security-policy"]

    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy


def test_stopped_service_gets_a_plain_page_in_three_languages(door):
    answer = door.get("/accueil")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert answer.headers["content-type"].startswith("text/html")
    for words in ("arrêtée pour le moment", "stopped for the moment", "detenida por el momento"):
        assert words in answer.text


def test_stopped_service_answers_programs_with_a_problem(door):
    answer = door.get("/api/badges/v1/badges")

    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["code"] == "away"


@pytest.mark.parametrize("fragment", ["home", "health", "person/a"])
def test_stopped_service_gets_a_card_at_once(door, fragment):
    began = time.monotonic()
    answer = door.get(f"/equipe/fragments/badges/{fragment}")

    assert answer.status_code == 503
    assert "Badges et accueil : arrêté" in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<html" not in answer.text
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("address", "headers", "words"),
    [
        ("", {"Accept-Language": "en-GB,fr;q=0.8"}, "Badges and front desk: stopped"),
        ("", {"Accept-Language": "de, es;q=0.9, en;q=0.8"}, "Acreditaciones y recepción: detenido"),
        ("", {"Accept-Language": "de"}, "Badges et accueil : arrêté"),
        ("", {"Accept-Language": "en", "Cookie": "a=1; lang=es"}, "Acreditaciones y recepción: detenido"),
        ("?lang=en", {"Accept-Language": "fr", "Cookie": "lang=es"}, "Badges and front desk: stopped"),
        ("?lang=xx", {"Accept-Language": "es"}, "Acreditaciones y recepción: detenido"),
    ],
)
def test_stopped_service_is_said_to_be_so_in_the_readers_language(door, address, headers, words):
    for fragment in ("home", "health"):
        assert words in door.get(f"/equipe/fragments/badges/{fragment}{address}", headers=headers).text


@pytest.mark.parametrize("path", ["/metrics", "/health/ready"])
def test_inside_addresses_stay_inside(door, path):
    answer = door.get(path)

    assert answer.status_code == 404
    assert "programme" not in answer.text


def test_body_above_one_megabyte_is_refused(door):
    answer = door.post("/inscription", content=b"a" * 1_100_000)

    assert answer.status_code == 413
    assert "1 Mo au plus" in answer.text


def test_look_comes_from_any_service_that_answers(door):
    assert door.get("/static/shared/rencontres.css").text == "programme"


def test_pages_are_compressed(door):
    assert door.get("/accueil", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("path", ["/api/badges/v1/export", "/api/badges/v1/registrations/a/export"])
def test_file_of_a_service_that_is_away_is_a_page_for_people_and_a_problem_for_programs(door, path):
    page = door.post(path, headers={"Accept": "text/html,*/*;q=0.8"})
    problem = door.post(path, headers={"Accept": "*/*"})

    assert (page.status_code, problem.status_code) == (503, 503)
    assert "arrêtée pour le moment" in page.text
    assert problem.json()["code"] == "away"


def test_capability_links_stay_out_of_the_log(door, folder):
    secret = "01jabc.1.s3cr3tmac"
    for path in (
        f"/mon-inscription/{secret}",
        f"/mon-inscription/{secret}/calendrier.ics",
        f"/badge/{secret}.pdf",
        f"/accueil/poste/{secret}",
    ):
        door.get(path, headers={"Referer": f"http://x/mon-inscription/{secret}", "Cookie": f"staff={secret}"})

    lines = [json.loads(line) for line in (folder / "log/caddy.log").read_text().splitlines() if "/badge/" in line]

    assert lines
    assert "s3cr3tmac" not in (folder / "log/caddy.log").read_text()


def test_ids_of_people_stay_out_of_the_log_however_their_links_are_spelt(door, folder):
    id, mac = "01m7ys20hdjsr41kbqs5drstv3", "g6yrmx422frkjunnrvmqs7qg"
    escaped = "".join(f"%{ord(sign):02x}" for sign in f"{id}.1.{mac}")
    links = (
        f"/mon%2dinscription/{id}.1.{mac}",
        f"/Mon-Inscription/{id}.1.{mac}/merci",
        f"/%6don-inscription/{escaped}",
    )
    for path in (*links, f"/equipe/inscriptions/{id}/annuler", f"/api/registration/v1/registrations/{id}/cancel"):
        door.get(path)

    log = (folder / "log/caddy.log").read_text()

    assert "/api/registration/v1/registrations/…/cancel" in log
    assert id not in log
    assert mac not in log
    assert escaped[:30] not in log.casefold()


def test_names_that_staff_look_for_stay_out_of_the_log(door, folder):
    sought = {"q": "Kervadec", "suite": "/equipe/inscriptions?q=Kervadec"}
    for path in ("/equipe/inscriptions", "/equipe/badges", "/equipe/connexion", "/mon-inscription/01j.1.mac/annuler"):
        headers = {"HX-Current-URL": "http://x/equipe?q=Kervadec", "X-Forwarded-For": "203.0.113.77"}
        door.get(path, params=sought, headers=headers)

    log = (folder / "log/caddy.log").read_text()

    assert "/equipe/connexion…" in log
    assert "Kervadec" not in log
    assert "203.0.113.77" not in log


def test_an_address_typed_into_the_browser_stays_out_of_the_log(door, folder):
    for path in ("/solene@mairie.example", "/programme/solene%40mairie.example/x", "/inscription/solene@"):
        door.get(path)

    log = (folder / "log/caddy.log").read_text()

    assert '"/programme/…/x"' in log
    assert "solene" not in log


def test_service_that_breaks_off_does_not_bring_a_link_into_the_log(door, folder):
    with suppress(httpx.HTTPError):
        door.get("/mon-inscription/01jabc.1.br0k3n?q=Kervadec", headers={"X-Break": "off"})

    await_until(lambda: "incomplete" in (folder / "log/caddy.log").read_text(), "the line", limit=5)
    assert "br0k3n" not in (folder / "log/caddy.log").read_text()


@pytest.mark.parametrize("packing", ["gzip", "zstd", "identity"])
def test_front_door_takes_a_change_based_on_a_packed_answer(door, packing):
    asked = {"X-Version": '"3"', "Accept-Encoding": packing}
    read = door.get("/api/registration/v1/registrations/a", headers=asked)

    based = {"X-Version": '"4"', "If-Match": read.headers["ETag"]}
    changed = door.get("/api/registration/v1/registrations/a", headers={**based, "Accept-Encoding": "identity"})

    assert read.headers.get("Content-Encoding", "identity") == packing
    assert changed.json()["based_on"] == '"3"'


def test_who_asks_is_who_is_connected_whatever_they_say(door):
    assert door.get("/", headers={"X-Forwarded-For": "203.0.113.9"}).headers["X-Asked-For"] == "127.0.0.1"


def test_behind_an_ingress_who_asks_is_who_the_ingress_says(door, folder, layout):
    """The services count by this address: without it, everybody would be one office."""
    manifests = yaml.safe_load_all((ROOT / "deploy/kubernetes/caddy.yaml").read_text())
    (pod,) = [one["spec"]["template"]["spec"] for one in manifests if one["kind"] == "Deployment"]
    options = next(one["value"] for one in pod["containers"][0]["env"] if one["name"] == "CADDY_SERVERS")
    (port,) = free_ports(1)
    inner = replace(layout, port=port)
    program = local.front_door(inner)
    program.environment = {**program.environment, "CADDY_SERVERS": options}
    supervisor = Supervisor(folder / "ingress", say=lambda _: None)
    try:
        supervisor.start(program)
        said = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}  # the first is what the visitor made up
        assert httpx.get(inner.public_url, headers=said).headers["X-Asked-For"] == "203.0.113.9"
    finally:
        supervisor.abandon()
