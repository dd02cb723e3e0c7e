"""The rules of CONTRIBUTING.md that a program can check."""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = sorted(file for folder in ("shared", "services", "deploy", "tests") for file in (ROOT / folder).rglob("*.py"))
PRODUCT = [file for file in SOURCES if "tests" not in file.relative_to(ROOT).parts]
TAKEN = {"manager", "helper", "helpers", "util", "utils", "common", "info", "handle"}
MOTOR = re.compile(r"services/\w+/store(/\w+)?\.py|shared/\w+\.py")
DECIDING = ("shared.delays", "shared.errors", "shared.events", "shared.text")


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))


def imports(file: Path) -> set[str]:
    """Every module named in the file's imports."""
    nodes = list(ast.walk(tree(file)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def named(file: Path) -> set[str]:
    """The file and its classes."""
    return {node.name for node in ast.walk(tree(file)) if isinstance(node, ast.ClassDef)} | {file.stem}


def words(each: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", each)}


def functions(file: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_every_file_says_what_it_is_for():
    assert [name(file) for file in SOURCES if not ast.get_docstring(tree(file))] == []


def test_files_stay_small():
    """A file this long becomes a package, split by subject."""
    assert [name(file) for file in SOURCES if len(file.read_text().splitlines()) > 400] == []


def test_functions_stay_small():
    long = [
        f"{name(file)}:{each.name}"
        for file in SOURCES
        for each in functions(file)
        if (each.end_lineno or 0) - each.lineno + 1 > 50
    ]

    assert long == []


def test_names_say_something():
    assert [f"{name(file)}:{each}" for file in PRODUCT for each in named(file) if words(each) & TAKEN] == []


def test_decisions_import_only_errors_and_events_of_the_plumbing():
    domain = [file for file in PRODUCT if re.search(r"services/\w+/domain", name(file))]
    plumbing = {(name(file), module) for file in domain for module in imports(file) if module.startswith("shared")}

    assert domain
    assert [use for use in sorted(plumbing) if not use[1].startswith(DECIDING)] == []


def test_motor_stays_where_it_can_be_replaced():
    users = [file for file in PRODUCT if any(module.startswith("motor") for module in imports(file))]

    assert [name(file) for file in users if not MOTOR.fullmatch(name(file))] == []


def test_no_build_or_state_is_committed():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()  # noqa: S607

    assert [file for file in tracked if re.match(r"(var|node_modules|\.venv)/|.*\.(pyc|mo)$", file)] == []
