"""Whole errands by keyboard alone: at each step the focus is visible and in the window, and goes where it is needed."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.house import House
from tests.journeys.browsing import DESK, LOOKING, PHONE, open_page
from tests.journeys.known import Known, meeting
from tests.journeys.story import Story

SESSION = "2026-15"
DRAFT = f"/api/programme/v1/editions/raict-2026/draft/sessions/{SESSION}"


@pytest.fixture(scope="module")
def known(house: House) -> Iterator[Known]:
    with meeting(house) as one:
        yield one


class Keyboard:
    """Two hands on a keyboard, and eyes that look for the focus at each step."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, wanted: Locator, key: str = "Tab") -> Locator:
        """Go on until the focus is on `wanted`; it may be there from the beginning."""
        for _ in range(150):
            if wanted.evaluate("one => one === document.activeElement"):
                return wanted
            self.page.keyboard.press(key)
            self.page.evaluate(LOOKING)
            assert self.page.evaluate("looking.here()") == []
        raise AssertionError(f"not reached by {key}: {wanted}")

    def press(self, wanted: Locator, key: str = "Enter") -> None:
        self.to(wanted).press(key)

    def write(self, wanted: Locator, text: str) -> None:
        """What stood there is replaced: a browser selects it on the way in."""
        self.to(wanted)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_registering(browser: Browser, house: House, scripts: bool) -> None:
    page = open_page(browser, PHONE, base_url=house.base_url, scripts=scripts)
    keyboard, address = Keyboard(page), f"solene-{uuid4().hex[:8]}@mairie.example"
    page.goto("/")
    keyboard.press(page.get_by_role("link", name="S’inscrire").first)
    expect(page.get_by_role("heading", level=1)).to_contain_text("S’inscrire")
    keyboard.press(page.get_by_role("link", name="Aller au contenu"))
    keyboard.press(page.get_by_label("Élue ou élu"), "Space")
    keyboard.write(page.get_by_label("Prénom"), "Solène")
    keyboard.write(page.get_by_label("Nom", exact=True), "Kervadec-Diallo")
    keyboard.write(page.get_by_label("Adresse électronique"), "solene@")
    name_the_organisation(keyboard, scripts=scripts)
    keyboard.write(page.get_by_label("Votre fonction"), "Adjointe au maire")
    keyboard.press(page.get_by_label("ECSI et AICT"), "Space")
    keyboard.press(page.get_by_label("J’ai lu"), "Space")
    keyboard.press(page.get_by_role("button", name="Envoyer mon inscription").last)
    mend(keyboard, address, scripts=scripts)
    keyboard.press(page.get_by_role("button", name="Envoyer mon inscription").last)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Merci Solène")
    page.context.close()


def name_the_organisation(keyboard: Keyboard, *, scripts: bool) -> None:
    field = keyboard.page.get_by_label("Nom de la structure")
    if not scripts:
        keyboard.write(field, "Montreuil")
        return
    keyboard.write(field, "Montreu")
    expect(keyboard.page.get_by_role("option").first).to_be_visible()
    expect(keyboard.page.locator(".combo [role=status]")).to_have_text(re.compile(r"Propositions\s:\s\d+"))
    wanted = keyboard.page.get_by_role("option", name="Montreuil Commune, Seine-Saint-Denis (93)")
    for _ in range(12):
        field.press("ArrowDown")
        if wanted.get_attribute("aria-selected") == "true":
            break
    assert field.get_attribute("aria-activedescendant") == wanted.get_attribute("id")
    field.press("Enter")
    expect(field).to_have_value("Montreuil")
    expect(keyboard.page.locator(".combo [role=status]")).to_contain_text("Seine-Saint-Denis")


def mend(keyboard: Keyboard, address: str, *, scripts: bool) -> None:
    """The summary has the focus; its link leads to the field; without scripts, which Montreuil is asked too."""
    page = keyboard.page
    summary = page.locator(".alert--bad[role=alert]")
    expect(summary).to_be_focused()
    keyboard.press(summary.get_by_role("link").first)
    expect(page.get_by_label("Adresse électronique")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(address)
    if not scripts:
        keyboard.to(page.get_by_role("radio", name="Montreuil").first)
        wanted = page.get_by_label("Seine-Saint-Denis (93)")
        for _ in range(15):
            if wanted.is_checked():
                break
            page.keyboard.press("ArrowDown")
        assert wanted.is_checked()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_changing_details_and_sessions(browser: Browser, known: Known, scripts: bool) -> None:
    page = open_page(browser, PHONE, scripts=scripts)
    keyboard = Keyboard(page)
    page.goto(known.address("{manage}"))
    keyboard.press(page.get_by_role("link", name=re.compile("Modifier.*la fonction")))
    expect(page.get_by_label("Votre fonction")).to_be_visible()
    keyboard.write(page.get_by_label("Votre fonction"), "Maire")
    keyboard.press(page.get_by_role("button", name="Enregistrer").last)
    expect(page.locator("main [role=status]")).to_be_focused()
    expect(page.get_by_role("main")).to_contain_text("Vos informations sont à jour.")
    keyboard.press(page.get_by_role("link", name="Changer mes séances"))
    expect(page.get_by_role("checkbox").first).to_be_visible()
    keyboard.press(page.get_by_role("checkbox").first, "Space")
    keyboard.press(page.get_by_role("button", name=re.compile("Enregistrer|Garder|Valider")).last)
    expect(page.locator("main [role=status], main .alert--bad").first).to_be_focused()
    page.context.close()


@pytest.fixture
def released(house: House) -> Iterator[None]:
    """The programme is put back and released again."""
    story = Story(house)
    before = story.api.get(DRAFT).raise_for_status().json()
    yield
    story.api.put(DRAFT, json=before, headers={"If-Match": "*"}).raise_for_status()
    story.api.post("/api/programme/v1/releases", json={"edition": "raict-2026"}).raise_for_status()
    story.close()


@pytest.mark.usefixtures("released")
def test_team_finds_a_person_moves_a_session_and_releases(browser: Browser, house: House, known: Known) -> None:
    page = open_page(browser, DESK, base_url=house.base_url)
    keyboard = Keyboard(page)
    page.goto("/equipe/connexion")
    keyboard.write(page.get_by_label("Adresse électronique"), house.staff_email)
    keyboard.write(page.get_by_label("Mot de passe"), house.staff_password)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/equipe$"))
    keyboard.press(page.get_by_role("navigation", name="Équipe").get_by_role("link", name="Inscriptions"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Inscriptions")
    keyboard.write(page.get_by_label("Nom, structure ou adresse"), "Tovonay")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=Tovonay"))
    keyboard.press(page.get_by_role("link", name="Tovonay").first)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tovonay")
    move_and_release(keyboard)
    page.context.close()


def move_and_release(keyboard: Keyboard) -> None:
    page = keyboard.page
    keyboard.press(page.get_by_role("navigation", name="Équipe").get_by_role("link", name="Programme"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Programme")
    keyboard.press(page.locator(f"#s-{SESSION} a"))
    expect(page.locator("#end")).to_be_visible()
    keyboard.write(page.locator("#end"), "18h10")
    keyboard.press(page.locator("form.session-form button[type=submit]").first)
    said = page.locator("main [role=status]")
    expect(said).to_be_focused()
    expect(said).to_contain_text("15 h 30 – 18 h 10, Salle La Rochefoucauld")  # what moved, in words
    expect(said).to_contain_text("Conflit")
    expect(said).to_contain_text("Clôture des Rencontres")
    keyboard.press(page.get_by_role("link", name=re.compile("Publier la version")))
    expect(page.locator("#qui-recoit")).to_be_visible()
    keyboard.press(page.get_by_label(re.compile("Publier quand même")), "Space")
    keyboard.press(page.get_by_role("button", name=re.compile("Publier la version")))
    expect(page.locator("main [role=status]")).to_be_focused()
    expect(page.locator("main [role=status]")).to_contain_text("La version est publiée.")


def test_door_takes_a_code_and_is_ready_for_the_next(browser: Browser, known: Known) -> None:
    page = open_page(browser, PHONE)
    page.context.add_cookies([known.cookie])
    page.goto(known.address("/accueil"))
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(known.code)
    page.keyboard.press("Enter")
    expect(page.locator(".door")).to_have_attribute("data-result", "admitted")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(known.cancelled_code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Révoqué")).to_be_visible()
    Keyboard(page).to(page.get_by_role("link", name="Badge suivant"), "Shift+Tab")
    page.context.close()
