"""The errands of `docs/guide` that no other journey makes, by the words that the guide names, as somebody new would."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.house import House
from tests.journeys.browsing import DESK, browsing, open_page
from tests.journeys.story import Story, an_application, eventually


@pytest.fixture(scope="module")
def story(house: House) -> Iterator[Story]:
    told = Story(house)
    yield told
    told.close()


@pytest.fixture(scope="module")
def page(house: House) -> Iterator[Page]:
    """The team's wide screen, signed in as the guide says."""
    with browsing() as browser:
        page = open_page(browser, DESK, base_url=house.base_url)
        page.goto("/equipe")
        page.get_by_label("Adresse électronique").fill(house.staff_email)
        page.get_by_label("Mot de passe").fill(house.staff_password)
        press(page, "Se connecter")
        yield page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()


def card(page: Page, registered: dict[str, Any]) -> None:
    page.goto(f"/equipe/inscriptions/{registered['id']}")


@pytest.mark.parametrize(
    ("button", "state"),
    [("Accepter et écrire à 1 personne", "Confirmée"), ("Refuser et écrire à 1 personne", "Refusée")],
)
def test_request_is_decided_on_its_card(page: Page, story: Story, button: str, state: str) -> None:
    card(page, story.register(an_application(category="presse", sessions=[])))
    expect(page.locator("h1 + p")).to_contain_text("À valider")
    press(page, button)
    expect(page.locator("h1 + p")).to_contain_text(state)


def test_correction_is_told_to_the_person(page: Page, story: Story) -> None:
    application = an_application()
    card(page, story.register(application))
    follow(page, "Modifier")
    page.get_by_label("Fonction, telle qu’elle figurera sur le badge").fill("Conseillère municipale")
    press(page, "Enregistrer")
    expect(page.locator("main")).to_contain_text("Conseillère municipale")
    assert story.await_mail(application["email"], "modifi")


def test_session_is_added_on_the_card(page: Page, story: Story) -> None:
    card(page, story.register(an_application(sessions=[])))
    page.get_by_label("Inscrire à une séance").select_option("2026-06")
    press(page, "Inscrire et écrire à 1 personne")
    expect(page.locator("main")).to_contain_text("recomposition géopolitique")


def test_place_is_handed_on_from_the_card(page: Page, story: Story) -> None:
    card(page, story.register(an_application()))
    follow(page, "Transmettre…")
    page.get_by_label("Prénom").fill("Maëlle")
    page.get_by_label("Nom", exact=True).fill("Autret")
    page.get_by_label("Son adresse électronique").fill(f"maelle-{uuid4().hex[:8]}@mairie.example")
    page.get_by_label("Nom de la structure").fill("Ville de Port-Sauveterre")
    page.get_by_label("Sa fonction, telle qu’elle figurera sur le badge").fill("Maire")
    page.get_by_label("Cette personne sait que nous avons ses coordonnées").check()
    press(page, "Transmettre et écrire à 2 personnes")
    expect(page.get_by_role("heading", level=1)).to_have_text("Maëlle Autret")


def test_somebody_is_registered_at_the_desk(page: Page) -> None:
    page.goto("/equipe/inscriptions")
    follow(page, "Inscrire sur place")
    page.get_by_label("Catégorie").select_option("elu")
    page.get_by_label("Nom", exact=True).fill("Castelnau")
    page.get_by_label("Nom de la structure").fill("Ville de Port-Sauveterre")
    page.get_by_label("Fonction, telle qu’elle figurera sur le badge").fill("Maire")
    page.get_by_label("Adresse électronique").fill(f"castelnau-{uuid4().hex[:8]}@mairie.example")
    page.get_by_label("J’ai dit à cette personne comment ses données sont utilisées.").check()
    press(page, "Inscrire et faire le badge")
    expect(page.get_by_role("link", name="Imprimer le badge")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("link", name="Contrôler à l’accueil")).to_be_visible()


def test_words_of_a_mail_are_tried_and_not_kept(page: Page, story: Story) -> None:
    page.goto("/equipe/messages")
    follow(page, "Modèles")
    page.goto("/equipe/messages/modeles/confirmation/fr")
    page.get_by_label("Début").fill("Bonjour {nom}, ceci est un essai du guide.")
    address = f"essai-{uuid4().hex[:8]}@cites.example"
    page.get_by_label("Adresse de l’essai").fill(address)
    press(page, "Envoyer un essai à cette adresse")
    expect(page.get_by_text("Vos mots ne sont pas encore enregistrés.")).to_be_visible()
    assert story.await_mail(address, "[Essai]")


def test_reminder_is_added_put_off_and_removed(page: Page) -> None:
    page.goto("/equipe/messages/rappels")
    adding = page.get_by_role("region", name="Ajouter un rappel")
    adding.get_by_label("Délai").fill("7")
    adding.get_by_label("Unité").select_option("hours")
    press(adding, "Ajouter")
    made = page.get_by_role("region", name="7 heures avant l’ouverture")
    press(made, "Suspendre")
    expect(made).to_contain_text("Suspendu")
    made.get_by_text("Supprimer").first.click()
    press(made, "Supprimer ce rappel")
    expect(made).to_have_count(0)


def test_somebody_enters_without_a_badge_and_the_passage_is_taken_back(page: Page, story: Story) -> None:
    name = f"Zéphyrine{uuid4().hex[:6]}"
    registered = story.register(an_application(family_name=name))
    story.badge(registered["id"])
    page.goto("/accueil")
    follow(page, "Chercher un nom")
    page.get_by_label("Chercher un nom ou une structure").fill(name)
    press(page, "Chercher")
    press(page, "Faire entrer sans badge")
    expect(page.locator(".door__word")).to_have_text("Admis")
    press(page, "Annuler ce passage")
    expect(page.locator(".door__word")).to_have_text("Annulé")


def test_account_is_opened_and_withdrawn(page: Page, house: House) -> None:
    address = f"lou-{uuid4().hex[:8]}@cites.example"
    page.goto("/equipe/comptes")
    follow(page, "Ouvrir un compte")
    page.get_by_label("Adresse électronique").fill(address)
    page.get_by_label("Nom complet").fill("Lou Prigent")
    page.get_by_role("checkbox", name="Accueil").check()
    press(page, "Ouvrir le compte")
    first = page.locator(".secret").inner_text()
    with house.visitor() as colleague:
        entered = colleague.post("/equipe/connexion", data={"email": address, "password": first})
        assert "Mon compte" in entered.text
        changed = {"current": first, "password": "une phrase assez longue", "again": "une phrase assez longue"}
        assert "Le mot de passe est changé." in colleague.post("/equipe/mon-compte", data=changed).text
        follow(page, "Retour aux comptes")
        page.get_by_role("row").filter(has_text=address).get_by_role("link", name="Retirer").click()
        press(page, "Retirer le compte")
        expect(page.get_by_role("row").filter(has_text=address)).to_contain_text("Retiré")
        eventually(lambda: "Connexion de l’équipe" in colleague.get("/equipe").text, "the end of the sign-in")


def test_desk_is_made_and_withdrawn(page: Page) -> None:
    page.goto("/equipe/badges")
    follow(page, "Postes d’accueil")
    gate = f"Porte {uuid4().hex[:6]}"
    page.get_by_label("Nom de la porte").fill(gate)
    press(page, "Créer le poste")
    expect(page.get_by_text("Le code n’est affiché que cette fois")).to_be_visible()
    follow(page, "Retour aux postes")
    row = page.get_by_role("row").filter(has_text=gate)
    press(row, "Retirer")
    expect(row).to_contain_text("Retiré")
