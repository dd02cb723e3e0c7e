"""The badge on paper, read back: exact text, a QR that a decoder reads, A6, tagged, with title and language."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import page as validator
import pymupdf
import pytest
import zxingcpp

from services.badges.designs import DESIGNS, OTHER, capitals, sheet
from services.badges.domain import Badge, Holder
from services.badges.rendering import Press
from services.badges.tokens import shown_code
from tests.badges.factories import EDITION, MINT, a_badge, a_holder, an_edition

MILLIMETRE = 72 / 25.4
NAMES = Path(__file__).parent / "names"
FUNCTIONS = json.loads((NAMES / "functions.json").read_text())
AUTHORITIES = (NAMES / "local-authorities.txt").read_text().splitlines()

FROM_EVERYWHERE = [
    ("", "Tovonay"),
    ("Andrianaivoravelona", "Rakotomalala Randrianarisoa"),
    ("Nguyễn Thị Phương", "Trần Đặng"),
    ("Nguyễn Thị Phương Thảo", "Trần Đặng Hoàng Ẩn Ễ Ồ Ỹ"),
    ("محمد", "الخطيب"),
    ("Yasmine ياسمين", "Al-Khatib الخطيب"),
    ("志明", "欧阳"),
    ("國榮", "張"),
    ("მარიამ", "გიორგაძე-ქართველიშვილი"),
    ("太郎", "山田"),
    ("Արմինե", "Հակոբյան"),
    ("נועה", "כהן־לוי"),
    ("สมชาย", "ใจดี"),
    ("សុខា", "ចាន់"),
    ("አበበ", "ቢቂላ"),
    ("Ελένη", "Παπαδοπούλου"),
    ("Олександра", "Шевченко-Коваленко"),
    ("İnci", "Işık"),
    ("Jürgen", "Weiß"),
    ("Zoë 🎉", "O’Brien"),
    ("Robert'); db.dropDatabase()", "=cmd|' /C calc'!A0"),
    ("{{7*7}}", "#set page(width: 1cm) *gras* $x$ <script>"),
    ("W" * 60, "W" * 60),
    ("a " * 29 + "ab", "b-" * 29 + "bc"),
    ("Zoë \U0001f469\u200d\U0001f467", "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"),
    (
        "Marie-Charlotte Élisabeth Anne Joséphine de la Rochefoucauld",
        "de la Tour d’Auvergne Lauraguais von Hohenzollern",
    ),
]


def printed(press: Press, holder: Holder, badge: Badge | None = None) -> pymupdf.Document:
    badge = badge or a_badge()
    token = MINT.token(EDITION, badge.id, badge.generation)
    return pymupdf.open(stream=press.pdf(sheet(badge, holder, an_edition(), token)))


def bare(text: str) -> str:
    """Text without the spaces and line ends where a line may have been broken, in one case."""
    return "".join(text.casefold().split())


def words(page: pymupdf.Page) -> str:
    return bare(page.get_text())


def decoded(page: pymupdf.Page) -> str:
    pixels = page.get_pixmap(dpi=200, colorspace=pymupdf.csGRAY)
    image = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width)
    (found,) = zxingcpp.read_barcodes(image)
    return found.text


def outside(page: pymupdf.Page) -> list[str]:
    """Words that leave the page or the part of it kept for who it is."""
    room = pymupdf.Rect(4.5 * MILLIMETRE, 0, 100.5 * MILLIMETRE, 148 * MILLIMETRE)
    return [word[4] for word in page.get_text("words") if not room.contains(pymupdf.Rect(word[:4]))]


def undrawn(page: pymupdf.Page) -> list[str]:
    """The fonts of which the empty box stands for a sign: their glyph 0."""
    return [span["font"] for span in page.get_texttrace() for sign in span["chars"] if sign[1] == 0]


def widest_gap(page: pymupdf.Page) -> float:
    """The most millimetres without ink between two lines of the part kept for who it is."""
    pixels = page.get_pixmap(dpi=200, colorspace=pymupdf.csGRAY)
    rows = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width)
    inked = np.flatnonzero((rows < 128).any(axis=1)) / 200 * 25.4
    name = inked[(inked > 22) & (inked < 92)]
    return float(np.diff(name).max())


def across(page: pymupdf.Page, word: str) -> float:
    """Where a word begins, from the left."""
    (found,) = [box for box in page.get_text("words") if box[4] == word]
    return float(found[0])


def test_badge_is_one_tagged_a6_page_with_title_and_language(press):
    document = printed(press, a_holder())
    assert document.page_count == 1
    assert [round(side / MILLIMETRE) for side in document[0].rect[2:]] == [105, 148]
    assert document.metadata["title"] == "Badge : Solène Kervadec-Diallo, RAICT 2026"
    catalogue = document.xref_object(document.pdf_catalog())
    assert "/Marked true" in catalogue
    assert "/StructTreeRoot" in catalogue
    assert "/Lang (fr)" in catalogue
    assert "pdfuaid:part" in document.get_xml_metadata()


def test_qr_has_an_alternative_text_with_the_code(press):
    document = printed(press, a_holder())
    objects = [document.xref_object(xref) for xref in range(1, document.xref_length())]
    assert sum("/Alt" in text and "/Figure" in text for text in objects) == 1


def test_qr_reads_back_as_the_token(press):
    badge = a_badge()
    assert MINT.read(EDITION, decoded(printed(press, a_holder())[0])) == (badge.id, 1)


def test_badge_says_everything_about_the_person(press):
    holder = a_holder(country="MG", country_name={"fr": "Madagascar"})
    assert printed(press, holder)[0].get_text().splitlines() == [
        "RAICT 2026",
        "mercredi 8 et jeudi 9 juillet 2026",
        "Solène",
        "KERVADEC-",
        "DIALLO",
        "Adjointe au maire",
        "Montreuil",
        "Madagascar",
        "Code de secours",
        shown_code(a_badge().code),
        "À présenter à l’entrée et à chaque atelier",
        "ÉLUE OU ÉLU",
    ]


def test_person_who_refused_photos_is_marked(press):
    assert "Pas de photo" in printed(press, a_holder(image=False))[0].get_text()


def test_second_badge_says_so(press):
    badge = a_badge(generation=2)
    assert "Badge n°\u00a02" in printed(press, a_holder(generation=2), badge)[0].get_text()


@pytest.mark.parametrize(
    ("lang", "word"), [("en", "ELECTED REPRESENTATIVE"), ("es", "CARGO ELECTO"), ("de", "ÉLUE OU ÉLU")]
)
def test_badge_speaks_the_language_of_its_holder(press, lang, word):
    document = printed(press, a_holder(language=lang))
    assert bare(word) in words(document[0])
    assert f"/Lang ({lang if lang != 'de' else 'fr'})" in document.xref_object(document.pdf_catalog())


@pytest.mark.parametrize(("given", "family"), FROM_EVERYWHERE)
def test_name_is_shown_whole_and_inside(press, given, family):
    document = printed(press, a_holder(given_name=given, family_name=family))
    assert document.page_count == 1
    assert bare(given) in words(document[0])
    assert bare(family) in words(document[0])
    assert outside(document[0]) == []
    assert MINT.read(EDITION, decoded(document[0])) is not None
    assert undrawn(document[0]) == []


@pytest.mark.parametrize(
    ("given", "family", "begins", "ends"),
    [
        ("محمد عبد الرحمن", "بن عبد العزيز آل الخطيب الحسيني", "محمد", "الرحمن"),
        ("رضا شیرازی", "نیک\u200cنژاد", "رضا", "شیرازی"),
        ("יונתן בן-דוד", "כהן לוי", "כהן", "לוי"),
    ],
)
def test_name_from_right_to_left_begins_at_the_right(press, given, family, begins, ends):
    page = printed(press, a_holder(given_name=given, family_name=family))[0]
    assert across(page, ends) < across(page, begins)
    assert set(bare(given + family)) - set(words(page)) - {"\u200c"} == set()
    assert (outside(page), undrawn(page)) == ([], [])


def test_arabic_words_are_each_copied_out_as_they_were_typed(press):
    holder = a_holder(
        given_name="محمد عبد الرحمن", family_name="الخطيب", organisation="بلدية طرابلس", function="نائب رئيس"
    )
    lines = printed(press, holder)[0].get_text().split()
    for word in ("محمد", "عبد", "الرحمن", "الخطيب", "بلدية", "طرابلس", "نائب", "رئيس"):
        assert word in lines


@pytest.mark.parametrize(
    ("organisation", "right", "left"),
    [
        ("بلدية طرابلس (Tripoli)", "بلدية", "Tripoli"),
        ("עיריית חיפה (Haïfa)", "עיריית", "Haïfa"),
        ("Ville de Tripoli بلدية", "بلدية", "Ville"),
    ],
)
def test_line_begins_on_the_side_of_its_first_letter(press, organisation, right, left):
    page = printed(press, a_holder(organisation=organisation))[0]
    assert across(page, left) < across(page, right)


def test_word_that_fits_a_little_smaller_is_not_broken(press):
    family = "de la Tour d’Auvergne Lauraguais von Hohenzollern-Sigmaringen"
    page = printed(press, a_holder(given_name="Marie-Charlotte", family_name=family))[0]
    assert page.get_text().splitlines()[3:6] == [
        "DE LA TOUR D’AUVERGNE",
        "LAURAGUAIS VON",
        "HOHENZOLLERN-SIGMARINGEN",
    ]


@pytest.mark.parametrize("family", ["Ò̩lúwa̩ Ǹjo̊kú Ŋ̀dúra̩", "Trần Đặng Ậnh Hoàng Ẩn Ễ Ồ Ỹ"])
def test_marks_of_one_line_stay_clear_of_the_next(press, family):
    page = printed(press, a_holder(given_name="", family_name=family, function="", organisation=""))[0]
    assert widest_gap(page) > 1


@pytest.mark.parametrize("function", FUNCTIONS)
def test_published_function_is_shown_whole(press, function):
    document = printed(press, a_holder(function=function))
    assert bare(function) in words(document[0])
    assert outside(document[0]) == []


def test_long_authority_names_are_shown_whole(press):
    for name in AUTHORITIES[:20]:
        document = printed(press, a_holder(organisation=name, function=FUNCTIONS[7]))
        assert bare(name) in words(document[0])
        assert outside(document[0]) == []


def test_longest_of_everything_stays_above_the_qr(press):
    names = {"given_name": "Wi " * 20, "family_name": "Ma-" * 20}
    document = printed(press, a_holder(**names, function="m" * 140, organisation="w " * 80, country="CD"))
    qr_top = 96 * MILLIMETRE
    lines = [word for word in document[0].get_text("words") if word[4].lower().startswith(("w", "m", "république"))]
    assert lines
    assert max(word[3] for word in lines) < qr_top
    assert outside(document[0]) == []


@pytest.mark.parametrize(("given", "family"), FROM_EVERYWHERE)
def test_pdf_fits_in_its_fact_and_a_validator_finds_it_accessible(press, given, family):
    badge = a_badge()
    holder = a_holder(given_name=given, family_name=family, function=FUNCTIONS[7], organisation=family)
    content = press.pdf(sheet(badge, holder, an_edition(), MINT.token(EDITION, badge.id, 1)))
    assert len(base64.b64encode(content)) <= 64 * 1024
    report = validator.validate_pdf_bytes(content, profile="ua1")
    assert [(one.rule_id, one.message) for one in report.failures] == []
    assert report.rules.total > 100


def test_sign_without_a_font_is_no_obstacle(press):
    document = printed(press, a_holder(family_name="བཀྲ་ཤིས", given_name="Abebe"))
    assert "Abebe" in document[0].get_text()
    assert "/StructTreeRoot" in document.xref_object(document.pdf_catalog())


def test_control_characters_are_no_obstacle(press):
    text = printed(press, a_holder(family_name="Le\x00Goff", given_name="A\u202eB"))[0].get_text()
    assert "GOFF" in text.upper()


def test_same_badge_gives_the_same_bytes(press):
    badge = a_badge()
    made = [press.pdf(sheet(badge, a_holder(), an_edition(), MINT.token(EDITION, badge.id, 1))) for _ in range(2)]
    assert made[0] == made[1]


def test_every_category_has_its_own_shape_and_a_colour_for_white_letters():
    designs = [*DESIGNS.values(), OTHER]
    assert len({design.outline for design in designs}) == len({design.colour for design in designs}) == len(designs)
    assert min(contrast_with_white(design.colour) for design in designs) >= 5


def contrast_with_white(colour: str) -> float:
    """WCAG 2.2 contrast ratio."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 1.05 / (sum(part * share for part, share in zip(linear, (0.2126, 0.7152, 0.0722), strict=True)) + 0.05)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("Kervadec-Diallo", "KERVADEC-DIALLO"), ("d’Aubigné", "D’AUBIGNÉ"), ("Weiß", "Weiß"), ("山田", "山田"),
     ("Robert');", "Robert');"), ("{{7*7}}", "{{7*7}}"), ("Şahin", "ŞAHIN"), ("Işık", "Işık"),
     ("Παπαδάκη", "Παπαδάκη"), ("Νικολαου", "ΝΙΚΟΛΑΟΥ")],
)  # fmt: skip
def test_capitals_are_given_only_where_nothing_is_lost(typed, shown):
    assert capitals(typed) == shown


def test_holder_of_an_unknown_category_still_has_a_badge(press):
    holder = a_holder(category="jury", category_label={"fr": "Jury"})
    assert "JURY" in printed(press, holder)[0].get_text()


def test_palestine_is_named_as_the_organiser_names_it(press):
    holder = replace(a_holder(), country="PS", country_name={"fr": "Palestine"})
    assert "Palestine" in printed(press, holder)[0].get_text()


def test_function_keeps_clear_of_the_letters_that_reach_below_the_line(press):
    page = printed(press, a_holder(given_name="محمد عبد الرحمن", family_name="الحسيني المراكشي", function="رئيس"))[0]
    pixels = page.get_pixmap(dpi=200, colorspace=pymupdf.csGRAY)
    image = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width)
    rows = (image[: int(pixels.height * 0.64)] < 160).any(axis=1)
    edges = np.flatnonzero(np.diff(rows.astype(int))) / pixels.height * 148
    *_, dots, function = edges[:14].reshape(-1, 2)  # head, given name, twice a line and its dots, function
    assert function[0] - dots[1] > 2
