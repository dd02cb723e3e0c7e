"""Country names people choose from."""

import pytest

from services.registration.countries import in_every_language, name, names


@pytest.mark.parametrize(
    ("code", "fr", "en", "es"),
    [
        ("PS", "Palestine", "Palestine", "Palestina"),
        ("TW", "Taïwan", "Taiwan", "Taiwán"),
        ("XK", "Kosovo", "Kosovo", "Kosovo"),
        ("CD", "République démocratique du Congo", "Democratic Republic of the Congo", None),
    ],
)
def test_names_follow_the_organiser(code, fr, en, es):
    assert name(code, "fr") == fr
    assert name(code, "en") == en
    assert es is None or name(code, "es") == es


@pytest.mark.parametrize("lang", ["fr", "en", "es"])
def test_names_list_each_country_once(lang):
    listed = names(lang)
    assert len(set(listed.values())) == len(listed) > 200
    assert {"FR", "MG", "SN", "CO", "JP", "GE"} <= set(listed)
    assert not {"EU", "UN", "ZZ", "GP", "RE"} & set(listed)


def test_names_are_sorted_without_accents():
    listed = list(names("fr").values())
    assert listed.index("Égypte") < listed.index("Espagne") < listed.index("États-Unis") < listed.index("Fidji")


def test_name_falls_back_to_the_code():
    assert name("QQ", "fr") == "QQ"


def test_name_in_every_language_is_what_other_services_are_told():
    assert in_every_language("PS") == {"fr": "Palestine", "en": "Palestine", "es": "Palestina"}
