"""What the accessibility statement rests on: the results that `make accessibility` wrote down."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shared.i18n import N_

RESULTS = Path(__file__).parents[1] / "accessibility.json"
LOOKS = {
    "pages": N_(
        "Chaque page, en trois langues, claire et sombre, avec axe ; puis au clavier, agrandie quatre fois,"
        " avec des lettres espacées et sans mouvement"
    ),
    "states": N_("Ce qui se montre après une erreur, un refus, une attente ou une panne, avec axe"),
    "keyboard": N_("Des parcours entiers au clavier seul, avec et sans JavaScript"),
    "spoken": N_("Ce qu’un lecteur d’écran annonce : repères, titres, noms et ordre de lecture"),
    "colours": N_("Ce qui est choisi reste visible quand le système impose ses couleurs"),
    "pdf": N_("Les badges en PDF, avec un validateur de PDF/UA-1"),
}
"""What was looked at, by the names of the results."""


@dataclass(frozen=True)
class Look:
    """One kind of check: how often it was made, and which of them failed."""

    words: str
    done: int
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """When what was looked at with what, and what came of it."""

    made_on: date
    version: str
    tools: dict[str, str]
    pages: tuple[str, ...]
    looks: tuple[Look, ...]

    @property
    def failed(self) -> int:
        """How many checks failed, of all kinds."""
        return sum(len(look.failed) for look in self.looks)


def read() -> Statement:
    """The statement as it was written down last."""
    kept = json.loads(RESULTS.read_text())
    looks = tuple(Look(words, **kept["looks"][name]) for name, words in LOOKS.items())
    return Statement(date.fromisoformat(kept["made_on"]), kept["version"], kept["tools"], tuple(kept["pages"]), looks)
