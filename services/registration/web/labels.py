"""Words, in the reader's language, for what an authority is and for what a person needs."""

from functools import lru_cache

from markupsafe import Markup

from services.registration import countries
from services.registration.organisations import Authority
from shared.i18n import N_, gettext

KINDS = {
    "commune": N_("Commune"),
    "CC": N_("Communauté de communes"),
    "CA": N_("Communauté d’agglomération"),
    "CU": N_("Communauté urbaine"),
    "METRO": N_("Métropole"),
    "MET69": N_("Métropole"),
    "EPT": N_("Établissement public territorial"),
    "departement": N_("Département"),
    "region": N_("Région"),
    "collectivite": N_("Collectivité à statut particulier"),
}

NEEDS = {
    "step-free": N_("Accès sans marche"),
    "lsf": N_("Interprétation en langue des signes française"),
    "hearing-loop": N_("Boucle magnétique"),
    "companion": N_("Place pour une personne qui m’accompagne"),
    "interpretation-en": N_("Interprétation vers l’anglais"),
    "interpretation-es": N_("Interprétation vers l’espagnol"),
    "vegetarian": N_("Repas végétarien"),
    "no-pork": N_("Repas sans porc"),
    "no-gluten": N_("Repas sans gluten"),
}


def authority_label(one: Authority, lang: str) -> str:
    """`Commune, Seine-Saint-Denis (93)`."""
    kind = gettext(lang, KINDS.get(one.form) or KINDS[one.kind])
    return f"{kind}, {one.department}" if one.department else kind


def country_options(lang: str, chosen: str) -> Markup:
    """The countries as options of a select, the chosen one selected."""
    return _options(lang, chosen if chosen in countries.names(lang) else "")


@lru_cache(maxsize=1000)
def _options(lang: str, chosen: str) -> Markup:
    # Writing 235 of them took longer than the rest of the form.
    option, selected = Markup('<option value="{}"{}>{}</option>'), Markup(" selected")
    pairs = countries.names(lang).items()
    return Markup("\n").join(option.format(code, selected if code == chosen else "", name) for code, name in pairs)
