"""The register of purposes (GDPR, articles 6, 9, 13 and 30): what personal data is held for, on which ground, how long.

A contract between the services, as the facts are: the public notice and the team's register are written from it, and
each service's deletions (`shared.retention`) take their terms from it, so that no page says what no service does.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from shared.i18n import N_

CONTRACT = N_("Exécution de ce que vous demandez en vous inscrivant")
CONSENT = N_("Votre accord, que vous pouvez retirer")
SENSITIVE = N_("Votre accord explicite, que vous pouvez retirer (RGPD, article 9.2.a)")
SECURITY = N_("Intérêt légitime : savoir qui a changé quoi")

ACCOUNTS = N_("Intérêt légitime : protéger les comptes de l’équipe")


@dataclass(frozen=True)
class Kept:
    """How long: so many days or months after the last day of an edition, or after the entry itself was written."""

    days: int = 0
    months: int = 0
    after_edition: bool = True

    def over(self, since: date) -> date:
        """The day on which it is to be gone."""
        return _months(since, self.months) + timedelta(days=self.days)

    def cutoff(self, today: date) -> date:
        """What was written before this day is to be gone by `today`."""
        return _months(today, -self.months) - timedelta(days=self.days)


@dataclass(frozen=True)
class Purpose:
    """One use of personal data. Without `kept` nothing is held here, and `elsewhere` says what is."""

    code: str
    name: str
    basis: str
    kinds: str
    services: tuple[str, ...]
    kept: Kept | None
    elsewhere: str = ""


def _months(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


NEEDS = Purpose(
    "needs",
    N_("Préparer les repas et l’accès"),
    SENSITIVE,
    N_("Ce que vous cochez sous « Pour bien vous accueillir » : ce qu’il vous faut, jamais pourquoi"),
    ("registration",),
    Kept(days=7),
)
PHONES = Purpose(
    "phones",
    N_("Vous prévenir le jour même si une séance change"),
    CONTRACT,
    N_("Téléphone mobile, si vous le donnez"),
    ("registration",),
    Kept(days=30),
)
ATTENDING = Purpose(
    "attending",
    N_("Vous inscrire, réserver vos séances, faire votre badge et vous accueillir"),
    CONTRACT,
    N_(
        "Nom, fonction, structure, pays, adresse électronique, séances choisies ou attendues, "
        "passages à l’accueil, et le nom de qui vous a cédé sa place"
    ),
    ("registration", "badges"),
    Kept(months=3),
)
WRITING = Purpose(
    "writing",
    N_("Vous écrire : confirmation, badge, changements, rappels, annulation"),
    CONTRACT,
    N_("Adresse électronique, langue, messages envoyés et leur état, ce qu’ils vous ont dit de vos séances"),
    ("notifications",),
    Kept(months=3),
)
LIST = Purpose(
    "list",
    N_("Remettre aux participantes et participants la liste des personnes présentes"),
    CONSENT,
    N_("Nom, fonction et structure, si vous cochez la case"),
    ("registration",),
    Kept(months=3),
)
IMAGE = Purpose(
    "image",
    N_("Filmer et photographier les Rencontres"),
    CONSENT,
    N_("Votre image, si vous cochez la case ; sinon votre badge porte une marque"),
    (),
    None,
    N_("Trois ans en ligne"),
)
LISTS = Purpose(
    "lists",
    N_("Inscrire d’un coup les personnes d’une liste"),
    CONTRACT,
    N_("Ce qu’une liste remise à l’équipe dit de vous, jusqu’à votre inscription ; le fichier n’est pas gardé"),
    ("registration",),
    Kept(days=2, after_edition=False),
)
SIGNING_IN = Purpose(
    "signing-in",
    N_("Freiner qui essaie des mots de passe de l’équipe ou des codes de l’accueil"),
    ACCOUNTS,
    N_("Une empreinte de l’adresse réseau et de l’adresse électronique essayées"),
    ("programme", "badges"),
    Kept(days=1, after_edition=False),
)
JOURNAL = Purpose(
    "journal",
    N_("Tenir le journal de ce que l’équipe modifie"),
    SECURITY,
    N_("Qui, quand, quels champs ; jamais leur contenu"),
    ("registration", "programme", "notifications", "badges"),
    Kept(months=12, after_edition=False),
)

REGISTER = (ATTENDING, PHONES, WRITING, NEEDS, LIST, IMAGE, LISTS, SIGNING_IN, JOURNAL)
"""In the order of the public notice."""
