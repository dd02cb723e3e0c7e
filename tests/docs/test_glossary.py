"""The glossary's words are those of the code."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.split("|")[1:4]]
    for line in (ROOT / "docs/glossary.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| in code")
]
WORDS = [row for row in ROWS if row[0][0].isupper()]


def _snake(word: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower()


def test_every_word_of_the_code_is_in_the_code() -> None:
    files = [file for folder in ("shared", "services", "deploy") for file in (ROOT / folder).rglob("*.py")]
    code = "\n".join(file.read_text() for file in files)

    lost = [word for word, *_ in WORDS for one in word.split(", ") if not re.search(rf"\b{one}\b|{_snake(one)}", code)]
    assert len(WORDS) > 40
    assert lost == []
