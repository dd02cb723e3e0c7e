"""Tables that go out, piece by piece: CSV and XLSX."""

import asyncio
import csv
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from tempfile import TemporaryFile
from typing import IO

import xlsxwriter

from shared.tables.formulas import FORMULA, harmless

Cell = str | int | datetime | None
"""What we write. A moment is written as its clock shows it: convert it to the reader's zone before."""
Rows = Sequence[Sequence[Cell]]

CSV_TYPE = "text/csv; charset=utf-8; header=present"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_SEPARATORS = {"fr": ";", "en": ",", "es": ";"}
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Column:
    """A column that goes out: its heading, and its width in a workbook, in characters."""

    heading: str
    width: int = 18


def separator(lang: str) -> str:
    """Where a comma marks the decimals, spreadsheets want a semicolon between the columns."""
    return _SEPARATORS.get(lang, ",")


def csv_text(rows: Iterable[Sequence[Cell]], between: str) -> str:
    """Lines of a CSV, without the mark that a file begins with."""
    file = StringIO()
    csv.writer(file, delimiter=between).writerows([_said(cell) for cell in row] for row in rows)
    return file.getvalue()


def csv_file(rows: Iterable[Sequence[Cell]], between: str) -> bytes:
    """A whole CSV, with the UTF-8 mark without which Excel takes it for something else."""
    return _MARK + csv_text(rows, between).encode()


def _said(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return harmless(cell)
    return cell.strftime("%Y-%m-%d %H:%M") if isinstance(cell, datetime) else cell


async def as_csv(columns: Sequence[Column], rows: AsyncIterable[Rows], between: str) -> AsyncIterator[bytes]:
    """The same piece by piece."""
    yield csv_file([[one.heading for one in columns]], between)
    async for some in rows:
        yield csv_text(some, between).encode()


async def as_xlsx(sheet: str, columns: Sequence[Column], rows: AsyncIterable[Rows]) -> AsyncIterator[bytes]:
    """A workbook of one sheet. Its rows wait on the disk, not in memory; its first byte comes after its last row."""
    with TemporaryFile() as file:
        book = _Book(file, sheet, columns)
        async for some in rows:
            await asyncio.to_thread(book.add, some)
        await asyncio.to_thread(book.close)
        file.seek(0)
        while piece := file.read(64 * 1024):
            yield piece


class _Book:
    """A workbook under way: headings that stay in sight, real dates, and texts that are nothing but texts."""

    def __init__(self, file: IO[bytes], sheet: str, columns: Sequence[Column]) -> None:
        self._book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"})
        self._sheet = self._book.add_worksheet(sheet[:31])
        self._quoted = self._book.add_format({"quote_prefix": True})
        self._columns = len(columns)
        self._rows = 0
        heading = self._book.add_format({"bold": True, "bottom": 1})
        for index, one in enumerate(columns):
            self._sheet.set_column(index, index, one.width)
            self._sheet.write_string(0, index, one.heading, heading)
        self._sheet.freeze_panes(1, 0)
        self._sheet.ignore_errors({"number_stored_as_text": "A1:CV1048576"})

    def add(self, rows: Rows) -> None:
        """Write these rows below the others."""
        for row in rows:
            self._rows += 1
            for index, cell in enumerate(row):
                self._write(self._rows, index, cell)

    def _write(self, row: int, index: int, cell: Cell) -> None:
        if isinstance(cell, datetime):
            self._sheet.write_datetime(row, index, cell.replace(tzinfo=None))
        elif isinstance(cell, int):
            self._sheet.write_number(row, index, cell)
        elif cell and FORMULA.match(cell):
            self._sheet.write_string(row, index, f"'{cell}" if cell.startswith("'") else cell, self._quoted)
        elif cell:
            self._sheet.write_string(row, index, cell)

    def close(self) -> None:
        """Put the file together."""
        self._sheet.autofilter(0, 0, self._rows, self._columns - 1)
        self._book.close()
