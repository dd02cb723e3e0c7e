"""Invented people of an invented edition, at addresses that reach nobody, and how each of them stands."""

import json
import unicodedata
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from httpx import Client

from deploy.sample_edition import SAMPLE, moved
from tests.journeys.story import Story, an_application, attachment, eventually, printed_code

COMING = (
    ("Solène", "Kervadec-Diallo", "elu", "Adjointe au maire, coopérations et solidarité", "Ville de Port-Sauveterre"),
    ("Bastien", "Hocquart", "elu", "Maire", "Commune de Vaux-l’Abbesse"),
    ("Inès", "Tahraoui", "agent", "Chargée de mission international", "Communauté du Haut-Ravel"),
    ("Yann", "Le Drévès", "agent", "Directeur des relations extérieures", "Région des Trois-Rives"),
    ("Aminata", "Sow", "delegation", "Conseillère municipale", "Commune de Ndar-Tioupé"),
    ("Nguyễn", "Thị Lan", "delegation", "Cheffe de service", "Ville de Hà Thanh"),
    ("Γεωργία", "Παπαδάκη", "delegation", "Vice-gouverneure", "Region of Notia Akti"),
    ("Clémence", "Aubertin", "association", "Déléguée générale", "Passerelles d’eau"),
    ("Omar", "Benslimane", "association", "Coordinateur", "Réseau Rives et Bourgs"),
    ("Ludivine", "Charpentier", "entreprise", "Ingénieure", "Atelier des Sources"),
    ("Mateo", "Quiroga", "delegation", "Director de cooperación", "Municipio de Alto Verde"),
)
ABROAD = {"Sow": ("SN", "fr"), "Thị Lan": ("VN", "en"), "Παπαδάκη": ("GR", "en"), "Quiroga": ("AR", "es")}
"""Country and language of those who come from elsewhere."""
ASKING = (("Judith", "Sallard", "presse", "Journaliste", "La Gazette des Rives"),)
PARTNERS = (
    ("Rémi", "Castagnet", "partenaire", "Responsable de programme", "Fonds Méridien"),
    ("Hélène", "Vauquelin", "partenaire", "Chargée de partenariats", "Institut des Confluences"),
    ("Paulin", "Mbarga", "partenaire", "Directeur", "Maison des Jumelages"),
)


class People:
    """Who registered, in the order of the lists above. A token is accepted at once, so who asks comes without one."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.coming = [self._register(one, story.api, sessions=["2026-02"]) for one in COMING]
        self.asking = [self._register(one, story.http) for one in ASKING]

    def partners(self) -> list[dict[str, Any]]:
        """More of them than there are places for: the first comes, the others wait."""
        return [self._register(one, self.story.api, wait=True) for one in PARTNERS]

    def code(self, which: int) -> str:
        """What is printed on the badge of one who comes."""
        mail = self.story.await_mail(self.coming[which]["email"])
        return printed_code(attachment(mail, "application/pdf"))

    def _register(self, one: tuple[str, ...], client: Client, **more: Any) -> dict[str, Any]:
        given, family, category, function, organisation = one
        country, language = ABROAD.get(family, ("FR", "fr"))
        where = {"name": organisation, "kind": "other", "code": None, "country": country}
        mine = {"given_name": given, "family_name": family, "category": category, "function": function}
        mine |= {"email": address(given), "language": language, "organisation": where}
        application = an_application(**{"sessions": [], "needs": [], **mine, **more})
        return eventually(lambda: _posted(client, application), "a registration")


def _posted(client: Client, application: dict[str, Any]) -> dict[str, Any]:
    """A house that has just begun may not know its programme yet, and refuses."""
    answer = client.post("/api/registration/v1/registrations", json=application)
    assert answer.status_code == 201, answer.text
    return {**answer.json(), "email": application["email"]}


def address(given: str) -> str:
    """One that reaches nobody."""
    plain = unicodedata.normalize("NFD", given).encode("ascii", "ignore").decode().lower()
    return f"{plain or 'georgia'}@exemple.example"


def invent_contacts(story: Story) -> None:
    """The sample names the real organiser's address and telephone: nobody shall write or call because of a picture."""
    sample = moved(json.loads(SAMPLE.read_text()), datetime.now(ZoneInfo("Europe/Paris")).date())
    invented = {"contact_email": "rencontres@cites.example", "contact_phone": "+33 1 99 00 12 34"}
    address = f"/api/programme/v1/editions/{sample['edition']}"
    story.api.put(address, json={**sample["programme"], **invented}).raise_for_status()
