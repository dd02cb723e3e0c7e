"""Three languages through gettext catalogues: French is the source, English and Spanish are read from `.po` files."""

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES = ("fr", "en", "es")
SOURCE = "fr"

_Entry = str | tuple[str, ...]
_messages: dict[str, dict[str, _Entry]] = {"en": {}, "es": {}}


def N_(msgid: str) -> str:  # noqa: N802 - gettext's own name, which extraction looks for
    """Mark a French text that is translated later, where it is shown."""
    return msgid


@cache
def add(folder: Path) -> None:
    """Read `en.po` and `es.po` of a folder, once. A service adds its own beside those of `shared`."""
    for lang, messages in _messages.items():
        source = folder / f"{lang}.po"
        if source.exists():
            messages.update(read(source))


def read(source: Path) -> dict[str, _Entry]:
    """One catalogue: French text → translation, or its singular and plural. Fuzzy entries do not count."""
    with source.open("rb") as stream:
        catalogue = read_po(stream)
    found: dict[str, _Entry] = {}
    for entry in catalogue:
        if entry.id and not entry.fuzzy and entry.string and all(entry.string):
            key = entry.id if isinstance(entry.id, str) else entry.id[0]
            found[key] = entry.string if isinstance(entry.string, str) else tuple(entry.string)
    return found


def gettext(lang: str, msgid: str) -> str:
    """The text in this language, or the French one."""
    found = _messages[lang].get(msgid, msgid) if lang in _messages else msgid
    return found if isinstance(found, str) else found[0]


def ngettext(lang: str, singular: str, plural: str, n: int) -> str:
    """The form that fits `n`: in French, 0 and 1 are singular."""
    form = 0 if (n < 2 if lang == SOURCE else n == 1) else 1
    found = _messages.get(lang, {}).get(singular, (singular, plural))
    return found if isinstance(found, str) else found[min(form, len(found) - 1)]


def translate(lang: str, msgid: str, /, **params: object) -> str:
    """The text in this language with its `%(name)s` placeholders filled; a literal percent sign is `%%`."""
    return gettext(lang, msgid) % params


add(Path(__file__).parent)
