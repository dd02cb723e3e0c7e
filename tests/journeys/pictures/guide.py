"""The pictures of `docs/guide`: each errand as the guide tells it, by the buttons it names, in its order."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, FilePayload, Page

from tests.house import House
from tests.journeys.browsing import DESK, PHONE, ROOT, browsing, open_page
from tests.journeys.pictures.people import People, invent_contacts
from tests.journeys.pictures.taking import sign_in, take
from tests.journeys.story import Story, eventually

FOLDER = ROOT / "docs/guide/pictures"
WORKSHOP = "2026-02"
"""The session that the invented people are enrolled in; another one is in the same room at the time it moves to."""


@dataclass(frozen=True)
class Scene:
    """The house with its people, the team's wide screen, and a phone nobody has signed in on."""

    house: House
    mood: Path
    people: People
    browser: Browser
    desk: Page
    phone: Page

    def shoot(self, page: Page, name: str) -> None:
        """A picture of the guide."""
        take(page, FOLDER / f"{name}.png")

    def see(self, path: str, name: str) -> None:
        """A page of the team as it is."""
        self.desk.goto(path)
        self.shoot(self.desk, name)


def pictures(house: House, mood: Path) -> None:
    """All of them, in the order of the guide."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    story = Story(house)
    invent_contacts(story)
    people = People(story)
    with browsing() as browser:
        desk, phone = (open_page(browser, width, base_url=house.base_url) for width in (DESK, PHONE))
        scene = Scene(house, mood, people, browser, desk, phone)
        for errand in ERRANDS:
            errand(scene)
    story.close()


def accounts(scene: Scene) -> None:
    """Signing in, and opening an account for a colleague."""
    scene.phone.goto("/equipe/connexion")
    scene.phone.locator("#email").fill(scene.house.staff_email)
    scene.shoot(scene.phone, "connexion")
    sign_in(scene.desk, scene.house)
    scene.see("/equipe", "accueil-equipe")
    for name, role in (("Alix Fournier", "registrations"), ("Karim Ouzoud", "programme"), ("Lou Prigent", "desk")):
        scene.desk.goto("/equipe/comptes")
        scene.desk.get_by_role("link", name="Ouvrir un compte").click()
        scene.desk.locator("#email").fill(f"{name.split()[0].lower()}@cites.example")
        scene.desk.locator("#name").fill(name)
        scene.desk.locator(f"input[name=roles][value={role}]").check()
        if role == "desk":
            scene.shoot(scene.desk, "ouvrir-un-compte")
        scene.desk.get_by_role("button", name="Ouvrir le compte").click()
    scene.shoot(scene.desk, "mot-de-passe")
    scene.desk.get_by_role("link", name="Retour aux comptes").click()
    scene.shoot(scene.desk, "comptes")


def preparing(scene: Scene) -> None:
    """Quotas of the edition, one category with a single place; rooms and formats."""
    scene.desk.goto("/equipe/inscriptions/reglages")
    scene.desk.locator("[name='partenaire.quota']").fill("1")
    scene.desk.get_by_role("button", name="Enregistrer les réglages").click()
    scene.desk.get_by_role("status").wait_for()
    scene.shoot(scene.desk, "reglages")
    scene.see("/equipe/programme/salles", "salles-et-formats")


def programme(scene: Scene) -> None:
    """A session moved into a taken room, what the page says about it, and the release without the conflict."""
    save(scene, WORKSHOP, room="monge", start="15h00", end="16h30")
    scene.see("/equipe/programme", "brouillon")
    scene.see(f"/equipe/programme/seances/{WORKSHOP}", "seance")
    save(scene, WORKSHOP, room="la-rochefoucauld", start="15h00", end="16h30")
    scene.desk.goto("/equipe/programme/publier")
    scene.desk.locator("#qui-recoit h3").first.wait_for()
    scene.shoot(scene.desk, "publier")
    scene.desk.get_by_role("button", name="Publier la version 2").click()
    scene.desk.get_by_role("status").wait_for()


def save(scene: Scene, session: str, *, room: str, start: str, end: str) -> None:
    """Place and hours of a session, by its form."""
    scene.desk.goto(f"/equipe/programme/seances/{session}")
    scene.desk.locator("#room").select_option(room)
    scene.desk.locator("#start").fill(start)
    scene.desk.locator("#end").fill(end)
    scene.desk.get_by_role("button", name="Enregistrer dans le brouillon").click()
    scene.desk.get_by_role("status").wait_for()


def registrations(scene: Scene) -> None:
    """The list, somebody to be accepted, a waiting list with an offer, a person's card, somebody at the desk."""
    first, *_ = scene.people.partners()
    scene.desk.goto("/equipe/inscriptions")
    eventually(lambda: counted(scene.desk), "the figures of those who wait")
    scene.shoot(scene.desk, "inscriptions")
    scene.see(f"/equipe/inscriptions/{scene.people.asking[0]['id']}", "a-valider")
    scene.people.story.cancel(first["id"])
    scene.desk.goto("/equipe/inscriptions/importer")
    scene.desk.locator("input[type=file]").set_input_files(a_list())
    scene.desk.get_by_role("button", name="Vérifier les lignes").click()
    scene.desk.get_by_role("heading", name="Lignes à corriger").wait_for()
    scene.shoot(scene.desk, "importer")
    scene.desk.goto("/equipe/inscriptions/attente")
    eventually(lambda: offered(scene.desk), "an offer in the list")
    scene.shoot(scene.desk, "listes-d-attente")
    scene.see(f"/equipe/inscriptions/{scene.people.coming[0]['id']}", "fiche")
    scene.see(f"/equipe/inscriptions/{scene.people.coming[0]['id']}/annuler", "annuler")
    scene.see(f"/equipe/inscriptions/{scene.people.coming[0]['id']}/effacer", "effacer")


def a_list() -> FilePayload:
    """A table of a delegation, with a mistake in one line."""
    lines = (
        "Catégorie;Prénom;Nom;Adresse électronique;Langue;Fonction;Structure;Pays",
        "delegation;Awa;Diagne;awa@exemple.example;fr;Maire;Commune de Ndar-Tioupé;SN",
        "delegation;Ibrahima;Fall;ibrahima@exemple.example;fr;Conseiller municipal;Commune de Ndar-Tioupé;SN",
        "delegation;Coumba;Sarr;coumba@;fr;Cheffe de service;Commune de Ndar-Tioupé;SN",
    )
    return {"name": "delegation.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}


def counted(page: Page) -> bool:
    """Whether the figures, which are kept for a moment, show those who have just begun to wait."""
    page.reload()
    return page.get_by_role("link", name="Listes d’attente (2)").is_visible()


def offered(page: Page) -> bool:
    """Whether the waiting list shows a place that is offered."""
    page.reload()
    return page.get_by_role("heading", name="Places proposées").is_visible()


def writing(scene: Scene) -> None:
    """The list of mails while the mail server puts one off, the words of a mail, the reminders."""
    scene.mood.write_text("greylists")
    scene.people.story.cancel(scene.people.coming[-1]["id"])
    scene.desk.goto("/equipe/messages?etat=reessai")
    eventually(lambda: put_off(scene.desk), "a mail that waits for another try")
    scene.see("/equipe/messages", "messages")
    scene.mood.unlink()
    scene.see("/equipe/messages/modeles/confirmation/fr", "modele")
    scene.see("/equipe/messages/rappels", "rappels")


def put_off(page: Page) -> bool:
    """Whether the list of mails shows one that is tried again later."""
    page.reload()
    return page.get_by_role("table").is_visible()


def badges(scene: Scene) -> None:
    """The list of badges, and a desk for a volunteer, from its sheet to the phone."""
    scene.see("/equipe/badges", "badges")
    scene.desk.get_by_role("link", name="Imprimer des badges").click()
    scene.shoot(scene.desk, "imprimer-des-badges")
    scene.desk.get_by_role("button", name=re.compile("^Imprimer")).click()
    scene.desk.get_by_role("link", name="Ouvrir le PDF").wait_for()
    scene.shoot(scene.desk, "tirage")
    scene.desk.goto("/equipe/badges/postes")
    here = datetime.now(ZoneInfo("Europe/Paris"))
    scene.desk.locator("#porte").fill("Entrée Iéna")
    scene.desk.locator("#debut").fill(f"{here - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    scene.desk.locator("#fin").fill(f"{here + timedelta(hours=10):%Y-%m-%dT%H:%M}")
    scene.desk.get_by_role("button", name="Créer le poste").click()
    scene.shoot(scene.desk, "feuille-de-poste")
    address = scene.desk.locator(".sheet__address").inner_text().strip()
    pin = scene.desk.locator(".sheet__pin").inner_text().replace(" ", "")
    scene.phone.goto(address)
    scene.shoot(scene.phone, "poste")
    scene.phone.locator("#pin").fill(pin)
    scene.phone.get_by_role("button", name="Ouvrir").click()
    scene.phone.locator("#code").wait_for()


def door(scene: Scene) -> None:
    """Every answer a volunteer meets in the first hour."""
    scene.shoot(scene.phone, "porte")
    code, void = scene.people.code(0), scene.people.code(1)
    for typed, result, name in (
        (code, "admitted", "porte-admis"),
        (code, "already", "porte-deja-entre"),
        ("AAAAA-AAAAA", "unknown", "porte-inconnu"),
    ):
        show(scene.phone, typed, result)
        scene.shoot(scene.phone, name)
    scene.people.story.cancel(scene.people.coming[1]["id"])
    eventually(lambda: shows(scene.phone, void, "revoked"), "a badge that is void")
    scene.shoot(scene.phone, "porte-revoque")
    scene.phone.goto("/accueil/recherche?q=tahr")
    scene.shoot(scene.phone, "porte-chercher")
    sign_in(scene.phone, scene.house)
    scene.phone.goto("/equipe/inscriptions/nouvelle")
    scene.shoot(scene.phone, "inscrire-sur-place")


def show(page: Page, code: str, result: str) -> None:
    """Type a code at the door and wait for its answer."""
    page.goto("/accueil")
    page.locator("#code").fill(code)
    page.get_by_role("button", name="Contrôler").click()
    page.locator(f".door[data-result={result}]").wait_for()


def shows(page: Page, code: str, result: str) -> bool:
    """Whether the door gives this answer now."""
    page.goto("/accueil")
    page.locator("#code").fill(code)
    page.get_by_role("button", name="Contrôler").click()
    page.locator(".door:not([data-result=''])").wait_for()
    return page.locator(".door").get_attribute("data-result") == result


def trouble(scene: Scene) -> None:
    """The health page while one service is down."""
    with scene.house.without("badges"):
        scene.desk.goto("/equipe/sante")
        scene.desk.get_by_text("Inscriptions : tout va bien").wait_for()
        scene.shoot(scene.desk, "sante")


ERRANDS: tuple[Callable[[Scene], None], ...] = (
    accounts,
    preparing,
    programme,
    registrations,
    writing,
    badges,
    door,
    trouble,
)
