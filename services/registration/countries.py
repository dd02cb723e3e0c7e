"""Countries as people choose them: CLDR's names in three languages, with the labels Cités Unies France uses."""

from functools import lru_cache

from babel import Locale

from services.registration.organisations import searchable
from shared.events import Text
from shared.i18n import LANGUAGES

LABELS: dict[str, dict[str, str]] = {
    "CD": {"fr": "République démocratique du Congo", "en": "Democratic Republic of the Congo",
           "es": "República Democrática del Congo"},
    "CG": {"fr": "Congo", "en": "Congo", "es": "Congo"},
    "CI": {"fr": "Côte d’Ivoire", "en": "Côte d’Ivoire", "es": "Côte d’Ivoire"},
    "HK": {"fr": "Hong Kong", "en": "Hong Kong", "es": "Hong Kong"},
    "MM": {"fr": "Birmanie", "en": "Myanmar", "es": "Birmania"},
    "MO": {"fr": "Macao", "en": "Macao", "es": "Macao"},
    "PS": {"fr": "Palestine", "en": "Palestine", "es": "Palestina"},
    "TW": {"fr": "Taïwan", "en": "Taiwan", "es": "Taiwán"},
    "XK": {"fr": "Kosovo", "en": "Kosovo", "es": "Kosovo"},
}  # fmt: skip
"""Ours instead of CLDR's "Territoires palestiniens", "Congo-Kinshasa", "R.A.S. chinoise de Hong Kong"…"""

FRANCE = "FR"

FRENCH_TERRITORIES = frozenset({"BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT"})
"""Codes of their own, but their authorities are French ones: people choose France."""

_NO_COUNTRY = frozenset(
    "AC AQ BV CP CQ DG EA EU EZ GS HM IC IO QO SJ TA UM UN XA XB ZZ".split()  # noqa: SIM905 - one line to read
)
"""CLDR regions where no organisation has its seat, groups of countries, and test codes."""


@lru_cache(maxsize=3)
def names(lang: str) -> dict[str, str]:
    """ISO 3166-1 code (and XK) → name, sorted as a reader of this language looks for it."""
    territories = {str(code): str(named) for code, named in Locale.parse(lang).territories.items()}
    codes = {code for code in territories if len(code) == 2 and code.isalpha()} | {*LABELS}
    codes -= _NO_COUNTRY | FRENCH_TERRITORIES
    named = {code: LABELS[code][lang] if code in LABELS else territories[code] for code in codes}
    return dict(sorted(named.items(), key=lambda pair: (searchable(pair[1]), pair[0])))


def name(code: str, lang: str) -> str:
    """The country's name, or its code when we have no name for it."""
    return names(lang).get(code, code)


def in_every_language(code: str) -> Text:
    """The country's name in each of our languages."""
    return {lang: name(code, lang) for lang in LANGUAGES}
