"""Names as they are looked for: without accents, ligatures, capitals or punctuation."""

import re
import unicodedata

from shared.text import drawn

_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŋ": "n"}
)
"""Letters that Unicode does not take apart."""


def words(text: str) -> list[str]:
    """The words of a text as they are compared: `Kervadec-Diallo, Cœur d’Ostrevent` is five."""
    spread = unicodedata.normalize("NFKD", drawn(text).casefold().translate(_LETTERS))
    bare = "".join(sign for sign in spread if not unicodedata.combining(sign))
    return re.findall(r"[^\W_]+", bare)


def place(given_name: str, family_name: str) -> str:
    """Where a person stands in a list: by family name, then by given name."""
    return " ".join([*words(family_name), ",", *words(given_name)])
