"""What a screen reader says: landmarks, headings, names and the order of reading, from the accessibility tree."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.house import House
from tests.journeys.browsing import DESK, PHONE, settle
from tests.journeys.known import Known, meeting
from tests.journeys.windows import Windows

CONTROLS = "button|checkbox|combobox|link|radio|searchbox|slider|spinbutton|switch|tab|textbox"
PUBLIC, TEAM = ["link", "banner", "main", "contentinfo"], ["link", "banner", "main"]
LANDMARKS = {
    "/": PUBLIC,
    "/programme": PUBLIC,
    "/programme/seances/{slug}": PUBLIC,
    "/inscription": PUBLIC,
    "{manage}": PUBLIC,
    "/equipe": TEAM,
    "/equipe/programme": [*TEAM, "region"],
    "/equipe/programme/seances/{session}": TEAM,
    "/equipe/inscriptions": TEAM,
    "/accueil": ["main"],
}
CARD = """
- region /Mercredi/:
  - heading /Mercredi/ [level=2]
  - paragraph: 4 séances
  - paragraph:
    - time: 14 h 30
    - text: à 16 h 00
  - article:
    - paragraph: Atelier
    - 'heading /L’AICT face au changement climatique/ [level=3]':
      - link /L’AICT face au changement climatique/
    - paragraph: /Salle Monge .* Places limitées, \\d+ libres/
"""
FORM = """
- main:
  - heading /S’inscrire aux/ [level=1]
  - group "Vous venez en tant que…":
    - heading "Vous venez en tant que…" [level=2]
    - radio /Élue ou élu/
    - radio /Agent territorial/
  - group "Qui êtes-vous ?":
    - textbox "Prénom (facultatif)"
    - textbox "Nom"
    - paragraph: Nous y envoyons votre confirmation et votre badge.
    - textbox "Adresse électronique"
    - group "Dans quelle langue devons-nous vous écrire ?":
      - radio "Français" [checked]
      - radio "English"
  - group "Votre collectivité ou structure":
    - combobox "Nom de la structure"
    - status
    - combobox "Pays"
    - textbox /Votre fonction/
  - group "Vos séances":
    - group /Mercredi/:
      - checkbox /ECSI et AICT/
  - group /Pour bien vous accueillir/
  - group "Vos accords":
    - checkbox /J’ai lu/
  - button "Envoyer mon inscription"
  - complementary "Sans inscription"
"""
MINE = """
- main:
  - paragraph: Confirmée
  - heading "Mon inscription" [level=1]
  - region "Mes séances":
    - link "Changer mes séances"
    - list:
      - listitem:
        - text: Atelier
        - strong: /Mercredi .*, 14 h 30/
        - link /ECSI et AICT/
        - text: /Salle/
  - region "Mes informations":
    - term: Fonction
    - definition: /Adjointe au maire/
    - definition:
      - link "Modifier la fonction"
  - region "Autres démarches"
  - complementary:
    - region "Mon badge":
      - paragraph: /[0-9A-Z]{5}-[0-9A-Z]{5}/
      - link "Badge en PDF"
"""
EDITOR = """
- main:
  - heading "Programme" [level=1]
  - navigation "Journée"
  - heading /Mercredi/ [level=2]
  - region /Mercredi/:
    - table:
      - rowgroup:
        - row "Horaire Séance Salle Accès Places prises"
      - rowgroup:
        - row /14 h 30 – 16 h 00 L’AICT face/:
          - cell "14 h 30 – 16 h 00"
          - rowheader /L’AICT face .* Atelier/
          - cell "Salle Monge (fictif)"
          - cell "Sur inscription"
          - cell /\\d+ . 60/
"""
DOOR = """
- main:
  - 'heading "Accueil : contrôle des badges" [level=1]'
  - paragraph: Tapez le code écrit sur le badge
  - text: Code du badge
  - textbox "Code du badge"
  - button "Contrôler"
  - link "Chercher un nom"
  - term: attendus
  - definition: /\\d+/
"""
READ = {"/programme": CARD, "/inscription": FORM, "{manage}": MINE, "/equipe/programme": EDITOR, "/accueil": DOOR}


@pytest.fixture(scope="module")
def known(house: House) -> Iterator[Known]:
    with meeting(house) as one:
        yield one


def opened(windows: Windows, known: Known, path: str, width: int = DESK) -> Page:
    page = windows.at(width, staff=path.startswith(("/equipe", "/accueil")))
    page.goto(known.address(path))
    settle(page)
    return page


@pytest.mark.parametrize("path", LANDMARKS)
def test_landmarks_headings_and_names(windows: Windows, known: Known, path: str) -> None:
    said = opened(windows, known, path).locator("body").aria_snapshot()
    assert re.findall(r"^- '?(\w+)", said, re.MULTILINE) == LANDMARKS[path]
    levels = [int(level) for level in re.findall(r"heading .*\[level=(\d)\]", said)]
    assert levels[0] == 1
    assert [(before, after) for before, after in pairwise(levels) if after > before + 1] == []
    assert re.findall(rf"^ *- (?:{CONTROLS}):?$", said, re.MULTILINE) == []


@pytest.mark.parametrize("path", READ)
def test_order_of_reading(windows: Windows, known: Known, path: str) -> None:
    page = opened(windows, known, path, PHONE)
    expect(page.locator("body")).to_match_aria_snapshot(READ[path])


def test_door_says_its_answer(windows: Windows, known: Known) -> None:
    page = opened(windows, known, "/accueil")
    page.fill("#code", known.cancelled_code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_match_aria_snapshot("""
        - alert:
          - paragraph: Révoqué
          - paragraph: /Inscription annulée le/
          - paragraph: /Tovonay/
          - link "Badge suivant"
    """)
    page.fill("#code", known.code)
    page.keyboard.press("Enter")
    expect(page.locator(".door__answer[role=status]")).to_match_aria_snapshot("""
        - status:
          - paragraph: Admis
          - paragraph: Bienvenue
          - paragraph: Solène Kervadec-Diallo
    """)
