"""Finds French where a reader asked for English or Spanish: untranslated sources, and words that never were one.

What is known in one language alone is marked with it (`lang="fr"`), and left out; so is what people typed about
themselves (`<bdi>`), in whatever language that is.
"""

import re
from functools import cache

from playwright.sync_api import Page

from shared import i18n
from shared.i18n import extraction

_PLACEHOLDER = re.compile(r"%\(\w+\)s")
_FRENCH = re.compile(r"\b(?:les|des|vous|votre|vos|est|une|pour|dans|cette|aucune?|pas|ne|sont|leur|avec)\b")
_COLLECT = """() => {
    const said = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const inside = walker.currentNode.parentElement.closest("[lang]");
        const skipped = walker.currentNode.parentElement.closest("script, style, textarea, pre, bdi");
        if (inside.lang === document.documentElement.lang && !skipped) said.push(walker.currentNode.data);
    }
    for (const e of document.querySelectorAll("[aria-label], [placeholder], [alt], [title]")) {
        if (e.closest("[lang]").lang !== document.documentElement.lang) continue;
        for (const name of ["aria-label", "placeholder", "alt", "title"]) said.push(e.getAttribute(name) || "");
    }
    return said;
}"""


def left_in_french(page: Page, lang: str) -> list[str]:
    """Texts of the page that are French although it says to be in `lang`; on a French page there are none."""
    if lang == i18n.SOURCE:
        return []
    texts = {re.sub(r"[ \n]+", " ", text).strip() for text in page.evaluate(_COLLECT)}
    return sorted(text for text in texts if text and french(text, lang))


@cache
def french(text: str, lang: str) -> bool:
    """Whether a text is one of our French sources, or reads like French."""
    plain, patterns = _sources(lang)
    return text in plain or any(pattern.fullmatch(text) for pattern in patterns) or len(_FRENCH.findall(text)) > 1


@cache
def _sources(lang: str) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """French sources that read otherwise in `lang`: as they are, and those with placeholders as patterns."""
    plain, patterns = set(), []
    for package in extraction.packages():
        own = package / "i18n" / f"{lang}.po"
        known = i18n.read(extraction.ROOT / "shared/i18n" / f"{lang}.po") | (i18n.read(own) if own.exists() else {})
        for message in extraction.messages(package).values():
            translations = known.get(message.msgid, ())
            for source in filter(None, (message.msgid, message.plural)):
                if source in (translations if isinstance(translations, tuple) else (translations,)):
                    continue
                words = _PLACEHOLDER.split(source)
                if len(words) == 1:
                    plain.add(source)
                elif sum(letter.isalpha() for letter in "".join(words)) > 3:
                    patterns.append(re.compile(".+".join(map(re.escape, words))))
    everywhere = {text for entry in _all(lang) for text in (entry if isinstance(entry, tuple) else (entry,))}
    return frozenset(plain - everywhere), tuple(patterns)


def _all(lang: str) -> list[str | tuple[str, ...]]:
    """Every translation: what is French here may be a word of `lang` there (`Badge`, `Session`)."""
    files = [package / "i18n" / f"{lang}.po" for package in extraction.packages()]
    return [entry for file in files if file.exists() for entry in i18n.read(file).values()]
