"""`make accessibility`: carry out the checks and write down what came of them, for the page /accessibilite.

The pages looked at are those of `tests/journeys/addresses.py`; a test refuses results older than that list.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from lxml import etree

from services.programme.web.statement import RESULTS
from tests.journeys.addresses import visited_pages
from tests.journeys.browsing import ROOT, chromium

JOURNEYS, BADGES = "tests/journeys/", "tests/badges/"
LOOKS = {
    "pages": (JOURNEYS + "test_pages.py",),
    "states": (JOURNEYS + "test_states.py",),
    "keyboard": (JOURNEYS + "test_keyboard.py",),
    "spoken": (JOURNEYS + "test_spoken.py",),
    "colours": (JOURNEYS + "test_own_colours.py",),
    "pdf": (
        BADGES + "test_rendering.py::test_pdf_fits_in_its_fact_and_a_validator_finds_it_accessible",
        BADGES + "test_printing.py::test_paper_is_accessible",
    ),
}
"""Where each kind of check is, by the names the page has words for."""


def results(report: Path) -> dict[str, dict[str, Any]]:
    """How many tests of each kind a report of pytest has, and the names of those that failed."""
    looks: dict[str, dict[str, Any]] = {name: {"done": 0, "failed": []} for name in LOOKS}
    for case in etree.parse(report).iter("testcase"):
        named = f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}"
        look = looks[next(name for name, places in LOOKS.items() if named.startswith(places))]
        look["done"] += 1
        if case.find("failure") is not None or case.find("error") is not None:
            look["failed"].append(case.attrib["name"])
    return looks


def said(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def tools() -> dict[str, str]:
    axe = json.loads((ROOT / "node_modules/axe-core/package.json").read_text())["version"]
    browser = said(chromium(), "--version").split()[1]
    return {
        "axe-core": axe,
        "Chromium": browser,
        "Playwright": version("playwright"),
        "page-validation": version("page-validation"),
    }


def main() -> int:
    """Run the checks; the results are written down also where some failed."""
    places = [place for several in LOOKS.values() for place in several]
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *places]
        ended = subprocess.run(command, cwd=ROOT, check=False, env={**os.environ, "THOROUGH": "1"}).returncode
        if ended not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            return ended
        looks = results(report)
    written = {
        "made_on": datetime.now(UTC).date().isoformat(),
        "version": said("git", "rev-parse", "--short=7", "HEAD"),
        "tools": tools(),
        "pages": visited_pages(),
        "looks": looks,
    }
    RESULTS.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n")
    return ended


if __name__ == "__main__":
    sys.exit(main())
