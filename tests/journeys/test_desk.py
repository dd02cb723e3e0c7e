"""A volunteer without an account: a desk link, while nobody can sign in, and figures that renew themselves."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.house import House
from tests.journeys.browsing import PHONE, browsing, open_page, overflow, violations
from tests.journeys.story import Story, an_application, attachment, printed_code


@dataclass(frozen=True)
class Sheet:
    """What the volunteer is handed."""

    path: str
    pin: str


@pytest.fixture(scope="module")
def sheet(house: House) -> Sheet:
    here = datetime.now(ZoneInfo("Europe/Paris"))
    hours = {"debut": here - timedelta(hours=1), "fin": here + timedelta(days=2)}
    form = {"porte": "Entrée Iéna", **{name: f"{moment:%Y-%m-%dT%H:%M}" for name, moment in hours.items()}}
    with house.visitor() as staff:
        staff.post("/equipe/connexion", data={"email": house.staff_email, "password": house.staff_password})
        page = staff.post("/equipe/badges/postes", data=form).text
    path = re.search(rf"{house.base_url}(/accueil/poste/[^<]+)<", page)
    digits = re.search(r'sheet__pin">(\d{3})\D+(\d{3})<', page)
    assert path
    assert digits
    return Sheet(path[1], digits[1] + digits[2])


def test_desk_works_while_nobody_can_sign_in(house: House, sheet: Sheet) -> None:
    story = Story(house)
    application = an_application()
    story.register(application)
    code = printed_code(attachment(story.await_mail(application["email"]), "application/pdf"))
    with house.without("programme"), house.visitor() as phone:
        assert "Entrée Iéna" in phone.post(sheet.path, data={"pin": sheet.pin}).text
        said = phone.post("/accueil", data={"code": code, "nonce": uuid4().hex})
        assert '<p class="door__word">Admis</p>' in said.text
        found = phone.get("/accueil/recherche", params={"q": "solene kerva"})
        assert "Déjà entré" in found.text
    story.close()


def test_badge_that_was_handed_on_is_refused_and_the_new_one_enters(house: House, sheet: Sheet) -> None:
    story = Story(house)
    application = an_application()
    registration = story.register(application)
    former = printed_code(attachment(story.await_mail(application["email"]), "application/pdf"))
    successor = {
        "given_name": "Maëlle",
        "family_name": "Autret",
        "email": f"maelle-{uuid4().hex[:10]}@mairie.example",
        "language": "fr",
        "function": "Maire",
        "organisation_name": "Montreuil",
        "organisation_kind": "commune",
        "organisation_code": "93048",
        "organisation_country": "FR",
        "privacy": "on",
        "confirmed": "yes",
    }
    handed = story.http.post(f"{registration['manage_url']}/transmettre", data=successor)
    assert handed.status_code == 200, handed.text
    current = printed_code(attachment(story.await_mail(successor["email"]), "application/pdf"))
    with house.visitor() as phone:
        phone.post(sheet.path, data={"pin": sheet.pin})
        refused = phone.post("/accueil", data={"code": former, "nonce": uuid4().hex}).text
        entered = phone.post("/accueil", data={"code": current, "nonce": uuid4().hex}).text
    assert '<p class="door__word">Révoqué</p>' in refused
    assert re.search(r"Le nouveau badge est au nom de</p>\s*<p[^>]*>Maëlle Autret<", refused)
    assert '<p class="door__word">Admis</p>' in entered
    story.close()


def test_figures_at_the_desk_follow_without_a_reload(house: House, sheet: Sheet) -> None:
    story = Story(house)
    with browsing() as browser:
        page = open_page(browser, PHONE, base_url=house.base_url)
        page.goto(sheet.path)
        assert (violations(page), overflow(page)) == ([], [])
        page.fill("#pin", sheet.pin)
        page.keyboard.press("Enter")
        expected = page.locator("[data-count] dd").first
        expect(page.locator(".door__bar")).to_contain_text("Entrée Iéna")
        assert (violations(page), overflow(page)) == ([], [])
        before = int(expected.inner_text())
        story.register(an_application())
        expect(expected).to_have_text(str(before + 1), timeout=15_000)
    story.close()


def test_code_typed_while_the_server_is_away_is_kept_and_counts_once(house: House, sheet: Sheet) -> None:
    story = Story(house)
    application = an_application()
    story.register(application)
    code = printed_code(attachment(story.await_mail(application["email"]), "application/pdf"))
    with browsing() as browser:
        page = open_page(browser, PHONE, base_url=house.base_url)
        page.goto(sheet.path)
        page.fill("#pin", sheet.pin)
        page.keyboard.press("Enter")
        expect(page.locator(".door__bar")).to_contain_text("Entrée Iéna")
        page.fill("#code", code)
        with house.without("badges"):
            page.keyboard.press("Enter")
            expect(page.get_by_role("alert")).to_contain_text("Le serveur ne répond pas", timeout=15_000)
            assert page.input_value("#code") == code
        page.get_by_role("button", name="Contrôler").click()
        expect(page.locator(".door")).to_have_attribute("data-result", "admitted")
    story.close()
