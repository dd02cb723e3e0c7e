"""Tables that come in, whatever the file is called: CSV, XLSX and ODS."""

import asyncio
import csv
import itertools
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from shared.errors import Refusal
from shared.i18n import N_
from shared.tables.formulas import as_typed

BYTES = 5_000_000
"""Of a file that comes in."""
UNPACKED = 64_000_000
"""Bytes of everything inside a workbook: 5,000 lines of 50 columns are 20 MB."""
COLUMNS = 100
PATIENCE = 20.0
"""Seconds for reading a workbook."""

_READER = Path(__file__).parents[1] / "spreadsheets.py"


class TableTooLarge(Refusal):
    """More bytes than anybody types."""

    code = "table-too-large"
    status = 413
    text = N_("Ce fichier est trop lourd : 5 Mo au plus.")


class TooManyLines(Refusal):
    """More lines, or columns, than are taken at once. `most` is how many lines are."""

    code = "too-many-lines"
    status = 422
    text = N_("Ce tableau a plus de %(most)s lignes ou de 100 colonnes. Partagez-le en plusieurs fichiers.")


class NotATable(Refusal):
    """Neither a text with separators nor a workbook."""

    code = "not-a-table"
    status = 422
    text = N_("Ce fichier n’est ni un CSV, ni un classeur .xlsx ou .ods. Enregistrez-le sous l’un de ces formats.")


class LockedTable(Refusal):
    """A workbook behind a password, or of before 2007, which looks the same from outside."""

    code = "locked-table"
    status = 422
    text = N_(
        "Ce classeur a un mot de passe, ou est d’un ancien format (.xls). Enregistrez-le en .xlsx, sans mot de passe."
    )


class OverblownTable(Refusal):
    """A workbook that unpacks to far more than its lines need."""

    code = "overblown-table"
    status = 422
    text = N_("Ce classeur contient beaucoup plus que des lignes. Copiez celles-ci dans un classeur neuf.")


class EmptyTable(Refusal):
    """No line below the headings."""

    code = "empty-table"
    status = 422
    text = N_("Ce tableau n’a aucune ligne sous ses en-têtes.")


class OpenQuote(Refusal):
    """A quotation mark in a CSV without its other half. `line` is where reading stopped."""

    code = "open-quote"
    status = 422
    text = N_("Ligne %(line)s : un guillemet n’est pas fermé, ou est suivi d’autre chose qu’un séparateur.")


_REFUSED = {"locked": LockedTable, "unreadable": NotATable, "overblown": OverblownTable}
"""What the reader says of a workbook that it cannot read."""


@dataclass(frozen=True)
class Line:
    """A line that came in. `number` is what a spreadsheet shows before it."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """What came in. `sheet` is the one read, `others` how many more are filled; a CSV has neither."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    sheet: str = ""
    others: int = 0


async def read(content: bytes, most: int) -> Table:
    """The table in this file, whatever it is called: up to `most` lines. Raises one of the refusals above."""
    if len(content) > BYTES:
        raise TableTooLarge
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise LockedTable
    if content.startswith(b"PK\x03\x04"):
        found = await _workbook(content, most)
        return _table(found["rows"], most, found["sheet"], found["others"])
    return await asyncio.to_thread(lambda: _table(_records(_decoded(content)), most))


def _table(rows: Iterable[tuple[int, Sequence[str]]], most: int, sheet: str = "", others: int = 0) -> Table:
    """The first line that says anything are the headings; empty ones count where they stand, and are left out."""
    filled: list[Line] = []
    for number, row in rows:
        if any(cell.strip() for cell in row):
            filled.append(Line(number, tuple(as_typed(cell) for cell in row)))
        if len(filled) > most + 1:
            raise TooManyLines(most=most)
    if len(filled) < 2:
        raise EmptyTable
    headings = [heading.strip() for heading in filled[0].cells]
    while headings and not headings[-1]:
        headings.pop()
    if len(headings) > COLUMNS:
        raise TooManyLines(most=most)
    return Table(tuple(headings), tuple(filled[1:]), sheet, others)


async def _workbook(content: bytes, most: int) -> dict[str, Any]:
    _check_unpacked(content)
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-I", str(_READER), str(most + 2))
    child = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env={}
    )
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await child.communicate(content)
    except TimeoutError:
        raise OverblownTable from None
    finally:
        with suppress(ProcessLookupError):
            child.kill()
    if child.returncode:
        raise OverblownTable
    found: dict[str, Any] = json.loads(said)
    if "refused" in found:
        raise _REFUSED[found["refused"]]
    return found


def _check_unpacked(content: bytes) -> None:
    """Refuse what says itself that it is too large; what says nothing meets the reader's own limits."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            sizes = [one.file_size for one in packed.infolist()]
    except (zipfile.BadZipFile, ValueError, OSError):
        raise NotATable from None
    if len(sizes) > 1000 or sum(sizes) > UNPACKED:
        raise OverblownTable


def _decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 where it says so or can be; else what a French Excel writes, Windows-1252."""
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if "\x00" not in text:
                return text
    raise NotATable


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    between, text = _separator_of(text)
    reader = csv.reader(StringIO(text, newline=""), delimiter=between, strict=True)
    for number in itertools.count(1):
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise OpenQuote(line=number) from None


def _separator_of(text: str) -> tuple[str, str]:
    """Which sign stands between the columns: the one that says so, or the most frequent of the first line."""
    first, _, rest = text.partition("\n")
    if said := re.fullmatch(r"sep=([;,|\t])\r?", first):
        return said[1], rest
    bare = re.sub(r'"[^"]*"', "", first)
    return max(";,\t", key=bare.count), text
