"""Text that hurts: refused with a sentence that names the field, or kept exactly as typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.text import LIMITS, MISSING, TOO_LONG, UNSHOWABLE, fault
from shared.text import one_line

KEPT = [
    "Tovonay",
    "Andriamampandry Ratsimandresy",
    "Nguyễn Thị Hồng Nhung",
    "محمد عبد الرحمن",
    "ქეთევან ბაქრაძე",
    "髙橋 さくら",
    "Renée 🌍👩‍👩‍👧",
    "O’Brien-D'Été",
    "Robert'); db.dropDatabase()",
    "=cmd|' /C calc'!A0",
    "{{7*7}} ${7*7} <script>alert(1)</script>",
    "%(name)s %s %",
    "Ɓ̃á",
]


@pytest.mark.parametrize("typed", KEPT)
def test_text_of_the_world_is_kept_as_typed(typed):
    assert fault("family_name", one_line(typed)) is None
    assert one_line(typed) == unicodedata.normalize("NFC", typed)


@pytest.mark.parametrize(
    ("typed", "sign"),
    [
        ("Ro\x00se", "U+0000"),
        ("Ro\x1bse", "U+001B"),
        ("Ro\x7fse", "U+007F"),
        ("Ro\x85se", "U+0085"),
        ("abc\u202edef", "U+202E"),
        ("abc\u2066def", "U+2066"),
        ("abc\u200bdef", "U+200B"),
        ("\ufeffabc", "U+FEFF"),
        ("abc\ud800", "U+D800"),
        ("abc\uffff", "U+FFFF"),
        ("abc\U000e0041", "U+E0041"),
    ],
)
def test_invisible_signs_are_refused_by_name(typed, sign):
    found = fault("given_name", one_line(typed))
    assert found
    assert (found.field, found.code, found.params) == ("given_name", "unshowable", {"sign": sign})


@pytest.mark.parametrize("field", LIMITS)
def test_text_at_the_limit_fits_and_one_more_does_not(field):
    limit = LIMITS[field]
    assert fault(field, "x" * limit) is None
    found = fault(field, "é" * (limit + 1))
    assert found
    assert (found.code, found.params["count"]) == ("too-long", limit + 1)
    assert str(limit) in found.text


def test_a_hundred_thousand_signs_are_counted():
    found = fault("function", one_line("x" * 100_000))
    assert found
    assert found.text % found.params == "Fonction : 140 signes au plus, il y en a 100000."


@pytest.mark.parametrize(
    "typed", ["", "   ", "\u00a0", "\u200d", "\u0301", "\r\n\t", "\u3164", "\u115f\u1160\uffa0", "\u2800"]
)
def test_nothing_to_see_is_missing(typed):
    found = fault("family_name", one_line(typed))
    assert found
    assert found.code == "missing"


def test_optional_text_may_be_empty():
    assert fault("given_name", "") is None
    assert fault("phone", "") is None


def test_line_breaks_become_blanks():
    assert one_line(" Adjointe au maire\r\ndéléguée\n") == "Adjointe au maire déléguée"


def test_every_sentence_names_its_field():
    assert set(TOO_LONG) == set(UNSHOWABLE) == set(LIMITS)
    assert set(MISSING) & set(LIMITS) == {"family_name", "email", "function", "organisation_name"}


@given(st.text())
def test_tidy_twice_changes_nothing(typed):
    assert one_line(one_line(typed)) == one_line(typed)
