"""Words that staff may write, and those that are refused."""

import re
from pathlib import Path

import pytest

from services.notifications import defaults
from services.notifications.domain.deliveries import Template
from services.notifications.domain.wording import MAILS, Words, faults, filled, named
from shared import i18n
from shared.i18n import LANGUAGES

i18n.add(Path(defaults.__file__).parent / "i18n")

GOOD = Words("Bonjour de {edition}", "Bonjour {nom},\n\nNous vous attendons.", "Annulez sur {lien}.")


def changed(**fields: str) -> dict[str, str]:
    found = faults(Template.CONFIRMATION, Words(**{**vars(GOOD), **fields}))
    return {field: fault.code for field, fault in found.items()}


def test_every_template_is_described_and_has_words():
    assert set(MAILS) == set(Template)


@pytest.mark.parametrize("template", Template)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_our_own_words_are_good(template, lang):
    assert faults(template, defaults.words(template, lang)) == {}


@pytest.mark.parametrize("template", Template)
@pytest.mark.parametrize("lang", ["en", "es"])
def test_translations_have_the_placeholders_of_the_french(template, lang):
    french, other = defaults.words(template, "fr"), defaults.words(template, lang)
    assert [named(said) for said in vars(other).values()] == [named(said) for said in vars(french).values()]
    assert other.opening != french.opening


def test_good_words_are_kept():
    assert changed() == {}
    assert changed(closing="{lien}", opening="{nom}") == {}


@pytest.mark.parametrize(
    ("field", "said", "code"),
    [
        ("title", "", "empty-words"),
        ("title", "Bonjour {nom}", "placeholder-not-in-title"),
        ("title", "Bonjour {seance}", "unknown-placeholder"),
        ("title", "x" * 151, "too-long"),
        ("title", "Bonjour\nBcc: a@b.example", "line-break"),
        ("title", "Bonjour\u2028Bcc", "unshowable"),
        ("title", "Bonjour\u202e", "unshowable"),
        ("title", "\u3164", "empty-words"),
        ("opening", "", "empty-words"),
        ("opening", "Bonjour", "missing-placeholder"),
        ("opening", "Bonjour {nom}{}", "unknown-placeholder"),
        ("opening", "Bonjour {nom} {NOM}", "unknown-placeholder"),
        ("opening", "Bonjour {nom} {nom.__class__}", "unknown-placeholder"),
        ("opening", "Bonjour {nom} {nom!r:>999}", "unknown-placeholder"),
        ("opening", "Bonjour {nom} {{nom}}", "lone-brace"),
        ("opening", "Bonjour {nom} }", "lone-brace"),
        ("opening", "Bonjour {nom}\x1b", "unshowable"),
        ("opening", "Bonjour {nom}\ud800", "unshowable"),
        ("opening", "{nom}" + "x" * 4000, "too-long"),
        ("closing", "{inconnu} {lien}", "unknown-placeholder"),
    ],
)
def test_words_that_would_not_do_are_refused_with_the_reason(field, said, code):
    assert changed(**{field: said})[field] == code


def test_what_a_person_needs_may_stand_in_either_text():
    assert changed(closing="") == {"opening": "missing-placeholder"}
    assert changed(closing="", opening="Bonjour {nom}, voici {lien}.") == {}


def test_a_value_is_filled_in_once():
    assert filled("{nom} à {lieu}", {"nom": "{lieu}", "lieu": "Paris"}) == "{lieu} à Paris"


def test_typed_words_have_our_line_ends():
    assert Words.typed(" a ", "b\r\nc\r", "") == Words("a", "b\nc", "")


def test_titles_of_ours_begin_with_the_edition():
    titles = [defaults.words(template, lang).title for template in Template for lang in LANGUAGES]
    assert [title for title in titles if not re.match(r"\{edition\}\u00a0?: ", title)] == []
