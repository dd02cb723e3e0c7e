"""What a badge looks like: the sign and colour of each category, and the words around what a person typed.

A category is told by its word, then its shape, then its colour; each colour carries white letters at 5:1 or more.
"""

import unicodedata
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from babel import Locale

from services.badges.domain import Badge, Edition, Holder
from services.badges.rendering import Sheet, svg
from services.badges.tokens import shown_code
from shared import i18n
from shared.events import Text
from shared.i18n import N_, dates, translate

i18n.add(Path(__file__).parent / "i18n")

_TITLE = N_("Badge : %(name)s, %(edition)s")
_NUMBER = N_("Badge n° %(number)s")
_QR = N_("Code QR du badge")
_CODE = N_("Code de secours")
_NOTE = N_("À présenter à l’entrée et à chaque atelier")
_NO_IMAGE = N_("Pas de photo")


@dataclass(frozen=True)
class Design:
    """The sign of a category, in a box of 13 × 13, and its colour."""

    outline: str
    colour: str

    @property
    def shape(self) -> str:
        """The sign as a white outline."""
        return svg("0 0 13 13", f'<g fill="none" stroke="#ffffff" stroke-width=".9">{self.outline}</g>')


DESIGNS = {
    "elu": Design('<circle cx="6.5" cy="6.5" r="5"/>', "#0b5560"),
    "agent": Design('<path d="M6.5 1.2l4.6 2.65v5.3L6.5 11.8 1.9 9.15v-5.3z"/>', "#2f5d1e"),
    "etat": Design('<path d="M6.5 1.3l5.1 3.7-1.95 6H3.35L1.4 5z"/>', "#1c3f7c"),
    "delegation": Design('<path d="M2 2h9v9H2z"/>', "#6a2c68"),
    "association": Design('<path d="M6.5 1l5.5 5.5-5.5 5.5L1 6.5z"/>', "#6b4a00"),
    "entreprise": Design('<path d="M1.5 2h10l-5 9.5z"/>', "#4b4f52"),
    "exposant": Design('<path d="M4.6 1.5h3.8v3.1h3.1v3.8H8.4v3.1H4.6V8.4H1.5V4.6h3.1z"/>', "#86184a"),
    "intervenant": Design(
        '<path d="M6.5 1l1.6 3.9 4.2.3-3.2 2.7 1 4.1-3.6-2.2L2.9 12l1-4.1L.7 5.2l4.2-.3z"/>', "#3f3a99"
    ),
    "presse": Design('<path d="M6.5 1.5l5 9.5h-10z"/>', "#8f3d0a"),
    "equipe": Design('<path d="M6.5 1a7.6 7.6 0 0 1 0 11 7.6 7.6 0 0 1 0-11z"/>', "#14272b"),
    "partenaire": Design('<circle cx="4.6" cy="6.5" r="3.6"/><circle cx="8.4" cy="6.5" r="3.6"/>', "#0a557f"),
}
OTHER = Design('<path d="M2 4h9M2 9h9"/>', "#48595c")
"""For a category that an edition added: its word still tells it."""


def sheet(badge: Badge, holder: Holder, edition: Edition, token: str) -> Sheet:
    """What stands on this badge, in the language of its holder."""
    lang = holder.language if holder.language in i18n.LANGUAGES else i18n.SOURCE
    design = DESIGNS.get(holder.category, OTHER)
    code = shown_code(badge.code)
    return Sheet(
        language=lang,
        title=translate(lang, _TITLE, name=holder.name, edition=edition.short),
        organiser=edition.organiser,
        edition=edition.short,
        dates=dates.days(edition.dates, lang),
        number=translate(lang, _NUMBER, number=badge.generation) if badge.generation > 1 else "",
        given=holder.given_name,
        family=capitals(holder.family_name),
        function=holder.function,
        organisation=holder.organisation,
        country=country(holder, lang),
        category=capitals(_in(lang, holder.category_label) or holder.category),
        shape=design.shape,
        colour=design.colour,
        token=token,
        qr_alt=translate(lang, _QR),
        code=code,
        code_label=translate(lang, _CODE),
        note=translate(lang, _NOTE),
        no_image="" if holder.image else translate(lang, _NO_IMAGE),
        issued_at=badge.issued_at,
    )


def fingerprint(sheet: Sheet) -> str:
    """The same for badges on which a reader would see no difference; our fixed words and drawings do not count."""
    seen = (
        *(sheet.language, sheet.edition, sheet.dates, sheet.number, sheet.code, sheet.no_image),
        *(sheet.given, sheet.family, sheet.function, sheet.organisation, sheet.country, sheet.category),
    )
    return blake2b("\0".join(seen).encode(), digest_size=16).hexdigest()


def country(holder: Holder, lang: str) -> str:
    """The country's name as the organiser says it; none for France, where most come from."""
    if holder.country == "FR":
        return ""
    return _in(lang, holder.country_name) or Locale.parse(lang).territories.get(holder.country, holder.country)


_STRESSED = {*"ΆΈΉΊΌΎΏ"}


def capitals(text: str) -> str:
    """The text in capitals where that loses nothing: only letters that have one capital each, in words alone.

    What is not plainly words, like `Robert');`, stays as it was typed; so does a script without capitals, and Greek
    with its stress, which capitals do not bear: the mark before the letter tears the word apart.
    """
    raised = text.upper()
    is_words = not _STRESSED & {*raised} and all(
        sign.isalpha() or unicodedata.combining(sign) or sign in " -‐'’." for sign in text
    )
    return raised if is_words and len(raised) == len(text) and raised.casefold() == text.casefold() else text


def _in(lang: str, text: Text) -> str:
    return text.get(lang) or text.get(i18n.SOURCE, "")
