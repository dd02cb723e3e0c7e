"""Every French text is translated, with the same placeholders, and set with no-break spaces."""

import re
from pathlib import Path

import pytest

from shared import i18n
from shared.i18n import extraction

PACKAGES = extraction.packages()
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")
_ELIDED = re.compile(r"\b(de|que) %\((name|person|who|by)\)s")
_BREAKING = re.compile(r" [:;?!»]|« ")


def _catalogues() -> list[Path]:
    return [file for package in PACKAGES for file in sorted((package / "i18n").glob("*.po"))]


def _words(entry: str | tuple[str, ...]) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry)


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_text_is_translated(package: Path, lang: str) -> None:
    assert [f"{gap.place}: {gap.msgid}" for gap in extraction.missing(package, lang)] == []


@pytest.mark.parametrize("file", _catalogues(), ids=lambda file: str(file.relative_to(extraction.ROOT)))
def test_translations_have_the_placeholders_of_their_text(file: Path) -> None:
    plurals = {one.msgid: one.plural for one in extraction.messages(file.parents[1]).values()}
    for msgid, entry in i18n.read(file).items():
        for words in _words(entry):
            named = set(_PLACEHOLDER.findall(words))
            if isinstance(entry, tuple):  # "one day", "%(num)s days": the singular may go without its number
                assert named <= set(_PLACEHOLDER.findall(msgid + plurals.get(msgid, ""))), msgid
            else:
                assert named == set(_PLACEHOLDER.findall(msgid)), msgid
            assert "%" not in _PLACEHOLDER.sub("", words), f"a literal percent sign is written %%: {msgid}"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_french_signs_never_stand_alone_on_a_line(package: Path) -> None:
    texts = [text for one in extraction.messages(package).values() for text in (one.msgid, one.plural)]
    assert [text for text in texts if _BREAKING.search(text)] == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_no_name_follows_a_word_that_would_be_elided_before_some(package: Path) -> None:
    """« L’inscription de Solène », but « d’Amélie », « d’Omar »: sentences go round it."""
    assert [one for one in extraction.messages(package) if _ELIDED.search(one)] == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_catalogue_holds_nothing_that_is_no_longer_said(package: Path) -> None:
    said = set(extraction.messages(package))
    for file in sorted((package / "i18n").glob("*.po")):
        assert sorted(set(i18n.read(file)) - said) == []


@pytest.mark.parametrize("lang", ["en", "es"])
def test_no_two_services_say_a_text_in_different_words(lang: str) -> None:
    """People go from page to page without knowing of services. What means two things is two texts in French, too."""
    said: dict[str, set[str | tuple[str, ...]]] = {}
    for file in _catalogues():
        if file.stem == lang:
            for msgid, entry in i18n.read(file).items():
                said.setdefault(msgid, set()).add(entry)
    assert {msgid: words for msgid, words in said.items() if len(words) > 1} == {}


def test_extraction_finds_a_text_in_each_place_one_may_stand(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text(
        '{{ _("Un") }}{% trans n=2 %}Deux{% pluralize %}Trois{% endtrans %}{{ ngettext("Quatre", "Cinq", 1) }}'
    )
    (tmp_path / "a.py").write_text(
        'A = {"a": "Six mots."}\n_B = N_("Sept")\nD = "x/y."\n'
        'class C:\n    text = "Huit"\ntranslate(lang, "Neuf", n=1)\n'
    )
    found = extraction.messages(tmp_path)
    assert {one.msgid: one.plural for one in found.values()} == {
        "Un": "", "Deux": "Trois", "Quatre": "Cinq", "Six mots.": "", "Sept": "", "Huit": "", "Neuf": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "n", "form"), [("fr", 0, 0), ("fr", 1, 0), ("fr", 2, 1), ("en", 0, 1), ("en", 1, 0), ("es", 2, 1)]
)
def test_plural_follows_the_language(lang: str, n: int, form: int) -> None:
    forms = ("Il reste %(count)s point à corriger", "Il reste %(count)s points à corriger")
    word = {"fr": ("point", "points"), "en": ("thing", "things"), "es": ("punto", "puntos")}[lang][form]
    assert re.search(rf"\b{word}\b", i18n.ngettext(lang, *forms, n))


def test_unknown_text_stays_french() -> None:
    assert i18n.translate("en", "Jamais traduit : %(a)s", a=1) == "Jamais traduit : 1"


def test_placeholder_in_a_trans_block_is_a_jinja_one() -> None:
    """Jinja doubles the percent signs of a `{% trans %}` block, so `%(n)s` would be shown as it stands."""
    block = re.compile(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", re.DOTALL)
    for package in PACKAGES:
        for file in (package / "templates").rglob("*.*"):
            assert [found for found in block.findall(file.read_text()) if "%(" in found] == [], file
