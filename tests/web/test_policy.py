"""Deny by default: every route of every service asks for the roles written here, or is for everybody."""

import inspect
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant

from services.badges.web.volunteers import at_the_door
from tests.routes import all_routes

PUBLIC = {
    "GET /mon-inscription/{token}/offre/{what}",
    "POST /mon-inscription/{token}/offre/{what}",
    "GET /",
    "GET /accessibilite",
    "GET /programme",
    "GET /programme.csv",
    "GET /programme.ics",
    "GET /programme/changements",
    "GET /programme/changements.atom",
    "GET /programme/schedule.json",
    "GET /programme/schedule.xml",
    "GET /programme/version.json",
    "GET /programme/seances/{slug}",
    "GET /programme/seances/{slug}.ics",
    "GET /equipe/connexion",
    "POST /equipe/connexion",
    "GET /inscription",
    "POST /inscription",
    "GET /confidentialite",
    "GET /mon-inscription/{token}",
    "GET /mon-inscription/{token}/merci",
    "GET /mon-inscription/{token}/annuler",
    "POST /mon-inscription/{token}/annuler",
    "GET /mon-inscription/{token}/calendrier.ics",
    "GET /mon-inscription/{token}/modifier",
    "POST /mon-inscription/{token}/modifier",
    "GET /mon-inscription/{token}/nouveau-lien",
    "POST /mon-inscription/{token}/nouveau-lien",
    "GET /mon-inscription/{token}/donnees",
    "GET /mon-inscription/{token}/effacer",
    "POST /mon-inscription/{token}/effacer",
    "POST /api/registration/v1/export",
    "POST /api/notifications/v1/export",
    "POST /api/badges/v1/export",
    "GET /mon-inscription/{token}/seances",
    "POST /mon-inscription/{token}/seances",
    "GET /mon-inscription/{token}/transmettre",
    "POST /mon-inscription/{token}/transmettre",
    "GET /inscription/retrouver",
    "POST /inscription/retrouver",
    "GET /badge/{link}.pdf",
    "GET /badge/{link}.svg",
    "GET /accueil/poste/{token}",
    "POST /accueil/poste/{token}",
    "GET /inscription/structures",
    "GET /programme/versions/{number}",
    "GET /api/programme/v1/editions/{edition}",
    "GET /api/programme/v1/releases",
    "GET /api/programme/v1/releases/{number}",
    "GET /api/programme/v1/rooms",
    "GET /api/programme/v1/sessions",
    "GET /api/programme/v1/sessions/{session}",
    "GET /api/programme/v1/speakers",
    "GET /api/registration/v1/form",
    "POST /api/registration/v1/registrations",
}
"""Pages for everybody, those that a capability link opens, the form, signing in, and what was released."""


ANYONE_IN_THE_TEAM = "staff()"
ADMIN = "staff(admin)"
DOOR = "staff(desk) or desk link"
BADGES = "staff(desk, registrations)"
REGISTRATIONS = "staff(registrations)"
WALK_INS = "staff(registrations, desk)"
MAILS = "staff(messages)"
CHECK_INS = "staff(desk) or token(desk)"
EDITING = "staff(programme) or token(programme)"
PEOPLE = "staff(registrations) or token(registrations)"
ACCOUNTS = "staff(admin)"
ADMINS = "staff(admin) or token(admin)"
DELIVERIES = "staff(messages) or token(messages)"

POLICY = {
    "GET /accueil": DOOR,
    "POST /accueil": DOOR,
    "POST /accueil/annuler": DOOR,
    "GET /accueil/compte": DOOR,
    "GET /accueil/recherche": DOOR,
    "GET /api/badges/v1/attendance": CHECK_INS,
    "GET /api/badges/v1/badges": PEOPLE,
    "POST /api/badges/v1/check-ins": CHECK_INS,
    "POST /api/badges/v1/check-ins/{nonce}/undo": CHECK_INS,
    "GET /api/notifications/v1/deliveries": DELIVERIES,
    "GET /api/notifications/v1/deliveries/{id}": DELIVERIES,
    "POST /api/notifications/v1/deliveries/{id}/abandon": DELIVERIES,
    "POST /api/notifications/v1/deliveries/{id}/retry": DELIVERIES,
    "GET /api/notifications/v1/templates": DELIVERIES,
    "DELETE /api/notifications/v1/templates/{name}/{lang}": DELIVERIES,
    "GET /api/notifications/v1/templates/{name}/{lang}": DELIVERIES,
    "PUT /api/notifications/v1/templates/{name}/{lang}": DELIVERIES,
    "PUT /api/programme/v1/editions/{edition}": EDITING,
    "GET /api/programme/v1/editions/{edition}/draft": EDITING,
    "DELETE /api/programme/v1/editions/{edition}/draft/sessions/{session}": EDITING,
    "GET /api/programme/v1/editions/{edition}/draft/sessions/{session}": EDITING,
    "PUT /api/programme/v1/editions/{edition}/draft/sessions/{session}": EDITING,
    "GET /api/programme/v1/editions/{edition}/findings": EDITING,
    "POST /api/programme/v1/releases": EDITING,
    "PUT /api/registration/v1/editions/{id}": "token(admin)",
    "GET /api/registration/v1/registrations": PEOPLE,
    "GET /api/registration/v1/registrations/{id}": PEOPLE,
    "PATCH /api/registration/v1/registrations/{id}": PEOPLE,
    "POST /api/registration/v1/exports": PEOPLE,
    "POST /api/registration/v1/registrations/{id}/approve": PEOPLE,
    "POST /api/registration/v1/registrations/{id}/cancel": PEOPLE,
    "POST /api/registration/v1/registrations/{id}/erase": PEOPLE,
    "POST /api/registration/v1/registrations/{id}/export": PEOPLE,
    "POST /api/notifications/v1/registrations/{id}/export": PEOPLE,
    "POST /api/badges/v1/registrations/{id}/export": PEOPLE,
    "POST /api/registration/v1/registrations/{id}/refuse": PEOPLE,
    "GET /api/programme/v1/accounts": ADMINS,
    "POST /api/programme/v1/accounts": ADMINS,
    "GET /api/programme/v1/accounts/{id}": ADMINS,
    "PATCH /api/programme/v1/accounts/{id}": ADMINS,
    "POST /api/programme/v1/accounts/{id}/password": ADMINS,
    "POST /api/programme/v1/accounts/{id}/reopen": ADMINS,
    "POST /api/programme/v1/accounts/{id}/sign-out": ADMINS,
    "POST /api/programme/v1/accounts/{id}/withdraw": ADMINS,
    "GET /api/programme/v1/tokens": ADMINS,
    "POST /api/programme/v1/tokens": ADMINS,
    "GET /api/programme/v1/tokens/{id}": ADMINS,
    "POST /api/programme/v1/tokens/{id}/withdraw": ADMINS,
    "GET /equipe": ANYONE_IN_THE_TEAM,
    "GET /equipe/badges": BADGES,
    "GET /equipe/badges/postes": REGISTRATIONS,
    "GET /equipe/badges/tirages": REGISTRATIONS,
    "POST /equipe/badges/tirages": REGISTRATIONS,
    "GET /equipe/badges/tirages/{id}": REGISTRATIONS,
    "GET /equipe/badges/tirages/{id}/badges.pdf": REGISTRATIONS,
    "POST /equipe/badges/tirages/{id}/ecarter": REGISTRATIONS,
    "POST /equipe/badges/postes": REGISTRATIONS,
    "POST /equipe/badges/postes/{id}/retirer": REGISTRATIONS,
    "GET /equipe/comptes": ACCOUNTS,
    "GET /equipe/comptes/jetons/nouveau": ACCOUNTS,
    "POST /equipe/comptes/jetons/nouveau": ACCOUNTS,
    "GET /equipe/comptes/jetons/{id}/retirer": ACCOUNTS,
    "POST /equipe/comptes/jetons/{id}/retirer": ACCOUNTS,
    "GET /equipe/comptes/nouveau": ACCOUNTS,
    "POST /equipe/comptes/nouveau": ACCOUNTS,
    "GET /equipe/comptes/{id}": ACCOUNTS,
    "POST /equipe/comptes/{id}": ACCOUNTS,
    "GET /equipe/comptes/{id}/mot-de-passe": ACCOUNTS,
    "POST /equipe/comptes/{id}/mot-de-passe": ACCOUNTS,
    "GET /equipe/comptes/{id}/retirer": ACCOUNTS,
    "POST /equipe/comptes/{id}/retirer": ACCOUNTS,
    "POST /equipe/deconnexion": ANYONE_IN_THE_TEAM,
    "GET /equipe/fragments/badges/arrivals": ANYONE_IN_THE_TEAM,
    "GET /equipe/fragments/badges/figures": ANYONE_IN_THE_TEAM,
    "GET /equipe/fragments/badges/home": ANYONE_IN_THE_TEAM,
    "GET /equipe/fragments/badges/person/{registration}": BADGES,
    "POST /equipe/fragments/notifications/affected": "staff(programme, messages)",
    "GET /equipe/fragments/notifications/home": ANYONE_IN_THE_TEAM,
    "GET /equipe/fragments/notifications/person/{registration}": "staff(messages, registrations)",
    "GET /equipe/fragments/programme/home": ANYONE_IN_THE_TEAM,
    "GET /equipe/fragments/registration/badge/{id}": WALK_INS,
    "GET /equipe/fragments/registration/home": ANYONE_IN_THE_TEAM,
    "GET /equipe/fragments/registration/person/{id}": REGISTRATIONS,
    "GET /equipe/inscriptions": REGISTRATIONS,
    "GET /equipe/inscriptions/attente": REGISTRATIONS,
    "GET /equipe/inscriptions/exporter": REGISTRATIONS,
    "POST /equipe/inscriptions/exporter": REGISTRATIONS,
    "GET /equipe/inscriptions/importer": REGISTRATIONS,
    "POST /equipe/inscriptions/importer": REGISTRATIONS,
    "GET /equipe/inscriptions/importer/modele.{kind}": REGISTRATIONS,
    "GET /equipe/inscriptions/imports/{id}": REGISTRATIONS,
    "POST /equipe/inscriptions/imports/{id}": REGISTRATIONS,
    "POST /equipe/inscriptions/imports/{id}/effacer": REGISTRATIONS,
    "GET /equipe/inscriptions/nouvelle": WALK_INS,
    "POST /equipe/inscriptions/nouvelle": WALK_INS,
    "GET /equipe/inscriptions/reglages": "staff(registrations, admin)",
    "POST /equipe/inscriptions/reglages": "staff(registrations, admin)",
    "GET /equipe/inscriptions/registre": REGISTRATIONS,
    "GET /equipe/inscriptions/{id}": REGISTRATIONS,
    "POST /equipe/inscriptions/{id}/accepter": REGISTRATIONS,
    "GET /equipe/inscriptions/{id}/annuler": REGISTRATIONS,
    "POST /equipe/inscriptions/{id}/annuler": REGISTRATIONS,
    "GET /equipe/inscriptions/{id}/arrivee": WALK_INS,
    "GET /equipe/inscriptions/{id}/effacer": REGISTRATIONS,
    "POST /equipe/inscriptions/{id}/effacer": REGISTRATIONS,
    "GET /equipe/inscriptions/{id}/modifier": REGISTRATIONS,
    "POST /equipe/inscriptions/{id}/modifier": REGISTRATIONS,
    "POST /equipe/inscriptions/{id}/refuser": REGISTRATIONS,
    "POST /equipe/inscriptions/{id}/seances": REGISTRATIONS,
    "GET /equipe/inscriptions/{id}/transmettre": REGISTRATIONS,
    "POST /equipe/inscriptions/{id}/transmettre": REGISTRATIONS,
    "GET /equipe/messages": MAILS,
    "GET /equipe/messages/modeles": MAILS,
    "GET /equipe/messages/modeles/{template}/{lang}": MAILS,
    "POST /equipe/messages/modeles/{template}/{lang}": MAILS,
    "GET /equipe/messages/modeles/{template}/{lang}/apercu": MAILS,
    "POST /equipe/messages/modeles/{template}/{lang}/apercu": MAILS,
    "GET /equipe/messages/modeles/{template}/{lang}/essai": MAILS,
    "POST /equipe/messages/modeles/{template}/{lang}/essai": MAILS,
    "POST /equipe/messages/modeles/{template}/{lang}/retablir": MAILS,
    "GET /equipe/messages/rappels": MAILS,
    "POST /equipe/messages/rappels": MAILS,
    "POST /equipe/messages/rappels/{id}": MAILS,
    "POST /equipe/messages/rappels/{id}/reprendre": MAILS,
    "POST /equipe/messages/rappels/{id}/supprimer": MAILS,
    "POST /equipe/messages/rappels/{id}/suspendre": MAILS,
    "GET /equipe/messages/{id}": MAILS,
    "POST /equipe/messages/{id}/abandon": MAILS,
    "GET /equipe/messages/{id}/apercu": MAILS,
    "POST /equipe/messages/{id}/renvoi": MAILS,
    "GET /equipe/mon-compte": ANYONE_IN_THE_TEAM,
    "POST /equipe/mon-compte": ANYONE_IN_THE_TEAM,
    "POST /equipe/mon-compte/deconnexion": ANYONE_IN_THE_TEAM,
    "GET /equipe/programme": ANYONE_IN_THE_TEAM,
    "POST /equipe/programme/formats/{id}": "staff(programme)",
    "GET /equipe/programme/publier": "staff(programme)",
    "POST /equipe/programme/publier": "staff(programme)",
    "GET /equipe/programme/salles": "staff(programme)",
    "POST /equipe/programme/salles/{id}": "staff(programme)",
    "GET /equipe/programme/seances/nouvelle": "staff(programme)",
    "GET /equipe/programme/seances/{id}": "staff(programme)",
    "POST /equipe/programme/seances/{id}": "staff(programme)",
    "GET /equipe/programme/seances/{id}/retirer": "staff(programme)",
    "POST /equipe/programme/seances/{id}/retirer": "staff(programme)",
    "POST /equipe/renouvellement": ANYONE_IN_THE_TEAM,
    "GET /equipe/sante": ANYONE_IN_THE_TEAM,
    "GET /equipe/fragments/programme/health": ANYONE_IN_THE_TEAM,
    "GET /equipe/fragments/programme/purges": "staff(registrations)",
    "GET /equipe/sante/programme": ADMIN,
    "POST /equipe/sante/programme/lectures/{consumer}/reprendre": ADMIN,
    "POST /equipe/sante/programme/messages/{ref}/classer": ADMIN,
    "POST /equipe/sante/programme/messages/{ref}/rejouer": ADMIN,
    "GET /api/programme/v1/dead-letters": "staff(admin) or token(admin)",
    "POST /api/programme/v1/consumers/{consumer}/resume": "staff(admin) or token(admin)",
    "POST /api/programme/v1/dead-letters/{id}/dismiss": "staff(admin) or token(admin)",
    "POST /api/programme/v1/dead-letters/{id}/replay": "staff(admin) or token(admin)",
}
"""Who may ask for what is not for everybody; `admin` may besides. What each guard does is in `test_gate.py`."""


def _guards(dependant: Dependant) -> Iterator[str]:
    for part in dependant.dependencies:
        if getattr(part.call, "__qualname__", "").endswith("<locals>.guard"):
            asked = inspect.getclosurevars(part.call).nonlocals
            roles = asked.get("roles", asked.get("allowed"))
            staff = [] if roles is None else [f"staff({', '.join(roles)})"]
            yield " or ".join(staff + ([f"token({asked['scope']})"] if "scope" in asked else []))
        if part.call is at_the_door:
            yield DOOR
        yield from _guards(part)


def _policy() -> dict[str, str]:
    """Every route with what its guards ask for; nothing for an open one."""
    return {
        f"{method} {route.path}": " and ".join(_guards(route.dependant))
        for route in all_routes()
        for method in route.methods - {"HEAD"}
    }


def test_only_what_is_meant_for_everybody_is_open() -> None:
    assert sorted(route for route, guards in _policy().items() if not guards) == sorted(PUBLIC)


def test_everything_else_asks_for_the_roles_of_the_policy() -> None:
    assert {route: guards for route, guards in _policy().items() if guards} == POLICY
