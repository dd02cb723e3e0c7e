"""Tables that go out come back as they were, and calculate nothing; what comes in is read within limits."""

import csv
import io
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import pytest
import xlsxwriter
from lxml import etree

from shared import tables
from shared.tables import Cell, Column, Line, Rows, Table
from tests.security.test_formats import STARTS, TEXTS

HURTS = [
    *TEXTS,
    "'=1",
    "''+1",
    " =1+1",
    "'",
    "''",
    "a\nb",
    'Élus ; "agents",\t',
    "_x0041_",
    "\t=1",
    "\r+1",
    "=1\n=2",
    "00123",
]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


async def pieces(rows: Rows) -> AsyncIterator[Rows]:
    for start in range(0, len(rows), 100):
        yield rows[start : start + 100]


async def a_csv(headings: Sequence[str], rows: Rows, between: str = ";") -> bytes:
    return b"".join([piece async for piece in tables.as_csv([*map(Column, headings)], pieces(rows), between)])


async def an_xlsx(headings: Sequence[str], rows: Rows) -> bytes:
    return b"".join([piece async for piece in tables.as_xlsx("Feuille", [*map(Column, headings)], pieces(rows))])


def inside(workbook: bytes, name: str = "xl/worksheets/sheet1.xml") -> bytes:
    with zipfile.ZipFile(io.BytesIO(workbook)) as packed:
        return packed.read(name)


def with_sheet(workbook: bytes, sheet: str, head: str = "") -> bytes:
    """The workbook with these rows instead of its own."""
    body = f'{head}<worksheet xmlns="{MAIN[1:-1]}"><sheetData>{sheet}</sheetData></worksheet>'.encode()
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as before, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, body if name.endswith("sheet1.xml") else before.read(name))
    return made.getvalue()


def text_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


@pytest.mark.parametrize("make", [a_csv, an_xlsx])
async def test_every_text_comes_back_as_it_was(make) -> None:
    rows = [[text, "x", text] for text in HURTS]
    read = await tables.read(await make(["Un", "=Deux", "Trois"], rows), 5000)
    assert read.headings == ("Un", "=Deux", "Trois")
    assert [line.cells for line in read.lines] == [(text, "x", text) for text in HURTS]
    assert [line.number for line in read.lines] == [*range(2, len(HURTS) + 2)]


async def test_no_cell_of_a_csv_begins_like_a_formula() -> None:
    body = (await a_csv(HURTS[:9], [[text] for text in HURTS])).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(body, newline=""), delimiter=";") for cell in row]
    assert len(cells) > len(HURTS)
    assert [cell for cell in cells if cell.lstrip().startswith(STARTS) or cell.startswith(("\t", "\r"))] == []


async def test_no_cell_of_a_workbook_is_a_formula_and_what_looks_like_one_stays_text_when_touched() -> None:
    book = await an_xlsx(["Un"], [[text] for text in HURTS])
    sheet, styles = etree.fromstring(inside(book)), etree.fromstring(inside(book, "xl/styles.xml"))
    assert [*sheet.iter(f"{MAIN}f")] == []
    assert b"<hyperlink" not in inside(book)
    quoting = {n for n, xf in enumerate(styles.find(f"{MAIN}cellXfs")) if xf.get("quotePrefix") == "1"}
    plain = {"".join(cell.itertext()) for cell in sheet.iter(f"{MAIN}c") if int(cell.get("s", "0")) not in quoting}
    assert [text for text in plain if text.startswith(STARTS)] == []


async def test_workbook_has_real_moments_numbers_and_headings_that_stay() -> None:
    rows: list[list[Cell]] = [["Kervadec", datetime(2026, 7, 8, 14, 30, tzinfo=UTC), 7, None, ""]]
    book = await an_xlsx(["Nom", "Reçue", "Nombre", "Rien", "Vide"], rows)
    sheet = etree.fromstring(inside(book))
    kinds = {cell.get("r", ""): cell.get("t", "n") for cell in sheet.iter(f"{MAIN}c")}
    assert {place: kind for place, kind in kinds.items() if "2" in place} == {"A2": "inlineStr", "B2": "n", "C2": "n"}
    (pane,) = sheet.iter(f"{MAIN}pane")
    assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")
    assert (await tables.read(book, 9)).lines[0].cells == ("Kervadec", "2026-07-08 14:30:00", "7", "", "")
    assert b"2026-07-08 14:30" in await a_csv(["Nom", "Reçue", "Nombre", "Rien", "Vide"], rows)


@pytest.mark.parametrize("between", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
async def test_what_spreadsheets_write_is_read(between: str, encoding: str) -> None:
    text = f'Prénom{between}Structure\r\n"Élise ""Lou"" Œuvré"{between}"Pau{between} Béarn"\r\n\r\nÎla{between}Côte\r\n'
    read = await tables.read(text.encode(encoding), 5)
    lines = (Line(2, ('Élise "Lou" Œuvré', f"Pau{between} Béarn")), Line(4, ("Îla", "Côte")))
    assert read == Table(("Prénom", "Structure"), lines)


async def test_line_that_names_its_separator_is_believed() -> None:
    assert (await tables.read(b"sep=|\nA;B|C\n1;2|3\n", 5)).lines == (Line(2, ("1;2", "3")),)


async def test_cells_of_a_workbook_are_read_as_people_see_them() -> None:
    book = await an_xlsx(["A"], [["x"]])
    cells = text_cell("A2", "x") + '<c r="B2"><v>93048</v></c><c r="C2"><v>1.5</v></c><c r="D2" t="b"><v>1</v></c>'
    cells += '<c r="E2" t="str"><f>A1&amp;"!"</f><v>said</v></c><c r="F2" t="e"><v>#N/A</v></c>'
    changed = with_sheet(book, f'<row r="1">{text_cell("A1", "A")}</row><row r="2">{cells}</row>')
    assert (await tables.read(changed, 5)).lines[0].cells == ("x", "93048", "1.5", "true", "said", "")


REFUSED = {
    "nothing": (b"", tables.EmptyTable),
    "headings only": (b"Nom;Pays\n;\n", tables.EmptyTable),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", tables.NotATable),
    "an old workbook, or one with a password": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), tables.LockedTable),
    "a broken workbook": (b"PK\x03\x04" + bytes(600), tables.NotATable),
    "an open quote": (b'Nom;Pays\n"Ker;FR\nLe;FR\n', tables.OpenQuote),
    "too many lines": (b"Nom\n" + b"x\n" * 11, tables.TooManyLines),
    "too many columns": (b";".join([b"x"] * 101) + b"\ny\n", tables.TooManyLines),
    "too many bytes": (b"Nom\n" + b"x" * tables.BYTES, tables.TableTooLarge),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_no_table_is_refused(what: str) -> None:
    content, refusal = REFUSED[what]
    with pytest.raises(refusal):
        await tables.read(content, 10)


async def test_open_quote_says_on_which_line() -> None:
    with pytest.raises(tables.OpenQuote) as refused:
        await tables.read(b'Nom;Pays\nLe;FR\n"Ker"dec;FR\n', 10)
    assert refused.value.params == {"line": 3}


async def test_another_archive_is_no_table() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("a.txt", "Nom")
    with pytest.raises(tables.NotATable):
        await tables.read(file.getvalue(), 10)


async def overblown(kind: str) -> bytes:
    """A small file that becomes a large one: it says so, it lies about it, or one cell stands very far away."""
    book = await an_xlsx(["A"], [["x"]])
    if kind == "far":
        return with_sheet(
            book, f'<row r="1">{text_cell("A1", "A")}</row><row r="2">{text_cell("XFD1048576", "x")}</row>'
        )
    filled = with_sheet(book, f'<row r="1">{text_cell("A1", " " * (tables.UNPACKED * 5))}</row>')
    if kind == "honest":
        return filled
    real = zipfile.ZipFile(io.BytesIO(filled)).getinfo("xl/worksheets/sheet1.xml").file_size
    return filled.replace(real.to_bytes(4, "little"), (500).to_bytes(4, "little"))


@pytest.mark.parametrize("kind", ["honest", "lying", "far"])
async def test_file_that_unpacks_to_more_than_we_hold_is_refused_and_hurts_nobody(kind: str) -> None:
    content = await overblown(kind)
    assert len(content) < 1_000_000
    began = time.monotonic()
    with pytest.raises((tables.OverblownTable, tables.NotATable, tables.EmptyTable)):
        await tables.read(content, 10)
    assert time.monotonic() - began < tables.PATIENCE


async def test_one_text_named_by_very_many_cells_is_refused() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        for number in range(20_000):
            sheet.write_string(*divmod(number, 10), "x" * 30_000)

    content = by_hand(fill)
    assert len(content) < 1_000_000
    with pytest.raises(tables.OverblownTable):
        await tables.read(content, 5000)


async def test_first_sheet_that_shows_something_is_read_and_the_others_are_counted() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        for name, texts in {"Caché": "AB", "Vide": "", "Lue": "CD", "Autre": "EF"}.items():
            sheet = book.add_worksheet(name)
            sheet.write_column(0, 0, [*texts])
            if name == "Caché":
                sheet.hide()
            if name == "Lue":
                sheet.activate()

    assert await tables.read(by_hand(fill), 5) == Table(("C",), (Line(2, ("D",)),), "Lue", 1)


async def test_no_entity_of_a_workbook_is_resolved() -> None:
    sheet = f'<row r="1">{text_cell("A1", "A")}</row><row r="2">{text_cell("A2", "&b;")}</row>'
    content = with_sheet(await an_xlsx(["A"], [["x"]]), sheet, '<!DOCTYPE worksheet [<!ENTITY b "boom">]>')
    with pytest.raises((tables.NotATable, tables.EmptyTable)):
        await tables.read(content, 5)


def by_hand(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    """A workbook that another program could have written."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        fill(book)
    return made.getvalue()


async def test_open_document_is_read_too() -> None:
    def row(*texts: str) -> str:
        cells = (
            f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in texts
        )
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    sheet = f'<table:table table:name="Liste">{row("Nom", "Pays")}{row("Éluard", "=1+1")}</table:table>'
    inner = f"<office:body><office:spreadsheet>{sheet}</office:spreadsheet></office:body>"
    body = f"<office:document-content{spaces}>{inner}</office:document-content>"
    kind, manifest = (
        "application/vnd.oasis.opendocument.spreadsheet",
        "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0",
    )
    entry = f'<m:file-entry m:full-path="/" m:media-type="{kind}"/>'
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("mimetype", kind)
        packed.writestr("content.xml", body)
        packed.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{manifest}">{entry}</m:manifest>')
    assert await tables.read(made.getvalue(), 5) == Table(("Nom", "Pays"), (Line(2, ("Éluard", "=1+1")),), "Liste", 0)
