"""Reads one workbook from stdin and writes its cells to stdout as JSON: a program of its own, with limits of its own.

A workbook of 5 MB can name a cell in column XFD of its millionth row, or unpack to gigabytes: whoever reads it then
dies, and nobody else does. Run by its path with nothing of ours around it (`shared.tables` does). Formulas are never
calculated: a cell is the value that its program saved with it.
"""

import io
import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

MEMORY = 320 * 1024**2
"""Bytes of address space: an empty reader has 60 MB, 5,000 lines of 100 columns take 130 MB."""
SECONDS = 10
"""Of processor time; 5,000 lines of 20 columns take half of one."""
CELLS = 1_000_000
"""From the first to the last that is filled; 5,000 lines of 100 columns are half of it."""
CHARACTERS = 8_000_000
"""In all cells together: one text may be named by many of them."""


def cells(workbook: CalamineWorkbook, most: int) -> dict[str, Any]:
    """The first sheet that shows anything, up to `most` filled rows; with its name, and how many others do."""
    shown = [workbook.get_sheet_by_name(name) for name in _visible(workbook)]
    filled = [sheet for sheet in shown if sheet.height]
    if not filled:
        return {"sheet": "", "others": 0, "rows": []}
    first = filled[0]
    return {"sheet": first.name, "others": len(filled) - 1, "rows": [*islice(_rows(first), most)]}


def _visible(workbook: CalamineWorkbook) -> Iterator[str]:
    for sheet in workbook.sheets_metadata:
        if str(sheet.visible).endswith("Visible") and str(sheet.typ).endswith("WorkSheet"):
            yield sheet.name


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Filled rows with the number that a spreadsheet shows before each."""
    characters = 0
    if sheet.total_height * sheet.total_width > CELLS:
        raise MemoryError
    for number, row in enumerate(sheet.to_python(skip_empty_area=False), 1):
        said = [text(value) for value in row]
        characters += sum(map(len, said))
        if characters > CHARACTERS:
            raise MemoryError
        if any(said):
            yield number, said


def text(value: object) -> str:
    """A cell as people read it: 93048.0 is 93048, a day is an ISO date."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, str | int | float | timedelta) else ""


def main() -> str:
    """Everything read, or the word for why it cannot be."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())) as workbook:
            return json.dumps(cells(workbook, int(sys.argv[1])))
    except PasswordError:
        return json.dumps({"refused": "locked"})
    except CalamineError:
        return json.dumps({"refused": "unreadable"})
    except MemoryError:
        return json.dumps({"refused": "overblown"})


if __name__ == "__main__":
    sys.stdout.write(main())
