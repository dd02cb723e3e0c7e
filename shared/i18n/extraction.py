"""Finds every French text that a person may read, and says which translations are missing.

`python -m shared.i18n.extraction` lists them, ready to be pasted into a catalogue. Found are: `_`, `N_`, `translate`
and friends in Python and templates, `{% trans %}`, the `text` of refusals, and sentences that are module constants
in capitals (a domain may not import gettext, so there the name marks them).
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2.ext import babel_extract

from shared.i18n import read

ROOT = Path(__file__).parent.parent.parent
_ARGUMENTS = {"_": (0,), "N_": (0,), "gettext": (1,), "translate": (1,), "ngettext": (1, 2)}
_TEMPLATES = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}


@dataclass(frozen=True)
class Message:
    """A French text, its plural if it has one, and where it was first seen."""

    msgid: str
    plural: str
    place: str


def messages(folder: Path) -> dict[str, Message]:
    """Every text of one package: `shared`, or one of the services."""
    found: dict[str, Message] = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix in {".html", ".txt"} and "templates" in file.parts:
            for message in _from_template(file):
                found.setdefault(message.msgid, message)
        elif file.suffix == ".py":
            for message in _from_python(file):
                found.setdefault(message.msgid, message)
    return found


def _from_template(file: Path) -> Iterator[Message]:
    with file.open("rb") as stream:
        for line, _function, said, _comments in babel_extract(stream, ["_", "gettext", "ngettext"], [], _TEMPLATES):
            texts = [text for text in (said if isinstance(said, tuple) else (said,)) if text]
            if texts:
                yield Message(texts[0], texts[1] if len(texts) > 1 else "", _place(file, line))


def _from_python(file: Path) -> Iterator[Message]:
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _from_call(file, node)
        elif isinstance(node, ast.ClassDef):
            for name, value in _assignments(node.body):
                if name == "text" and isinstance(value.value, str):
                    yield Message(value.value, "", _place(file, value.lineno))
    for name, value in _assignments(tree.body):
        if name.isupper() and isinstance(value.value, str) and _is_sentence(value.value):
            yield Message(value.value, "", _place(file, value.lineno))


def _from_call(file: Path, node: ast.Call) -> Iterator[Message]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    texts = [node.args[index] for index in _ARGUMENTS.get(name, ()) if index < len(node.args)]
    constants = [text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str)]
    if constants:
        yield Message(constants[0], constants[1] if len(constants) > 1 else "", _place(file, node.lineno))


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[str, ast.Constant]]:
    """Names and the constants assigned to them, those inside a dictionary too."""
    for statement in body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name, value = statement.targets[0].id, statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            name, value = statement.target.id, statement.value
        else:
            continue
        for one in value.values if isinstance(value, ast.Dict) else [value]:
            if isinstance(one, ast.Constant):
                yield name, one


def _is_sentence(text: str) -> bool:
    return text.endswith(".") and " " in text


def _place(file: Path, line: int) -> str:
    return f"{file.relative_to(ROOT)}:{line}" if file.is_relative_to(ROOT) else f"{file.name}:{line}"


def packages() -> list[Path]:
    """`shared` and every service."""
    return [ROOT / "shared", *sorted(path.parent for path in (ROOT / "services").glob("*/__init__.py"))]


def missing(package: Path, lang: str) -> list[Message]:
    """The texts of a package that neither its own catalogue nor the shared one translates."""
    known = set(read(ROOT / "shared" / "i18n" / f"{lang}.po"))
    own = package / "i18n" / f"{lang}.po"
    if own.exists():
        known |= set(read(own))
    return [message for message in messages(package).values() if message.msgid not in known]


def _entry(message: Message) -> str:
    lines = [f"#: {message.place}", f"msgid {_quoted(message.msgid)}"]
    if message.plural:
        lines += [f"msgid_plural {_quoted(message.plural)}", 'msgstr[0] ""', 'msgstr[1] ""']
    else:
        lines.append('msgstr ""')
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def main() -> None:
    """List what is missing, one catalogue after the other."""
    for package in packages():
        for lang in ("en", "es"):
            if gaps := missing(package, lang):
                print(f"# {package.relative_to(ROOT)}, {lang}: {len(gaps)} missing\n")  # noqa: T201 - its answer
                print("\n".join(map(_entry, gaps)))  # noqa: T201 - the same


if __name__ == "__main__":
    main()
