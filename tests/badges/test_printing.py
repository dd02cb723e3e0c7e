"""Many badges on paper: whole and legible in both layouts, PDF/UA-1, and drawn by a process that has no secret."""

import asyncio
import os
from pathlib import Path

import page as validator
import pymupdf
import pytest

from services.badges import drawing, printing
from services.badges.designs import fingerprint, sheet
from services.badges.joining import join
from services.badges.printing import Printer, PrintingFailed
from services.badges.rendering import Layout, Paper, Sheet, arranged
from tests.badges.factories import BEFORE, EDITION, FONTS, MINT, a_badge, a_holder, an_edition
from tests.badges.test_rendering import FROM_EVERYWHERE, bare, decoded, outside, words

LAYOUTS: tuple[Layout, ...] = ("one", "four")
LANGUAGES = ("fr", "en", "es")


def drawn(count: int, **changes) -> list[Sheet]:
    """Badges of people whose names are hard, each in another language and category than the one before."""
    made = []
    for number in range(count):
        given, family = FROM_EVERYWHERE[number % len(FROM_EVERYWHERE)]
        named = {"given_name": given, "family_name": family, "language": LANGUAGES[number % 3]}
        holder = a_holder(registration=f"r{number}", **{**named, **changes})
        badge = a_badge(registration=holder.registration)
        made.append(sheet(badge, holder, an_edition(), MINT.token(EDITION, badge.id, 1)))
    return made


def a_paper(layout: Layout, sheets: list[Sheet]) -> Paper:
    return Paper("Badges, RAICT 2026", "fr", layout, BEFORE, sheets)


def cells(layout: Layout, content: bytes) -> list[pymupdf.Page]:
    """Each badge cut out of the pages, in the order of the pages."""
    document = pymupdf.open(stream=content)
    if layout == "one":
        return [*document]
    cut = pymupdf.open()
    for page in document:
        width, height = page.rect.width / 2, page.rect.height / 2
        for x, y in ((0, 0), (width, 0), (0, height), (width, height)):
            one = cut.new_page(width=width, height=height)
            one.show_pdf_page(one.rect, document, page.number, clip=pymupdf.Rect(x, y, x + width, y + height))
    return [*cut]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_hard_name_is_whole_and_its_code_is_read(press, layout):
    sheets = drawn(len(FROM_EVERYWHERE))
    content = press.paper(a_paper(layout, sheets))
    order = [one for page in arranged(sheets, layout) for one in page]
    found = cells(layout, content)
    assert len(found) == len(order)
    for one, cell in zip(order, found, strict=True):
        if one is None:
            continue
        assert decoded(cell) == one.token
        assert outside(cell) == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_names_are_copied_out_as_they_are(press, layout):
    sheets = drawn(len(FROM_EVERYWHERE))
    text = "".join(words(page) for page in pymupdf.open(stream=press.paper(a_paper(layout, sheets))))
    assert [one for one in sheets if bare(one.given) not in text or bare(one.family) not in text] == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_paper_is_accessible(press, layout):
    """PDF/UA-1: tagged, with a title and its language; each badge says its own language, and its name is a heading."""
    content = press.paper(a_paper(layout, drawn(6)))
    report = validator.validate_pdf_bytes(content, profile="ua1")
    assert (report.is_compliant, str(report).splitlines()[0]) == (True, "PDF/UA validation")
    document = pymupdf.open(stream=content)
    assert document.metadata["title"] == "Badges, RAICT 2026"
    objects = [document.xref_object(xref, compressed=True) for xref in range(1, document.xref_length())]
    assert "/Lang(fr)" in document.xref_object(document.pdf_catalog(), compressed=True)
    headings = [one for one in objects if "/S/H1" in one]
    assert len(headings) == 6
    assert [sum(f"/Lang({lang})" in one for one in headings) for lang in ("en", "es")] == [2, 2]


def test_one_badge_of_many_looks_as_it_does_alone(press):
    sheets = drawn(len(FROM_EVERYWHERE))
    together = pymupdf.open(stream=press.paper(a_paper("one", sheets)))
    for one, page in zip(sheets, together, strict=True):
        alone = pymupdf.open(stream=press.pdf(one))[0]
        assert page.get_pixmap(dpi=60).samples == alone.get_pixmap(dpi=60).samples


@pytest.mark.parametrize(
    ("count", "pages"),
    [(1, [[0, None, None, None]]), (4, [[0, 1, 2, 3]]), (5, [[0, 2, 4, None], [1, 3, None, None]])],
)
def test_four_on_a_sheet_go_on_through_the_pile(count, pages):
    sheets = drawn(count)
    assert arranged(sheets, "four") == [[None if at is None else sheets[at] for at in page] for page in pages]


@pytest.mark.parametrize(
    ("pages", "most", "processors", "sizes"),
    [(1, 4, 2, [1]), (8, 4, 2, [4, 4]), (9, 4, 2, [3, 3, 3]), (16, 4, 2, [4] * 4), (10, 4, 3, [4, 4, 2])],
)
def test_parts_are_even_and_small(pages, most, processors, sizes):
    parts = drawing.parted(range(pages), most, processors)
    assert [len(part) for part in parts] == sizes
    assert [page for part in parts for page in part] == [*range(pages)]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"given_name": "Autre"}, False),
        ({"function": "Autre"}, False),
        ({"organisation": "Autre"}, False),
        ({"category": "agent", "category_label": {"fr": "Agent"}}, False),
        ({"country": "MG", "country_name": {"fr": "Madagascar"}}, False),
        ({"image": False}, False),
        ({"language": "en"}, False),
        ({"sequence": 9}, True),
        ({"due": True}, True),
        ({"link": "other"}, True),
        ({"category_label": {"fr": "Élue ou élu", "en": "Other"}}, True),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_fingerprint_follows_what_a_reader_sees(change, same):
    edition, badge = an_edition(), a_badge()
    before, after = (fingerprint(sheet(badge, a_holder(**one), edition, "")) for one in ({}, change))
    assert (before == after) is same


def test_fingerprint_follows_the_edition_and_the_generation():
    papers = {
        fingerprint(sheet(a_badge(generation=number), a_holder(), an_edition(short=short), ""))
        for number in (1, 2)
        for short in ("RAICT 2026", "RAICT 2027")
    }
    assert len(papers) == 4


LIKE_PDF = {"given_name": "5 0 R (a (b)", "family_name": "((3 0 R)) \\ 2 0 R)", "organisation": ">> stream /K[1 0 R]"}


@pytest.fixture(scope="module")
def many() -> list[Sheet]:
    """More badges than are drawn together; the last of people whose names look like the inside of a PDF."""
    return [*drawn(drawing.PART + 2), *drawn(2, **LIKE_PDF)]


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_parts_are_one_document_as_if_drawn_at_once(press, many, layout):
    made = await Printer(FONTS).pdf(a_paper(layout, many))
    joined, whole = (pymupdf.open(stream=one) for one in (made, press.paper(a_paper(layout, many))))
    assert not joined.is_repaired
    assert (len(joined), joined.metadata) == (len(whole), whole.metadata)
    for one, other in zip(joined, whole, strict=True):
        assert one.get_text() == other.get_text()
        assert one.get_pixmap(dpi=30).samples == other.get_pixmap(dpi=30).samples
    assert _tags(joined) == _tags(whole)
    assert validator.validate_pdf_bytes(made, profile="ua1").is_compliant


def _tags(document: pymupdf.Document) -> list[str]:
    """The elements below the document, each with what is said of it, in their order."""
    root = document.xref_get_key(document.pdf_catalog(), "StructTreeRoot")[1]
    tree = document.xref_get_key(int(root.split()[0]), "K")[1]
    below = document.xref_get_key(int(tree.strip("[]").split()[0]), "K")[1]
    elements = [int(xref) for xref in below.strip("[]").split()[::3]]
    return ["".join(document.xref_get_key(one, key)[1] for key in ("S", "T", "Alt", "Lang")) for one in elements]


async def test_one_sign_without_a_font_takes_the_claim_from_the_whole(many):
    made = await Printer(FONTS).pdf(a_paper("four", [*many, *drawn(1, given_name="Abebe", family_name="བཀྲ་ཤིས")]))
    document = pymupdf.open(stream=made)
    assert "<pdfuaid:part>" not in document.get_xml_metadata()
    assert "Abebe" in "".join(page.get_text() for page in document)
    assert "/StructTreeRoot" in document.xref_object(document.pdf_catalog())


def test_what_our_press_did_not_draw_is_not_joined():
    document = pymupdf.open()
    document.new_page()
    with pytest.raises(ValueError, match="not a PDF that our press drew"):
        join([document.tobytes()])


async def test_process_that_dies_is_said(monkeypatch):
    with pytest.raises(PrintingFailed):
        await Printer(Path("nowhere")).pdf(a_paper("one", drawn(1)))
    monkeypatch.setattr(printing, "SECONDS", 0.01)
    with pytest.raises(PrintingFailed):
        await Printer(FONTS).pdf(a_paper("one", drawn(1)))


async def test_process_knows_no_secret_and_gives_way(monkeypatch):
    """It draws what strangers typed."""
    monkeypatch.setenv("BADGE_PRIVATE_KEY", "secret-key")
    printer = Printer(FONTS)
    task = asyncio.create_task(printer.pdf(a_paper("one", drawn(60))))
    seen = None
    while seen is None and not task.done():
        await asyncio.sleep(0)
        seen = _child()
    await task
    assert seen is not None
    environment, niceness = seen
    assert (b"secret-key" in environment, niceness) == (False, os.nice(0) + drawing.YIELDING)


def _child() -> tuple[bytes, int] | None:
    """The environment and niceness of the process that prints, once it has stood back."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) != os.getpid() or b"services.badges.drawing" not in (process / "cmdline").read_bytes():
                continue
            if (niceness := int(fields[16])) > os.nice(0):
                return (process / "environ").read_bytes(), niceness
        except (FileNotFoundError, ProcessLookupError):
            continue
    return None
