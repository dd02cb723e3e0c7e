"""The addresses of every page, for tests that visit them all; `{words}` are filled in by who knows them."""

import re
from functools import cache

from tests.routes import all_routes

PUBLIC = (
    "/", "/programme", "/programme?jour={day}", "/programme?salle=rien", "/programme/seances/{slug}",
    "/programme/versions/1", "/programme/changements", "/inscription", "/inscription/retrouver",
    "/accessibilite", "/confidentialite",
    "{manage}", "{manage}/merci", "{manage}/modifier", "{manage}/seances", "{manage}/transmettre",
    "{manage}/nouveau-lien", "{manage}/donnees", "{manage}/effacer", "{manage}/annuler", "{manage}/offre/place",
    "{cancelled}", "{pending}", "{refused}", "{waiting}", "{offered}", "{offered}/offre/place", "{desk}",
    "/equipe/connexion",
    "/api/programme/docs", "/api/registration/docs", "/api/notifications/docs", "/api/badges/docs",
)  # fmt: skip
"""What everybody may read, and what a link opens for whoever holds it."""

STAFF = (
    "/equipe", "/equipe/programme", "/equipe/programme/seances/{session}",
    "/equipe/programme/seances/{session}/retirer", "/equipe/programme/seances/nouvelle",
    "/equipe/programme/salles", "/equipe/programme/publier",
    "/equipe/inscriptions", "/equipe/inscriptions?q=Kervadec",
    "/equipe/inscriptions?q=zzzz", "/equipe/inscriptions/{registration}", "/equipe/inscriptions/{asking}",
    "/equipe/inscriptions/importer", "{list}", "{done}",
    "/equipe/inscriptions/exporter", "/equipe/inscriptions/exporter?q=Kervadec&etat=confirmee",
    "/equipe/inscriptions/nouvelle", "/equipe/inscriptions/{registration}/modifier",
    "/equipe/inscriptions/{registration}/transmettre", "/equipe/inscriptions/{registration}/effacer",
    "/equipe/inscriptions/{registration}/annuler", "/equipe/inscriptions/{registration}/arrivee",
    "/equipe/messages", "{message}",
    "/equipe/messages/modeles", "/equipe/messages/modeles/confirmation/fr",
    "/equipe/messages/rappels", "/equipe/inscriptions/attente", "/equipe/inscriptions/reglages",
    "/equipe/inscriptions/registre",
    "/equipe/badges", "/equipe/badges/postes", "/equipe/badges/tirages", "{batch}",
    "/equipe/sante", "/equipe/sante/notifications",
    "/equipe/comptes", "/equipe/comptes/nouveau", "/equipe/comptes/jetons/nouveau",
    "/equipe/comptes/jetons/{key}/retirer", "/equipe/comptes/{account}", "/equipe/comptes/{account}/retirer",
    "/equipe/comptes/{account}/mot-de-passe", "/equipe/mon-compte",
    "/accueil", "/accueil/recherche?q=kerv", "/accueil/recherche?q=zzzz",
)  # fmt: skip
"""What asks for somebody of the team."""

STANDS_FOR = {
    "manage": "/mon-inscription/1", "cancelled": "/mon-inscription/2", "pending": "/mon-inscription/3",
    "refused": "/mon-inscription/4", "waiting": "/mon-inscription/5", "offered": "/mon-inscription/6",
    "desk": "/accueil/poste/1", "message": "/equipe/messages/1", "batch": "/equipe/badges/tirages/1",
    "list": "/equipe/inscriptions/imports/1", "done": "/equipe/inscriptions/imports/2",
    "session": "1", "slug": "un", "day": "2026-07-08",
    "registration": "1", "asking": "2", "account": "1", "key": "1",
}  # fmt: skip
"""Each word with a value of its kind, for whoever only asks which page an address is."""

NO_PAGES = {
    "/accueil/compte": "the figures at the foot of /accueil, which asks for them",
    "/badge/{link}.pdf": "a PDF, which a validator checks",
    "/badge/{link}.svg": "the code on a person's page",
    "/equipe/badges/tirages/{id}/badges.pdf": "a PDF, which a validator checks",
    "/equipe/fragments/badges/arrivals": "a part of /equipe/badges",
    "/equipe/fragments/badges/figures": "a part of /equipe",
    "/equipe/fragments/badges/home": "a part of /equipe",
    "/equipe/fragments/badges/person/{registration}": "a part of a registration's page",
    "/equipe/fragments/notifications/home": "a part of /equipe",
    "/equipe/fragments/notifications/person/{registration}": "a part of a registration's page",
    "/equipe/fragments/programme/health": "a part of /equipe/sante",
    "/equipe/fragments/programme/home": "a part of /equipe",
    "/equipe/fragments/programme/purges": "a part of /equipe/inscriptions/registre",
    "/equipe/fragments/registration/badge/{id}": "a part of /equipe/inscriptions/{id}/arrivee",
    "/equipe/fragments/registration/home": "a part of /equipe",
    "/equipe/fragments/registration/person/{id}": "a part of a message’s page",
    "/equipe/inscriptions/importer/modele.{kind}": "an empty table to fill in",
    "/equipe/messages/modeles/{template}/{lang}/apercu": "a mail, in a frame of the page of its words",
    "/equipe/messages/modeles/{template}/{lang}/essai": "leads back to the words after a trial",
    "/equipe/messages/{id}/apercu": "a mail, in a frame of the message’s page",
    "/inscription/structures": "what the field of the organisation proposes",
    "/mon-inscription/{token}/calendrier.ics": "a calendar",
    "/programme.csv": "a table",
    "/programme.ics": "a calendar",
    "/programme/changements.atom": "a feed",
    "/programme/schedule.json": "a schedule for programs",
    "/programme/schedule.xml": "a schedule for programs",
    "/programme/seances/{slug}.ics": "a calendar",
    "/programme/version.json": "what open pages ask",
}
"""What is answered to GET and is no page of its own, with why."""


@cache
def all_pages() -> tuple[str, ...]:
    """Whatever is answered to GET, programs' addresses left out."""
    found = {one.path for one in all_routes() if "GET" in one.methods and not one.path.startswith("/api/")}
    return tuple(sorted(found))


def page_of(address: str) -> str | None:
    """The page that an address opens: of several that could answer, the one that names most of it."""
    path = address.format(**STANDS_FOR).partition("?")[0].replace("/sante/notifications", "/sante/programme")
    found = [one for one in all_pages() if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(one)), path)]
    return min(found, key=lambda one: one.count("{"), default=None)


def visited_pages() -> list[str]:
    """The pages that the lists above open."""
    opened = {page_of(address) for address in PUBLIC + STAFF if not address.startswith("/api/")}
    return sorted(page or "an address of no page" for page in opened)
