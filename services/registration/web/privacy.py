"""`/confidentialite`: what is done with whose data, on which ground and for how long, written from data."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.registration.domain.refusals import EditionUnknown
from services.registration.web.context import DeskDep
from shared.i18n import N_

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Purpose:
    """One use of personal data (GDPR, articles 6, 9 and 13; CNIL's developer guide, sheets 12 and 15)."""

    name: str
    basis: str
    kinds: str
    kept: str


CONTRACT = N_("Exécution de ce que vous demandez en vous inscrivant")
CONSENT = N_("Votre accord, que vous pouvez retirer")
SENSITIVE = N_("Votre accord explicite, que vous pouvez retirer (RGPD, article 9.2.a)")
SECURITY = N_("Intérêt légitime : savoir qui a changé quoi")

PURPOSES = (
    Purpose(
        N_("Vous inscrire, réserver vos séances, faire votre badge et vous accueillir"),
        CONTRACT,
        N_(
            "Nom, fonction, structure, pays, adresse électronique, séances choisies ou attendues, "
            "passages à l’accueil, et le nom de qui vous a cédé sa place"
        ),
        N_("Jusqu’à trois mois après les Rencontres, puis des statistiques sans nom"),
    ),
    Purpose(
        N_("Vous prévenir le jour même si une séance change"),
        CONTRACT,
        N_("Téléphone mobile, si vous le donnez"),
        N_("30 jours après les Rencontres"),
    ),
    Purpose(
        N_("Vous écrire : confirmation, badge, changements, rappels, annulation"),
        CONTRACT,
        N_("Adresse électronique, langue, messages envoyés et leur état, ce qu’ils vous ont dit de vos séances"),
        N_("12 mois après les Rencontres"),
    ),
    Purpose(
        N_("Préparer les repas et l’accès"),
        SENSITIVE,
        N_("Ce que vous cochez sous « Pour bien vous accueillir » : ce qu’il vous faut, jamais pourquoi"),
        N_("7 jours après les Rencontres"),
    ),
    Purpose(
        N_("Remettre aux participantes et participants la liste des personnes présentes"),
        CONSENT,
        N_("Nom, fonction et structure, si vous cochez la case"),
        N_("Jusqu’à trois mois après les Rencontres, puis des statistiques sans nom"),
    ),
    Purpose(
        N_("Filmer et photographier les Rencontres"),
        CONSENT,
        N_("Votre image, si vous cochez la case ; sinon votre badge porte une marque"),
        N_("Trois ans en ligne"),
    ),
    Purpose(
        N_("Tenir le journal de ce que l’équipe modifie"),
        SECURITY,
        N_("Qui, quand, quels champs ; jamais leur contenu"),
        N_("12 mois"),
    ),
)


@router.get("/confidentialite")
async def privacy(request: Request, desk: DeskDep) -> Response:
    """The notice, readable before any edition is ready."""
    try:
        identity = (await desk.store.pages.shown()).identity
    except EditionUnknown:
        identity = None
    return desk.pages.render(request, "confidentialite.html", edition=identity, purposes=PURPOSES)
