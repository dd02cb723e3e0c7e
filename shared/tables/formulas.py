"""No text that we write is taken for a formula, and what we wrote reads back as it was."""

import re

FORMULA = re.compile(r"\A(?:['\s]*[=+\-@＝＋－＠]|'*[\t\r\n])")
"""What makes a spreadsheet calculate, the wide signs of a Japanese one too; behind blanks, or apostrophes."""


def harmless(text: str) -> str:
    """The text as a CSV says it."""
    return f"'{text}" if FORMULA.match(text) else text


def as_typed(text: str) -> str:
    """The text as it was before `harmless`."""
    return text[1:] if text.startswith("'") and FORMULA.match(text[1:]) else text
