"""Tables for spreadsheets, written and read in one way: CSV and XLSX go out; CSV, XLSX and ODS come in.

No text that we write is ever taken for a formula, and what we wrote reads back as it was: a text that begins like a
formula stands behind an apostrophe, and one that begins with apostrophes before such a sign gets one more. Reading
takes one off again. A cell of a workbook is marked as text besides, and needs no apostrophe.
"""

from shared.tables.formulas import as_typed
from shared.tables.reading import (
    BYTES,
    PATIENCE,
    UNPACKED,
    EmptyTable,
    Line,
    LockedTable,
    NotATable,
    OpenQuote,
    OverblownTable,
    Table,
    TableTooLarge,
    TooManyLines,
    read,
)
from shared.tables.writing import (
    CSV_TYPE,
    XLSX_TYPE,
    Cell,
    Column,
    Rows,
    as_csv,
    as_xlsx,
    csv_file,
    separator,
)

__all__ = [
    "BYTES",
    "CSV_TYPE",
    "PATIENCE",
    "UNPACKED",
    "XLSX_TYPE",
    "Cell",
    "Column",
    "EmptyTable",
    "Line",
    "LockedTable",
    "NotATable",
    "OpenQuote",
    "OverblownTable",
    "Rows",
    "Table",
    "TableTooLarge",
    "TooManyLines",
    "as_csv",
    "as_typed",
    "as_xlsx",
    "csv_file",
    "read",
    "separator",
]
