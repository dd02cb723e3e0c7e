"""Every page in a real browser: axe finds nothing, nothing sticks out, nothing is said to the console.

Each page is opened on a phone in three languages and on a wide screen in the dark; axe looks at the first and the last,
French and English. Some are opened at 320 pixels too, which is 400 % zoom, and without JavaScript. A page that is
added belongs into one of the lists below.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Cookie, Page, expect
from pymongo import MongoClient

from deploy.layout import Layout
from tests.health.reading import poison
from tests.house import House
from tests.journeys.browsing import DESK, PHONE, browsing, open_page, overflow, settle, violations
from tests.journeys.story import Story, an_application, attachment, eventually, printed_code
from tests.journeys.wording import left_in_french

LANGUAGES = {"fr": "fr-FR", "en": "en-GB", "es": "es-ES"}
PUBLIC = (
    "/", "/programme", "/programme?jour={day}", "/programme/seances/{slug}", "/programme/changements", "/inscription",
    "/accessibilite",
    "/confidentialite", "{manage}", "{cancelled}", "{manage}/offre/place",
    "{manage}/modifier", "{manage}/seances", "{manage}/transmettre", "{manage}/nouveau-lien",
    "{manage}/donnees", "{manage}/effacer", "/inscription/retrouver",
    "/equipe/connexion", "/api/programme/docs",
    "/api/registration/docs", "/api/notifications/docs", "/api/badges/docs",
)  # fmt: skip
STAFF = (
    "/equipe", "/equipe/programme", "/equipe/programme/seances/{session}",
    "/equipe/programme/seances/{session}/retirer", "/equipe/programme/seances/nouvelle",
    "/equipe/programme/salles", "/equipe/programme/publier",
    "/equipe/inscriptions", "/equipe/inscriptions?q=Kervadec",
    "/equipe/inscriptions?q=zzzz", "/equipe/inscriptions/{registration}",
    "/equipe/inscriptions/importer", "{list}", "{done}",
    "/equipe/inscriptions/exporter", "/equipe/inscriptions/exporter?q=Kervadec&etat=confirmee",
    "/equipe/inscriptions/nouvelle", "/equipe/inscriptions/{registration}/modifier",
    "/equipe/inscriptions/{registration}/transmettre", "/equipe/inscriptions/{registration}/effacer",
    "/equipe/inscriptions/{registration}/arrivee",
    "/equipe/messages", "{message}",
    "/equipe/messages/modeles", "/equipe/messages/modeles/confirmation/fr", "/equipe/messages/rappels",
    "/equipe/inscriptions/attente", "/equipe/inscriptions/reglages", "/equipe/inscriptions/registre",
    "/equipe/badges", "/equipe/badges/postes", "/equipe/sante", "/equipe/sante/notifications",
    "/accueil", "/accueil/recherche?q=kerv",
    "/equipe/comptes", "/equipe/comptes/nouveau", "/equipe/comptes/jetons/nouveau", "/equipe/mon-compte",
    "/equipe/comptes/{account}", "/equipe/comptes/{account}/retirer", "/equipe/comptes/{account}/mot-de-passe",
    "/accueil/recherche?q=zzzz",
)  # fmt: skip
WEIGHT, REQUESTS = 80_000, 5
LETTERS = "/api/notifications/v1/dead-letters"


@dataclass(frozen=True)
class Known:
    """What addresses are filled in with: one person who comes, one who cancelled, and who the staff are."""

    house: House
    cookie: Cookie
    words: dict[str, str]
    code: str
    cancelled_code: str

    def address(self, path: str) -> str:
        return self.house.base_url + path.format(**self.words)


class Windows:
    """Open windows by width, language and who sits before them, used again from page to page: opening is slow."""

    def __init__(self, browser: Browser, known: Known) -> None:
        self._browser = browser
        self._known = known
        self._open: dict[tuple[int, str, bool, bool], Page] = {}
        self._used: Page | None = None
        self.complaints: list[str] = []

    def at(self, width: int, lang: str = "fr", *, staff: bool = False, scripts: bool = True) -> Page:
        """A window whose console, and no other's, is listened to from its next page on. Wide ones are in the dark."""
        key = (width, lang, staff, scripts)
        if key not in self._open:
            self._open[key] = self._new(width, lang, staff, scripts)
        self._used = page = self._open[key]
        page.once("framenavigated", lambda _: self.complaints.clear())  # the page before it may still have complained
        return page

    def _new(self, width: int, lang: str, staff: bool, scripts: bool) -> Page:
        page = open_page(self._browser, width, locale=LANGUAGES[lang], scripts=scripts)
        if staff:
            page.context.add_cookies([self._known.cookie])
        if width == DESK:
            page.emulate_media(color_scheme="dark")
        page.on("console", lambda message: self._listen(page, message))
        page.on("pageerror", lambda error: self._complain(page, str(error)))
        return page

    def _listen(self, page: Page, message: ConsoleMessage) -> None:
        # That a page's own answer is a refusal is no complaint about the page.
        if message.type in {"error", "warning"} and "the server responded with a status" not in message.text:
            self._complain(page, message.text)

    def _complain(self, page: Page, text: str) -> None:
        if page is self._used:  # a page left behind goes on asking for its fragments, and may be refused
            self.complaints.append(text)

    def assert_sound(self, page: Page, lang: str, *, axe: bool = True) -> None:
        """Nothing to complain about, as the page stands. Without `axe` it is a translation of one that had it."""
        settle(page)
        assert page.locator("html").get_attribute("lang") == lang
        assert page.locator("h1").count() == 1
        assert page.title().strip()
        assert "%(" not in page.content()
        assert left_in_french(page, lang) == []
        assert overflow(page) == []
        assert not axe or violations(page) == []
        assert self.complaints == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as one:
        yield one


@pytest.fixture(scope="module")
def windows(browser: Browser, known: Known) -> Windows:
    return Windows(browser, known)


@pytest.fixture(scope="module")
def known(house: House) -> Iterator[Known]:
    story = Story(house)
    comes, left = (_registered(story, **changes) for changes in ({}, {"given_name": "", "family_name": "Tovonay"}))
    story.cancel(left[0]["id"])
    with house.visitor() as staff:
        staff.post("/equipe/connexion", data={"email": house.staff_email, "password": house.staff_password})
        (cookie,) = [one for one in staff.cookies.jar if one.name == "rencontres_staff"]
        schedule = staff.get("/api/programme/v1/sessions").json()["items"]
        account = story.api.get("/api/programme/v1/accounts").json()["items"][0]["id"]
        deliveries = story.api.get("/api/notifications/v1/deliveries").json()["items"]
        lists = [_list(staff, comes[0]["id"]), _list(staff, comes[0]["id"], confirmed=True)]
    kept = Layout.running({"VAR": str(house.var)})
    poison(kept.nats_admin_url, "{one", "{two")
    letters = eventually(lambda: set_aside(story, count=2), "two letters")
    story.api.post(f"{LETTERS}/{letters[0]['id']}/dismiss", json={"why": "Un essai"}).raise_for_status()
    deleted = {"_id": "page", "at": datetime.now(UTC), "purpose": "needs", "edition": "raict-2026", "count": 411}
    database: MongoClient[dict[str, Any]] = MongoClient(kept.service_environment("registration")["MONGO_URL"])
    database["registration"]["purges"].insert_one(deleted)
    words = {
        "registration": comes[0]["id"],
        "manage": urlsplit(comes[0]["manage_url"]).path,
        "cancelled": urlsplit(left[0]["manage_url"]).path,
        "slug": schedule[0]["slug"],
        "session": schedule[0]["id"],
        "day": schedule[0]["start"][:10],
        "account": str(account),
        "message": f"/equipe/messages/{deliveries[0]['id']}",
        "list": lists[0],
        "done": lists[1],
    }
    shown = Cookie(name=cookie.name, value=str(cookie.value), url=house.base_url)
    yield Known(house, shown, words, comes[1], left[1])
    database["registration"]["purges"].delete_one({"_id": "page"})
    database.close()
    for service in ("notifications", "badges"):
        for letter in story.api.get(LETTERS.replace("notifications", service)).json()["items"]:
            address = f"{LETTERS.replace('notifications', service)}/{letter['id']}/dismiss"
            story.api.post(address, json={"why": "Un essai"}).raise_for_status()
    story.close()


def _list(staff: httpx.Client, known: str, *, confirmed: bool = False) -> str:
    """The page of a list with somebody new, somebody twice, somebody known, and somebody to be mended."""
    somebody = "Lista;Ana;Mayor;Fictitious;equipe;%s@mairie.example;%s;red\n"
    lines = [somebody % pair for pair in ((uuid4().hex, ""), ("twice", ""), ("twice", ""), ("there", known), ("@", ""))]
    content = "family_name;given_name;function;organisation_name;category;email;id;Colour\n" + "".join(lines)
    sent = staff.post("/equipe/inscriptions/importer", files={"file": ("list.csv", content)}, follow_redirects=False)
    page = str(sent.headers["location"])
    if confirmed:
        staff.post(page, data={"mails": "no", "informed": "yes"}).raise_for_status()
        eventually(lambda: "refresh" not in staff.get(page).headers, "the list carried out")
    return page


def set_aside(story: Story, count: int) -> list[dict[str, Any]]:
    """The letters of notifications, once there are so many."""
    items: list[dict[str, Any]] = story.api.get(LETTERS).json()["items"]
    return items if len(items) == count else []


def _registered(story: Story, **changes: str) -> tuple[dict[str, str], str]:
    application = an_application(**changes)
    registration = story.register(application)
    return registration, printed_code(attachment(story.await_mail(application["email"]), "application/pdf"))


@pytest.mark.parametrize("path", PUBLIC + STAFF)
def test_page_is_sound_in_three_languages_and_in_the_dark(windows: Windows, known: Known, path: str) -> None:
    for width, lang, axe in ((PHONE, "fr", True), (PHONE, "en", False), (PHONE, "es", False), (DESK, "en", True)):
        page = windows.at(width, lang, staff=path in STAFF)
        answer = page.goto(known.address(path))
        assert answer is not None
        assert answer.status == 200
        windows.assert_sound(page, lang, axe=axe)


@pytest.mark.parametrize("path", ["/", "/programme", "/inscription", "{manage}", "/equipe/inscriptions", "/accueil"])
def test_page_fits_at_four_hundred_per_cent(windows: Windows, known: Known, path: str) -> None:
    page = windows.at(320, staff=path in STAFF)
    page.goto(known.address(path))
    settle(page)
    assert overflow(page) == []


@pytest.mark.parametrize("path", ["/", "/programme", "/inscription", "/equipe/inscriptions"])
def test_first_tab_jumps_over_the_header(windows: Windows, known: Known, path: str) -> None:
    page = windows.at(PHONE, staff=path in STAFF)
    page.goto(known.address(path))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("path", ["/programme", "/inscription"])
def test_page_is_light(browser: Browser, known: Known, path: str) -> None:
    page = open_page(browser, PHONE)
    sizes: list[int] = []
    page.on(
        "requestfinished",
        lambda request: sizes.append(
            sum(request.sizes()[kind] for kind in ("responseBodySize", "responseHeadersSize"))
        ),
    )
    page.goto(known.address(path))
    page.wait_for_load_state("networkidle")
    page.context.close()
    assert len(sizes) <= REQUESTS
    assert sum(sizes) <= WEIGHT


def test_unknown_page_says_so(windows: Windows, known: Known) -> None:
    for lang in LANGUAGES:
        page = windows.at(PHONE, lang)
        for path in ("/rien", "/mon-inscription/rien", "/programme/seances/rien", "/badge/rien.pdf"):
            answer = page.goto(known.address(path))
            assert answer is not None
            assert answer.status == 404
            windows.assert_sound(page, lang, axe=lang == "fr")


def test_language_is_kept_from_page_to_page(browser: Browser, known: Known) -> None:
    page = open_page(browser, PHONE)
    page.goto(known.address("/programme?jour={day}"))
    page.get_by_role("link", name="ES, español").click()
    assert f"jour={known.words['day']}" in page.url
    page.goto(known.address("/inscription"))
    assert page.locator("html").get_attribute("lang") == "es"
    page.context.close()


@pytest.mark.parametrize(
    ("path", "field", "choice"),
    [
        ("/equipe/programme/seances/nouvelle", "#title_fr", "#room"),
        ("/equipe/inscriptions/nouvelle", "#family_name", "#organisation_country"),
        ("/equipe/inscriptions/{registration}/modifier", "#function", "#organisation_country"),
    ],
)
def test_team_changes_language_without_losing_what_it_typed(
    browser: Browser, known: Known, path: str, field: str, choice: str
) -> None:
    page = open_page(browser, DESK)
    page.context.add_cookies([known.cookie])
    page.goto(known.address(path))
    last = page.locator(f"{choice} option").last.get_attribute("value") or ""
    page.fill(field, "Kervadec d’Île")
    page.select_option(choice, last)
    page.get_by_role("link", name="EN, English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(field)).to_have_value("Kervadec d’Île")
    expect(page.locator(choice)).to_have_value(last)
    page.goto(known.address(path), wait_until="networkidle")
    expect(page.locator(field)).not_to_have_value("Kervadec d’Île")
    page.context.close()


def test_what_was_typed_over_an_older_version_is_not_put_over_a_newer_one(browser: Browser, known: Known) -> None:
    page = open_page(browser, DESK)
    page.context.add_cookies([known.cookie])
    page.goto(known.address("/equipe/inscriptions/{registration}/modifier"))
    saved = page.input_value("#function")
    page.fill("#function", "Kervadec d’Île")
    page.evaluate("document.querySelector('main input[name=version]').value = 'before'")
    page.get_by_role("link", name="EN, English").click()
    page.wait_for_load_state("networkidle")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.input_value("#function") == saved
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_refused_form_names_what_to_mend_and_keeps_the_rest(windows: Windows, known: Known, scripts: bool) -> None:
    page = windows.at(PHONE, scripts=scripts)
    page.goto(known.address("/inscription"))
    page.fill("#family_name", "Kervadec-Diallo")
    page.fill("#email", "solene.kervadec@")
    page.locator("main button.button--primary").click()
    summary = page.locator(".alert--bad[role=alert]")
    expect(summary.get_by_role("link").first).to_be_visible()
    assert page.input_value("#family_name") == "Kervadec-Diallo"
    assert page.locator("#email").get_attribute("aria-invalid") == "true"
    for link in summary.get_by_role("link").all():
        assert page.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']").count() == 1
    if scripts:
        windows.assert_sound(page, "fr")


def test_wrong_password_is_answered_soundly(windows: Windows, known: Known) -> None:
    page = windows.at(PHONE)
    page.goto(known.address("/equipe/messages"))
    assert urlsplit(page.url).path == "/equipe/connexion"
    page.fill("[name=email]", "personne@rencontres.example")
    page.fill("[name=password]", "faux")
    page.locator("main button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("ne correspond pas")
    windows.assert_sound(page, "fr")


def test_door_answers_soundly_whatever_it_is_shown(windows: Windows, known: Known) -> None:
    for width in (PHONE, DESK):
        page = windows.at(width, staff=True)
        page.goto(known.address("/accueil"))
        for code, results in (
            (known.code, {"admitted", "already"}),
            (known.code, {"already"}),
            (known.cancelled_code, {"revoked"}),
            ("00000-00000", {"unknown"}),
        ):
            before = page.locator(".door").get_attribute("data-result")
            page.fill("#code", code)
            with page.expect_response(lambda answer: answer.request.method == "POST"):
                page.keyboard.press("Enter")
            if before not in results:
                page.wait_for_function(
                    "before => document.querySelector('.door').dataset.result !== before", arg=before
                )
            assert page.locator(".door").get_attribute("data-result") in results
            windows.assert_sound(page, "fr")


def test_stopped_service_is_a_card_and_the_others_go_on(windows: Windows, known: Known) -> None:
    with known.house.without("notifications"):
        page = windows.at(DESK, staff=True)
        for path in ("/equipe", "/equipe/sante", "/equipe/inscriptions/{registration}"):
            page.goto(known.address(path))
            expect(page.locator("main")).to_contain_text("Arrêté", ignore_case=True)
            windows.assert_sound(page, "fr")
        page.goto(known.address("/equipe/inscriptions/{registration}/effacer"))
        with page.expect_download() as had:
            page.get_by_role("button", name="Inscription", exact=True).click()
        assert had.value.suggested_filename == "rencontres-registration.json"
        page.get_by_role("button", name="Messages", exact=True).click()
        expect(page.locator("h1")).to_have_text("Cette partie du site est arrêtée pour le moment.")
        answer = page.goto(known.address("/equipe/messages"))
        assert answer is not None
        assert answer.status == 503
        assert violations(page) == []


def test_staff_cookie_is_renewed_at_work(windows: Windows, known: Known) -> None:
    page = windows.at(DESK, staff=True)
    with page.expect_response(lambda answer: "/equipe/renouvellement" in answer.url) as renewal:
        page.goto(known.address("/equipe/inscriptions"))
    assert renewal.value.status == 204
    (cookie,) = [one for one in page.context.cookies() if one["name"] == "rencontres_staff"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
