"""What people may type anywhere: text that is shown as it is kept. Checked where it is written, never where it is read.

Every script passes, with its accents, joiners, marks of direction and no-break spaces. What does not: signs that nobody
sees and that hide words or turn them around, and what Unicode says is no character.
"""

import re
import unicodedata

from shared.errors import Refusal

_MISLEADING = re.compile(
    "[\u200b\u2028\u2029"  # zero-width space, separators
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates: they turn the text around them
    "\u2060-\u2064\u206a-\u206f\ufeff"  # word joiner, invisible operators, deprecated formats, byte order mark
    "\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # annotations; controls of shorthand and of music
    "\U000e0000-\U000e007f]"  # tags: an alphabet that is not drawn
)
_UNDRAWN = re.compile("[\u00ad\u034f\u061c\u180b-\u180f\u200c-\u200f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""What may stand in a word and is not seen: soft hyphens, joiners, marks of direction, variants of a sign."""
_FLAGS = re.compile("\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|"
                    "\U000e0077\U000e006c\U000e0073)\U000e007f")  # fmt: skip
"""England, Scotland and Wales: the only signs that are drawn and made of tags."""
_NO_TEXT = frozenset({"Cc", "Cs", "Cn"})
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers of Korean and Braille: letters and signs to Unicode, nothing to the eye."""
_LINE_END = re.compile("\r\n?")


class Unshowable(Refusal):
    """A text holds a sign that nobody would see; `sign` is its number."""

    code = "unshowable"
    status = 422
    text = "Ce texte contient un signe invisible (%(sign)s). Retapez-le au clavier."


class LineBreak(Refusal):
    """A text of one line has several."""

    code = "line-break"
    status = 422
    text = "Ce texte tient sur une seule ligne : retirez les retours à la ligne."


class TooLong(Refusal):
    """A text has more signs than its field."""

    code = "too-long"
    status = 422
    text = "%(most)s signes au plus, il y en a %(count)s."


def tidy(typed: str) -> str:
    """The text as it is kept: composed (NFC), lines ended as ours, nothing around."""
    return unicodedata.normalize("NFC", _LINE_END.sub("\n", typed)).strip()


def one_line(typed: str) -> str:
    """The same on one line: a line break or a tab is a blank."""
    return tidy(typed).replace("\n", " ").replace("\t", " ")


def fault(said: str, most: int, *, lines: bool = False) -> Refusal | None:
    """What is wrong with a tidy text, if anything. With `lines` it may have several, and tabs."""
    if not lines and "\n" in said:
        return LineBreak()
    if sign := unshowable(said, lines=lines):
        return Unshowable(sign=sign)
    return TooLong(most=most, count=len(said)) if len(said) > most else None


def checked(typed: str, most: int, field: str) -> str:
    """The text of one line as it is kept. What is wrong with it is raised, and belongs to `field`."""
    said = tidy(typed)
    if found := fault(said, most):
        found.field = field
        raise found
    return said


def unshowable(said: str, *, lines: bool = False) -> str | None:
    """The number of the first sign that may not be there, as `U+202E`."""
    if said.isprintable():  # true of nearly everything people write
        return None
    for sign in _FLAGS.sub("", said):
        if _MISLEADING.match(sign) or (unicodedata.category(sign) in _NO_TEXT and not (lines and sign in "\n\t")):
            return f"U+{ord(sign):04X}"
    return None


def drawn(said: str) -> str:
    """The text without the signs that may be there and are not seen: as somebody who reads it would look for it."""
    return said if said.isascii() else _UNDRAWN.sub("", said)


def is_visible(said: str) -> bool:
    """Whether there is anything to see: not only blanks, joiners and marks without a letter to stand on."""
    return any(unicodedata.category(sign)[0] in "LNPS" and sign not in _BLANK for sign in said)
