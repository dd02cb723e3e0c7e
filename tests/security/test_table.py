"""`docs/security.md` names tests that exist: who renames one renames it there."""

import ast
import re
from pathlib import Path

from tests.security.doors import READING, WRITING
from tests.security.wrong_bodies import BODIES
from tests.security.wrong_http import NOT_HTTP, STRANGE

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/security.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def _tests(file: Path) -> set[str]:
    nodes = ast.walk(ast.parse(file.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_is_named_exists():
    named = NAMED.findall(DOCUMENT)

    assert len(named) > 50
    assert [f"{file}::{test}" for file, test in named if test not in _tests(ROOT / file)] == []


def test_every_promise_names_a_test():
    rows = [
        line
        for line in DOCUMENT.splitlines()
        if line.startswith("| ") and not line.startswith(("| promise", "| class"))
    ]

    assert [row for row in rows if not NAMED.search(row)] == []


def test_every_test_of_a_peer_is_in_the_table():
    peers = _tests(ROOT / "tests/security/test_peers.py")
    named = {test for file, test in NAMED.findall(DOCUMENT) if file.endswith("test_peers.py")}

    assert {test for test in peers if test.startswith("test_")} == named


def test_numbers_of_the_document_are_those_of_the_corpus():
    assert f"{len(READING) + len(WRITING)} doors" in DOCUMENT
    assert f"{len(NOT_HTTP) + len(STRANGE)} raw requests and {len(BODIES)} bodies" in DOCUMENT
