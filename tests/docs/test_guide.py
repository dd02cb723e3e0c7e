"""The team's guide says what the pages say: its words in bold, its quotations, its addresses, its pictures."""

import re
from functools import cache
from pathlib import Path

import pytest

from shared.i18n import extraction

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/guide"
PAGES = sorted(GUIDE.glob("*.md"))
SPEAKING = {
    "1-connexion-et-comptes": {"programme"},
    "2-preparer-l-edition": {"registration", "programme"},
    "3-programme": {"programme", "notifications"},
    "4-inscriptions": {"registration"},
    "5-messages": {"notifications"},
    "6-badges": {"badges"},
    "7-accueil": {"badges", "registration"},
}
"""The services whose pages a page of the guide speaks of; the others speak of all."""
PICTURES = sorted((GUIDE / "pictures").glob("*.png"))
_PLACEHOLDER = re.compile(r"%\\\((\w+)\\\)s")
_PICTURE = re.compile(r'!\[(?P<alt>[^\]]*)\]\((?P<file>[^)]+)\)|<img src="(?P<src>[^"]+)"[^>]* alt="(?P<words>[^"]*)">')


def _plain(text: str) -> str:
    """With ordinary spaces in place of those that do not break."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", text).strip()


@cache
def _messages(package: Path) -> list[extraction.Message]:
    return [*extraction.messages(package).values()]


@cache
def _shown(page: str) -> re.Pattern[str]:
    """Every French text of the services that a page is about, and each sentence; what is filled in may be anything."""
    named = SPEAKING.get(page)
    packages = [one for one in extraction.packages() if named is None or one.name in {*named, "shared"}]
    entries = [message for package in packages for message in _messages(package)]
    texts = {_plain(text.replace("%%", "%")) for one in entries for text in (one.msgid, one.plural) if text}
    away = re.findall(r">([^<>]+)<", (ROOT / "deploy/pages/away.html").read_text())
    texts |= {_plain(text) for text in away}
    sentences = {sentence for text in texts for sentence in re.split(r"(?<=[.!?]) ", text)}
    forms = [_PLACEHOLDER.sub(r"[\\w ]{1,30}", re.escape(text)) for text in texts | sentences if _says_enough(text)]
    return re.compile("|".join(sorted(forms)))


def _says_enough(text: str) -> bool:
    """Not only a day and an hour, which any sentence would be an example of."""
    bare = re.sub(r"%\(\w+\)s", "", text)
    return bool(text) and (bare == text or len(re.findall(r"\w", bare)) > 6)


def _unknown(page: str, words: list[str]) -> list[str]:
    return [one for one in words if not _shown(page).fullmatch(_plain(one))]


def test_guide_has_a_page_for_each_errand_and_lists_them_all() -> None:
    listed = re.findall(r"\]\((\d-[\w-]+\.md)\)", (GUIDE / "README.md").read_text())

    assert len(PAGES) > 9
    assert listed == [page.name for page in PAGES if page.name != "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_words_in_bold_are_those_of_the_pages(page: Path) -> None:
    assert _unknown(page.stem, re.findall(r"\*\*(.+?)\*\*", page.read_text(), re.DOTALL)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_quotations_are_sentences_of_the_pages(page: Path) -> None:
    assert _unknown(page.stem, re.findall(r"«\s(.+?)\s»", page.read_text(), re.DOTALL)) == []


def test_words_that_no_page_says_are_noticed() -> None:
    said = ["Publier la version 2", "Enregistrer les réglages", "Réglages enregistrés."]
    never_said = ["Publier la version", "Enregistrer les quotas", "Mardi à 15 heures"]

    assert _unknown("README", said + never_said) == never_said
    assert _unknown("3-programme", said) == said[1:], "another service says them"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_addresses_are_those_of_the_product(page: Path) -> None:
    product = "".join(file.read_text() for file in (ROOT / "services").rglob("*.html"))
    product += "".join(file.read_text() for folder in ("shared", "services") for file in (ROOT / folder).rglob("*.py"))
    named = re.findall(r"`(/[\w/-]+)`", page.read_text())

    assert [path for path in named if f'"{path}"' not in product] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_french_signs_never_stand_alone_on_a_line(page: Path) -> None:
    prose = re.sub(r"`[^`]*`|\]\([^)]*\)|<img[^>]*>|^\|[-|]+\|$", "", page.read_text(), flags=re.MULTILINE)

    assert re.findall(r".{0,20}[ \n](?:[:;?»]|!(?!\[)).{0,10}|«[ \n].{0,20}", prose) == []


def test_every_picture_is_there_is_told_in_words_and_is_small() -> None:
    shown = [match for page in PAGES for match in _PICTURE.finditer(page.read_text())]
    files = [GUIDE / (match["file"] or match["src"]) for match in shown]

    assert {file for file in files if not file.exists()} == set()
    assert [match.group() for match in shown if len(match["alt"] or match["words"]) < 20] == []
    assert set(PICTURES) == set(files), "a picture that no page shows"
    assert [file.name for file in PICTURES if file.stat().st_size > 150_000] == []
    assert sum(file.stat().st_size for file in PICTURES) < 2_500_000
