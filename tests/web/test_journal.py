"""Every act of the team is in its service's journal: who did it, once, in the transaction that did it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHO = {"actor", "by", "desk", "author"}
"""How actions call whoever acts."""


def actions() -> dict[str, ast.AsyncFunctionDef]:
    """Every public action that knows who acts, by file and name."""
    found = {}
    for file in sorted((ROOT / "services").glob("*/actions/*.py")):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_") and who(node):
                found[f"{file.relative_to(ROOT)}:{node.name}"] = node
    return found


def who(node: ast.AsyncFunctionDef | ast.FunctionDef) -> set[str]:
    """The parameters that say who acts."""
    arguments = node.args
    return {one.arg for one in (*arguments.args, *arguments.kwonlyargs)} & WHO


def audits(name: str, node: ast.AST, seen: frozenset[str] = frozenset()) -> bool:
    """Whether this function, or one of the same file that it calls, writes into the journal."""
    path = name.split(":", maxsplit=1)[0]
    functions = {
        one.name: one
        for one in ast.parse((ROOT / path).read_text()).body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    calls = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
    if any(isinstance(call, ast.Attribute) and call.attr == "audit" for call in calls):
        return True
    called = {call.id for call in calls if isinstance(call, ast.Name)} & functions.keys() - seen
    return any(audits(name, functions[one], seen | {one}) for one in called)


@pytest.mark.parametrize("name", actions())
def test_act_of_the_team_is_written_into_the_journal(name: str):
    assert audits(name, actions()[name])


def test_act_without_an_entry_would_be_found():
    forgetful = ast.parse("async def rename(store, actor):\n    await store.commit(lambda unit: unit.put('x', {}))\n")

    assert who(forgetful.body[0]) == {"actor"}  # type: ignore[arg-type]
    assert not audits("services/registration/actions/cancelling.py:rename", forgetful.body[0])
