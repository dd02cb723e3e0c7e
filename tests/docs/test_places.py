"""What the documents link to and name is there: files, headings, functions."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\[(?P<words>[^\]]*)\]\((?P<target>[^)\s]+)\)")
_PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)+/?)`")
_SUFFIXES = (".py", ".html", ".js", ".css", ".yml", ".yaml", ".json", ".md", ".txt", ".conf", ".sh", "/")
_MADE_LATER = ("var/", "node_modules/", ".venv/", "deploy/.env", "static/")


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _links(document: Path) -> list[tuple[str, str]]:
    found = _LINK.findall(document.read_text())
    return [(words, target) for words, target in found if not re.match(r"[a-z]+:", target)]


def _file(document: Path, path: str) -> Path:
    """What a link leads to: from its document, or with a slash before it from the root, as GitHub reads both."""
    return ROOT / path[1:] if path.startswith("/") else (document.parent / path).resolve()


@cache
def _headings(document: Path) -> set[str]:
    """The anchors of a document, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@cache
def _defined(file: Path) -> set[str]:
    """Functions, classes, methods (`Class.method`) and constants of a module."""
    return set(_names(ast.parse(file.read_text()).body, ""))


def _names(body: list[ast.stmt], before: str) -> list[str]:
    names: list[str] = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.append(before + node.name)
        elif isinstance(node, ast.ClassDef):
            names += [before + node.name, *_names(node.body, f"{before}{node.name}.")]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names += [before + target.id for target in targets if isinstance(target, ast.Name)]
    return names


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_link_leads_somewhere(document: Path) -> None:
    lost = []
    for _, target in _links(document):
        path, _, anchor = target.partition("#")
        file = _file(document, path) if path else document
        if not file.exists() or (anchor and anchor not in _headings(file)):
            lost.append(target)

    assert lost == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_function_that_is_named_is_in_its_file(document: Path) -> None:
    named = [(words.strip("`"), target) for words, target in _links(document) if re.fullmatch(r"`[\w.]+`", words)]
    code = [(name, _file(document, target)) for name, target in named if target.endswith(".py")]

    assert [name for name, file in code if not name.endswith(".py") and name not in _defined(file)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_file_that_is_named_exists(document: Path) -> None:
    """From the root, or from `services/`, or inside any service."""
    named = [path for path in _PATH.findall(document.read_text()) if path.endswith(_SUFFIXES)]
    named = [path for path in named if not path.startswith(_MADE_LATER)]
    roots = [ROOT, ROOT / "services", ROOT / "docs", *(ROOT / "services").iterdir()]

    assert [path for path in named if not any((root / path).exists() for root in roots)] == []


def test_the_way_of_a_registration_names_functions() -> None:
    document = ROOT / "docs/how-a-registration-flows.md"
    named = [words for words, target in _links(document) if target.endswith(".py") and words.startswith("`")]

    assert len(named) > 40
