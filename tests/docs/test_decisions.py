"""Decision records: numbered as their files, listed once, each with what would reopen it; dependencies all told."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/decisions"
RECORDS = sorted(FOLDER.glob("0*.md"))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_record_has_its_number_and_says_what_would_reopen_it(record: Path) -> None:
    text = record.read_text()

    assert text.startswith(f"# {int(record.stem[:4])}. ")
    assert re.search(r"reopen", text, re.IGNORECASE)


def test_list_has_every_record_under_its_own_title() -> None:
    listed = re.findall(r"^  - \[(.+)\]\((.+)\)$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    titles = {(record.read_text().splitlines()[0].removeprefix("# "), record.name) for record in RECORDS}

    assert len(listed) == len(RECORDS)
    assert set(listed) == titles


def test_every_dependency_is_in_the_table() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    package = json.loads((ROOT / "package.json").read_text())
    names = [re.split(r"[\[<>=~! ]", one)[0] for one in wanted] + [
        *package["dependencies"],
        *package["devDependencies"],
    ]
    table = (FOLDER / "0002-dependencies.md").read_text()
    told = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE) for name in row.split(",")}

    assert [name for name in names if name not in told and name.removeprefix("@expo-google-fonts/") not in told] == []
